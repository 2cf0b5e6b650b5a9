/// The same object in Explicit VR Little Endian, for who cannot read the coding of the stored file.
package enum ExplicitCopy {
    /// Whether this program can decode a transfer syntax.
    package static func canDecode(_ transferSyntaxUID: String) -> Bool {
        decodable.contains(transferSyntaxUID)
    }

    /// What DCMTK and the decoders beside it read.
    private static let decodable: Set = [
        "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55", "1.2.840.10008.1.2.4.57",
        "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81",
        "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.201",
        "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203", "1.2.840.10008.1.2.5",
    ]

    /// Returns the file: text in UTF-8, pixels decoded, everything else as it was.
    ///
    /// - Parameters:
    ///   - header: The object without pixels.
    ///   - pixels: Its decoded pixels; `nil` for an object without any.
    /// - Returns: The bytes of the file.
    /// - Throws: ``DicomError/missing(attribute:object:)`` without SOP Class or Instance UID;
    ///   ``DicomError/malformed(reason:)`` when a value is longer than its length field can say.
    package static func fileBytes(header: DataSet, pixels: PixelFrames?) throws -> [UInt8] {
        var data = header
        if let pixels, let element = data.pixelElement {
            if pixels.samplesPerPixel > 1 {
                data.set(.planarConfiguration, 0)
                data.nameDecodedColours()
            }
            var bytes = pixels.bytes
            if bytes.count % 2 == 1 { bytes.append(0) }
            data[element.tag] = DataSet.Element(vr: element.vr, value: .bytes(bytes))
        }
        return try DicomWriter.fileBytes(data, checkingValues: false)
    }
}

extension DataSet {
    /// The element in which the pixels of an image lie, with the VR of uncompressed ones; `nil` for
    /// what is no image.
    ///
    /// A header does not hold the pixels, but what says how many there are.
    package var pixelElement: Attribute? {
        guard let bits = integer(.bitsAllocated), integer(.rows) != nil, integer(.columns) != nil
        else { return nil }
        // Float pixels have no Bits Stored (PS3.3 §C.7.6.24).
        guard integer(.bitsStored) == nil, bits >= 32 else {
            let pixels = Attribute.pixelData.tag
            return Attribute(pixels.group, pixels.element, bits > 8 ? .OW : .OB)
        }
        return bits == 64 ? .doubleFloatPixelData : .floatPixelData
    }

    /// Decoders undo the colour transform of the coder and the subsampling; of native pixels only
    /// YBR_FULL_422 is converted, others keep their name with their values.
    fileprivate mutating func nameDecodedColours() {
        let isCompressed = string(.transferSyntaxUID).map(ExplicitCopy.isCompressed) ?? false
        switch term(.photometricInterpretation) {
        case "YBR_ICT" where isCompressed, "YBR_RCT" where isCompressed:
            set(.photometricInterpretation, "RGB")
        case "YBR_PARTIAL_420" where isCompressed, "YBR_PARTIAL_422" where isCompressed:
            set(.photometricInterpretation, "YBR_FULL")
        case "YBR_FULL_422": set(.photometricInterpretation, "YBR_FULL")
        default: break
        }
    }
}

extension ExplicitCopy {
    fileprivate static func isCompressed(_ transferSyntaxUID: String) -> Bool {
        transferSyntaxUID.hasPrefix("1.2.840.10008.1.2.4.")
            || transferSyntaxUID == "1.2.840.10008.1.2.5"
    }
}

extension PixelFrames {
    /// Returns one frame as native Pixel Data has it, without padding to even length.
    ///
    /// - Parameters:
    ///   - frame: From 0.
    ///   - inPlanes: Whether all values of one colour come before those of the next.
    /// - Returns: The bytes, little endian.
    /// - Throws: ``DicomError/malformed(reason:)`` when there is no such frame.
    package func nativeBytes(frame: Int, inPlanes: Bool = false) throws -> [UInt8] {
        let values = valuesPerFrame
        guard frame >= 0, frame < frames,
            (frame + 1) * values * bitsAllocated <= bytes.count * 8
        else { throw DicomError.malformed(reason: "frame \(frame + 1) of \(frames) is not there") }
        guard bitsAllocated >= 8 else {
            var packed = [UInt8](repeating: 0, count: (values + 7) / 8)
            for n in 0 ..< values {
                let bit = frame * values + n
                packed[n >> 3] |= (bytes[bit >> 3] >> UInt8(bit & 7) & 1) << UInt8(n & 7)
            }
            return packed
        }
        let width = bitsAllocated / 8
        let own = bytes[frame * values * width ..< (frame + 1) * values * width]
        guard inPlanes, samplesPerPixel > 1 else { return Array(own) }
        var planes: [UInt8] = []
        planes.reserveCapacity(own.count)
        for sample in 0 ..< samplesPerPixel {
            for pixel in 0 ..< rows * columns {
                let start = own.startIndex + (pixel * samplesPerPixel + sample) * width
                planes += own[start ..< start + width]
            }
        }
        return planes
    }
}
