package import Foundation

/// Files that only their owner may read.
package enum PrivateFile {
    /// Writes a text in a folder of its own, so that it is never readable by others, and then gives
    /// it its name; the folder is made when absent.
    ///
    /// - Throws: What the file system says, also when the file is there.
    package static func write(_ text: String, to file: URL) throws {
        let files = FileManager.default
        let folder = file.deletingLastPathComponent()
        let owner: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        try files.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: owner)
        let scratch = folder.appending(path: ".new-\(UUID().uuidString)")
        try files.createDirectory(
            at: scratch, withIntermediateDirectories: false, attributes: owner)
        defer { try? files.removeItem(at: scratch) }
        let fresh = scratch.appending(path: "file")
        try Data(text.utf8).write(to: fresh)
        try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: fresh.path)
        try files.moveItem(at: fresh, to: file)
    }
}
