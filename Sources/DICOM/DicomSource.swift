/// Where headers and pixels come from: the worker for untrusted files, this process for our own.
package protocol DicomSource: Sendable {
    /// Returns the data set of a file without its pixel data, meta group included.
    ///
    /// Text is UTF-8 whatever the file's character set.
    ///
    /// - Throws: ``DicomError``.
    func header(path: String) async throws -> DataSet

    /// Returns the decoded pixels of a file.
    ///
    /// - Throws: ``DicomError``.
    func frames(path: String) async throws -> PixelFrames

    /// Returns the rescaled values of slices of one size, one after the other in the given order.
    ///
    /// value = stored value x slope + intercept, computed in `Double`.
    ///
    /// - Throws: ``DicomError``; ``DicomError/malformed(reason:)`` when a slice is not
    ///   `rows` x `columns` of one sample per pixel.
    func rescaledSlices(_ slices: [SliceRequest], rows: Int, columns: Int) async throws -> [Float]
}

/// One frame of a file and the rescale that turns its stored values into quantities.
package struct SliceRequest: Hashable, Sendable {
    package var path: String
    /// Index of the frame in the file, from 0.
    package var frame: Int
    package var slope: Double
    package var intercept: Double

    package init(path: String, frame: Int = 0, slope: Double, intercept: Double) {
        self.path = path
        self.frame = frame
        self.slope = slope
        self.intercept = intercept
    }
}

extension DicomSource {
    package func rescaledSlices(
        _ slices: [SliceRequest], rows: Int, columns: Int
    ) async throws -> [Float] {
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, count >= 0 else {
            throw DicomError.limitExceeded(what: "\(rows) x \(columns) values in a slice")
        }
        var values: [Float] = []
        var open: (path: String, frames: PixelFrames)?
        for slice in slices {
            let frames: PixelFrames
            if let last = open, last.path == slice.path {
                frames = last.frames
            } else {
                frames = try await self.frames(path: slice.path)
                open = (slice.path, frames)
            }
            guard frames.rows == rows, frames.columns == columns, frames.samplesPerPixel == 1 else {
                throw DicomError.malformed(reason: "the slices of a volume differ in size")
            }
            let stored = try frames.values(frame: slice.frame)
            values += stored.map { Float($0 * slice.slope + slice.intercept) }
        }
        return values
    }
}
