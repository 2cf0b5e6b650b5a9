import Foundation

/// Signed heads of the audit chain, one file a day and key, in `heads/`.
///
/// They are signed with a key that is not in the data folder: whoever computes the chain anew can
/// take them away, but cannot make others.
package struct HeadStore: Sendable {
    let folder: URL

    private static let ending = ".head"

    /// Returns the heads of a key, the first day first; names the files too.
    ///
    /// - Throws: What the file system says; no folder is no heads.
    package func heads(key: String) throws -> [(name: String, bytes: [UInt8])] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(" \(key)\(Self.ending)") }.sorted()
            .map { ($0, [UInt8](try Data(contentsOf: folder.appending(path: $0)))) }
    }

    /// Whether the head of a day (`YYYY-MM-DD`) is kept.
    package func hasHead(of day: String, key: String) -> Bool {
        FileManager.default.fileExists(atPath: file(day, key).path)
    }

    /// Keeps the head of a day; it is on disk when this returns.
    ///
    /// - Throws: ``StorageError/disk(operation:code:)``; what the file system says.
    package func keep(_ bytes: [UInt8], of day: String, key: String) throws {
        let files = FileManager.default
        if !files.fileExists(atPath: folder.path) {
            try files.createDirectory(
                at: folder, withIntermediateDirectories: false,
                attributes: DurableFile.ownersFolder)
            try DurableFile.sync(folder: folder.deletingLastPathComponent())
        }
        let fresh = folder.appending(path: ".new-\(UUID().uuidString)")
        defer { try? files.removeItem(at: fresh) }
        let handle = try DurableFile.created(at: fresh)
        defer { try? handle.close() }
        try handle.write(contentsOf: bytes)
        try DurableFile.makeReadOnly(handle)
        try DurableFile.sync(handle)
        try files.moveItem(at: fresh, to: file(day, key))
        try DurableFile.sync(folder: folder)
    }

    private func file(_ day: String, _ key: String) -> URL {
        folder.appending(path: "\(day) \(key)\(Self.ending)")
    }
}

extension DataFolder {
    /// Where the signed heads of the audit chain lie.
    package var heads: HeadStore { HeadStore(folder: url.appending(path: "heads")) }
}
