import CDicomShim

/// The DICOMDIR of a file-set (PS3.10 §8.6, general-purpose profile of PS3.11 annex D).
enum DicomDirectory {
    /// Writes it in this process; see ``DicomSource/writeDirectory(in:uid:)``.
    ///
    /// - Returns: The names of files that it does not list, each with a newline.
    /// - Throws: ``DicomError``.
    static func write(in folder: String, uid: String) throws -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        var count = 0
        try unsafe DicomFile.call { message, size in
            unsafe dcm_directory(folder, uid, &start, &count, message, size)
        }
        defer { unsafe dcm_free(start) }
        return unsafe Array(UnsafeBufferPointer(start: start, count: count))
    }

    /// The names in what ``write(in:uid:)`` returns.
    static func names(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
