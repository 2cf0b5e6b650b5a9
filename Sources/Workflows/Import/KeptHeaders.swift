import DICOM

/// Headers of an import that its series are examined with, so that no file is read for them twice.
struct KeptHeaders {
    /// By the path of the stored object.
    private(set) var files: [String: SeriesFile] = [:]
    private var bytes = 0

    /// What is kept at most; headers beyond it are read again.
    static let mostBytes = 256 << 20

    /// Keeps what was read of a file for the object that now holds its bytes.
    mutating func keep(_ file: SeriesFile, at path: String) {
        let size = file.header.approximateByteCount
        guard size <= Self.mostBytes - bytes else { return }
        bytes += size
        files[path] = SeriesFile(
            path: path, header: file.header, native: file.native,
            identity: FileIdentity(path: path))
    }
}
