public import Foundation

/// An image from a NIfTI or NRRD file.
public struct ImageFile: Sendable {
    /// The voxels at their place in the patient, slices in the order of right-handed axes.
    public let volume: Volume<Float>
    /// Whether the file's own slices run the other way.
    ///
    /// Give it to ``NIfTI/write(_:to:description:isMirrored:)`` to write an image that has the
    /// voxel order of this file.
    public let isMirrored: Bool

    init(volume: Volume<Float>, isMirrored: Bool) {
        self.volume = volume
        self.isMirrored = isMirrored
    }

    /// Reads a file of either format, told by its first bytes.
    ///
    /// - Throws: As ``init(bytes:sibling:)``; ``ImagingError/fileNotRead(reason:)`` when a file
    ///   cannot be opened.
    public init(_ url: URL) throws {
        func contents(_ url: URL) throws -> [UInt8] {
            guard let data = try? Data(contentsOf: url) else {
                throw ImagingError.fileNotRead(reason: "the file cannot be opened")
            }
            return [UInt8](data)
        }
        try self.init(bytes: contents(url)) {
            try contents(url.deletingLastPathComponent().appending(path: $0))
        }
    }

    /// Reads the bytes of a file of either format.
    ///
    /// NIfTI-1 in one file (`.nii`, `.nii.gz`) and NRRD (`.nrrd`, `.nhdr`; raw or gzip) of one
    /// three-dimensional volume. Either byte order and handedness, 8, 16 and 32 bit whole numbers
    /// and floats.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - sibling: Gives the bytes of the file of that name beside it, for headers whose voxels
    ///     lie in another file. The name holds no folder.
    /// - Throws: ``ImagingError/fileNotRead(reason:)`` for what is damaged or of another kind;
    ///   ``ImagingError/degenerateGrid(shape:spacingMM:)`` and
    ///   ``ImagingError/axesNotOrthonormal(determinant:)`` for a place that is none.
    public init(bytes: [UInt8], sibling: (String) throws -> [UInt8]) throws {
        if bytes.starts(with: Array("NRRD".utf8)) {
            self = try NRRDReader(bytes: bytes).file(sibling: sibling)
            return
        }
        var plain = bytes
        if bytes.starts(with: [0x1f, 0x8b]) {
            plain = try ImagingShim.gunzip(bytes, limit: VoxelBytes.greatestCount)
        }
        self = try NIfTIReader(bytes: plain).file()
    }
}
