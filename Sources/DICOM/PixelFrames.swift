/// The decoded stored values of one object, before any rescale.
package struct PixelFrames: Hashable, Sendable {
    package let rows: Int
    package let columns: Int
    package let frames: Int
    package let samplesPerPixel: Int
    /// 1, 8, 16 or 32.
    ///
    /// One-bit frames are packed, least significant bit first, as PS3.5 says.
    package let bitsAllocated: Int
    package let isSigned: Bool
    /// Whether the transfer syntax or Lossy Image Compression says that values were changed.
    package let wasLossy: Bool
    /// Little endian, frames one after the other, colour interleaved.
    package let bytes: [UInt8]

    package init(
        rows: Int, columns: Int, frames: Int, samplesPerPixel: Int, bitsAllocated: Int,
        isSigned: Bool, wasLossy: Bool, bytes: [UInt8]
    ) {
        self.rows = rows
        self.columns = columns
        self.frames = frames
        self.samplesPerPixel = samplesPerPixel
        self.bitsAllocated = bitsAllocated
        self.isSigned = isSigned
        self.wasLossy = wasLossy
        self.bytes = bytes
    }
}

/// Where headers and pixels come from: the worker for untrusted files, memory in tests.
package protocol DicomSource: Sendable {
    /// Returns the data set of a file without its pixel data, meta group included.
    ///
    /// - Throws: ``DicomError``.
    func header(path: String) async throws -> DataSet

    /// Returns the decoded pixels of a file.
    ///
    /// - Throws: ``DicomError``.
    func frames(path: String) async throws -> PixelFrames
}
