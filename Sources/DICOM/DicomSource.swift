/// Where headers and pixels come from: the worker for untrusted files, this process for our own.
package protocol DicomSource: Sendable {
    /// Returns the data set of a file without its pixel data, meta group included.
    ///
    /// Text is UTF-8 whatever the file's character set.
    ///
    /// - Throws: ``DicomError``.
    func header(path: String) async throws -> DataSet

    /// Returns the headers of many files, one result per path in the order of the paths.
    ///
    /// A failure is a ``DicomError``.
    func files(paths: [String]) async -> [Result<SeriesFile, any Error>]

    /// Returns the decoded pixels of a file.
    ///
    /// - Throws: ``DicomError``.
    func frames(path: String) async throws -> PixelFrames

    /// Returns the decoded pixels of a file whose header has been read.
    ///
    /// - Throws: ``DicomError``; ``DicomError/refused(code:reason:)`` with `file.changed` when the
    ///   file is another by now.
    func frames(of file: SeriesFile) async throws -> PixelFrames

    /// Returns the values of slices of one size, one after the other in the given order.
    ///
    /// - Throws: ``DicomError``; ``DicomError/malformed(reason:)`` when a slice is not
    ///   `rows` x `columns`.
    func slices(_ slices: [SliceRequest], rows: Int, columns: Int) async throws -> SliceValues

    /// Writes `folder`/DICOMDIR over all files below `folder`/DICOM, whatever their coding.
    ///
    /// - Parameters:
    ///   - folder: Its path; the names of folders and files below DICOM are File IDs (PS3.10 §8.5).
    ///   - uid: The file-set's own identifier.
    /// - Returns: The names, from `folder`, of files that it does not list: they lack what a directory
    ///   record must have.
    /// - Throws: ``DicomError``.
    func writeDirectory(in folder: String, uid: String) async throws -> [String]
}

/// One frame of a file and how its stored values become quantities.
package struct SliceRequest: Sendable {
    package let path: String
    /// Index of the frame in the file, from 0.
    package let frame: Int
    let native: NativePixels?
    let identity: FileIdentity?
    let values: SeriesValues

    init(file: SeriesFile, frame: Int, values: SeriesValues) {
        path = file.path
        native = file.native
        identity = file.identity
        self.frame = frame
        self.values = values
    }

    /// A request for stored value x slope + intercept, with every bit of the stored values.
    package init(path: String, frame: Int = 0, slope: Double, intercept: Double) {
        self.init(
            file: SeriesFile(path: path, header: DataSet()), frame: frame,
            values: SeriesValues(slope: slope, intercept: intercept))
    }
}

/// The values of slices, and what was noticed while they were converted.
package struct SliceValues: Sendable {
    package var values: [Float]
    var tally: ConversionTally
}

extension DicomSource {
    package func writeDirectory(in folder: String, uid: String) async throws -> [String] {
        DicomDirectory.names(try DicomDirectory.write(in: folder, uid: uid))
    }

    package func frames(of file: SeriesFile) async throws -> PixelFrames {
        try await frames(path: file.path)
    }

    package func files(paths: [String]) async -> [Result<SeriesFile, any Error>] {
        var results: [Result<SeriesFile, any Error>] = []
        for path in paths {
            do {
                results.append(
                    .success(SeriesFile(path: path, header: try await header(path: path))))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    /// Decodes one file after the other, each once.
    package func slices(
        _ slices: [SliceRequest], rows: Int, columns: Int
    ) async throws -> SliceValues {
        let stack = try SliceStack(slices: slices.count, rows: rows, columns: columns)
        let size = rows * columns
        var result = SliceValues(values: [], tally: ConversionTally())
        for run in SliceRun.runs(of: slices) {
            let frames = try await self.frames(path: run.path)
            guard frames.rows == rows, frames.columns == columns else {
                throw DicomError.malformed(reason: "the slices of a volume differ in size")
            }
            // Not before a file of this size has really been decoded.
            if result.values.isEmpty {
                result.values = [Float](repeating: 0, count: stack.count)
            }
            for place in run.places {
                var slice = [Float](repeating: 0, count: size)
                var span = slice.mutableSpan
                result.tally.add(
                    try slices[place].values.convert(
                        frames, frame: slices[place].frame, into: &span))
                result.values.replaceSubrange(place * size ..< (place + 1) * size, with: slice)
            }
        }
        return result
    }
}
