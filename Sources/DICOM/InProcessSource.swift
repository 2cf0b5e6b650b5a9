/// Reads files in this process, without the worker's limits: only for files that Grevy wrote.
package struct InProcessSource: DicomSource {
    /// The most bytes that the decoded pixels of one object may take.
    package let pixelByteLimit: Int

    package init(pixelByteLimit: Int = ReadingLimits.pixelBytes) {
        self.pixelByteLimit = pixelByteLimit
    }

    package func header(path: String) async throws -> DataSet {
        try NormalForm.decoded(DicomFile(path: path, withPixels: false).headerBytes())
    }

    package func frames(path: String) async throws -> PixelFrames {
        try DicomFile(path: path, withPixels: true).frames(limit: pixelByteLimit)
    }
}
