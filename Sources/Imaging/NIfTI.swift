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
    ///   - isMirrored: Whether the last slice comes first in the file, which then is left-handed;
    ///     every voxel keeps its place.
    /// - Throws: ``ImagingError/fileNotWritten(reason:)``.
    public static func write(
        _ volume: Volume<Float>, to url: URL, description: String, isMirrored: Bool = false
    ) throws {
        let plain = try encoded(volume, description: description, isMirrored: isMirrored)
        let bytes = url.pathExtension == "gz" ? try ImagingShim.gzip(plain) : plain
        do {
            try Data(bytes).write(to: url, options: .atomic)
        } catch let error as CocoaError {
            throw ImagingError.fileNotWritten(reason: words(error))
        }
    }

    /// What the system says, `No space left on device`.
    private static func words(_ error: CocoaError) -> String {
        (error.underlying ?? error).localizedDescription
            .replacing("The operation could not be completed. ", with: "")
    }

    /// Returns a volume as the bytes of a `.nii` file.
    ///
    /// - Throws: ``ImagingError/fileNotWritten(reason:)`` when a side has more than 32767 voxels,
    ///   which the format cannot hold.
    public static func encoded(
        _ volume: Volume<Float>, description: String, isMirrored: Bool = false
    ) throws -> [UInt8] {
        let shape = volume.geometry.shape
        var bytes = try NIfTIHeader(
            volume.geometry, description: description, isMirrored: isMirrored
        ).bytes
        bytes.reserveCapacity(bytes.count + 4 * volume.geometry.count)
        let slice = shape.x * shape.y
        volume.withVoxels { voxels in
            for n in 0 ..< shape.z {
                let k = isMirrored ? shape.z - 1 - n : n
                for index in k * slice ..< (k + 1) * slice {
                    bytes.append(littleEndian: voxels[index].bitPattern)
                }
            }
        }
        return bytes
    }

    /// Returns a volume as the bytes of a `.nii` file of half the size where nothing is lost by it.
    ///
    /// Whole numbers that 16 bits hold, as Hounsfield units are, are written so; others as floats.
    ///
    /// - Throws: As ``encoded(_:description:isMirrored:)``.
    public static func encodedSmall(
        _ volume: Volume<Float>, description: String
    ) throws -> [UInt8] {
        var bytes = try NIfTIHeader(volume.geometry, description: description, word: .int16).bytes
        bytes.reserveCapacity(bytes.count + 2 * volume.geometry.count)
        let isWhole = volume.withVoxels { voxels in
            for n in voxels.indices {
                guard let word = Int16(exactly: voxels[n]) else { return false }
                bytes.append(littleEndian: word)
            }
            return true
        }
        return isWhole ? bytes : try encoded(volume, description: description)
    }

    /// Returns shares from 0 to 1 as the bytes of a `.nii` file of one byte a voxel, 255 for 1.
    ///
    /// - Throws: As ``encoded(_:description:isMirrored:)``.
    public static func encodedShares(
        _ volume: Volume<Float>, description: String
    ) throws -> [UInt8] {
        let header = try NIfTIHeader(volume.geometry, description: description, word: .uint8)
        return header.bytes
            + volume.voxels.map { UInt8((255 * min(1, max(0, $0))).rounded()) }
    }

    /// Returns bytes compressed as gzip, as `.nii.gz` files are.
    ///
    /// - Throws: ``ImagingError/fileNotWritten(reason:)``.
    public static func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
        try ImagingShim.gzip(bytes)
    }

    /// Reads a `.nii` or `.nii.gz` file of one volume.
    ///
    /// Takes the place from the sform, else the qform. Scale and offset are applied. Slices of
    /// left-handed files are turned round, so that every voxel keeps its place; ``ImageFile`` also
    /// says whether they were.
    ///
    /// - Throws: As ``ImageFile``.
    public static func read(_ url: URL) throws -> Volume<Float> { try ImageFile(url).volume }
}

extension [UInt8] {
    mutating func append<Word: FixedWidthInteger>(littleEndian word: Word) {
        for n in 0 ..< Word.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: word >> (8 * Word(n))))
        }
    }
}
