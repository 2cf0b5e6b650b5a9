extension Deidentifier {
    /// Returns the file of an object without the patient.
    ///
    /// Pixels are decoded, so nothing that a coder wrote beside them stays. Overlays in bits of the
    /// pixels that no value uses are cleared with them.
    ///
    /// - Parameters:
    ///   - header: The object without its pixels.
    ///   - pixels: Its decoded pixels; `nil` for what is no image.
    /// - Returns: The bytes of a file in Explicit VR Little Endian.
    /// - Throws: ``DicomError``; what ``Pseudonym/uid`` throws.
    package func fileBytes(header: DataSet, pixels: PixelFrames?) throws -> [UInt8] {
        var copy = try copy(of: header)
        // What the decoder undoes is told by the coding that the file had.
        if let syntax = header.string(.transferSyntaxUID) { copy.set(.transferSyntaxUID, syntax) }
        return try ExplicitCopy.fileBytes(
            header: copy, pixels: pixels.map { $0.withoutOverlays(header) })
    }
}

extension PixelFrames {
    /// The same with the bits cleared that hold no value, where an overlay may lie in them
    /// (PS3.5 §8.1.2 as it was until 2004).
    fileprivate func withoutOverlays(_ header: DataSet) -> PixelFrames {
        let isMixed = header.elements.contains { tag, _ in
            tag.group & 0xff00 == 0x6000 && tag.element == 0x0102
                && header.elements[Tag(tag.group, 0x3000)] == nil
        }
        let width = bitsAllocated / 8
        guard isMixed, [1, 2].contains(width), !isFloatingPoint,
            let stored = header.integer(.bitsStored), (1 ..< bitsAllocated).contains(stored)
        else { return self }
        let low = max(0, (header.integer(.highBit) ?? stored - 1) - stored + 1)
        let mask = ((1 << stored) - 1) << low
        var cleared = bytes
        for n in cleared.indices {
            cleared[n] &= UInt8(truncatingIfNeeded: mask >> (8 * (n % width)))
        }
        // Negative values keep their sign in the bits above them.
        if isSigned, width == 2, low == 0 { cleared.extendSigns(stored) }
        return PixelFrames(
            rows: rows, columns: columns, frames: frames, samplesPerPixel: samplesPerPixel,
            bitsAllocated: bitsAllocated, isSigned: isSigned, isFloatingPoint: isFloatingPoint,
            wasLossy: wasLossy, bytes: cleared)
    }
}

extension [UInt8] {
    /// Sets the bits above a 16-bit value of `stored` bits as its sign is.
    fileprivate mutating func extendSigns(_ stored: Int) {
        for n in stride(from: 0, to: count - count % 2, by: 2) {
            let word = Int(self[n]) | Int(self[n + 1]) << 8
            guard word >> (stored - 1) & 1 == 1 else { continue }
            let full = word | ~((1 << stored) - 1)
            self[n] = UInt8(truncatingIfNeeded: full)
            self[n + 1] = UInt8(truncatingIfNeeded: full >> 8)
        }
    }
}
