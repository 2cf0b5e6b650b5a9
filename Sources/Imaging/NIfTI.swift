public import Foundation

/// NIfTI-1 files, as other imaging programs read them.
public enum NIfTI {
    /// Writes a volume of floats as `.nii`, or compressed where the name ends in `.gz`.
    ///
    /// Both transforms are set to the patient's RAS millimetres (scanner coordinates). The same
    /// volume gives the same bytes.
    ///
    /// - Parameters:
    ///   - volume: The voxels.
    ///   - url: The file, replaced as a whole if it is there.
    ///   - description: Up to 79 ASCII characters for the header, such as the unit.
    /// - Throws: ``ImagingError/fileNotWritten(reason:)``.
    public static func write(
        _ volume: Volume<Float>, to url: URL, description: String
    ) throws {
        let plain = try encoded(volume, description: description)
        let bytes = url.pathExtension == "gz" ? try ImagingShim.gzip(plain) : plain
        do {
            try Data(bytes).write(to: url, options: .atomic)
        } catch let error as CocoaError {
            throw ImagingError.fileNotWritten(reason: "Cocoa error \(error.code.rawValue)")
        }
    }

    /// Returns a volume as the bytes of a `.nii` file.
    ///
    /// - Throws: ``ImagingError/fileNotWritten(reason:)`` when a side has more than 32767 voxels,
    ///   which the format cannot hold.
    public static func encoded(
        _ volume: Volume<Float>, description: String
    ) throws -> [UInt8] {
        var bytes = try NIfTIHeader(volume.geometry, description: description).bytes
        bytes.reserveCapacity(bytes.count + 4 * volume.geometry.count)
        volume.withVoxels { voxels in
            for n in voxels.indices { bytes.append(littleEndian: voxels[n].bitPattern) }
        }
        return bytes
    }

    /// Reads a `.nii` or `.nii.gz` file of one volume.
    ///
    /// Takes the place from the sform, else the qform. Scale and offset are applied. Only files
    /// with 8, 16 and 32 bit whole numbers or floats in little-endian order are read.
    ///
    /// - Throws: ``ImagingError/fileNotRead(reason:)``.
    public static func read(_ url: URL) throws -> Volume<Float> {
        guard let data = try? Data(contentsOf: url) else {
            throw ImagingError.fileNotRead(reason: "the file cannot be opened")
        }
        var bytes = [UInt8](data)
        if bytes.starts(with: [0x1f, 0x8b]) {
            bytes = try ImagingShim.gunzip(bytes, limit: greatestBytes)
        }
        return try NIfTIReader(bytes: bytes).volume()
    }

    /// Two gigabytes: above any single volume of this field.
    private static let greatestBytes = 1 << 31
}

extension [UInt8] {
    mutating func append<Word: FixedWidthInteger>(littleEndian word: Word) {
        for n in 0 ..< Word.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: word >> (8 * Word(n))))
        }
    }
}
