package import Foundation

/// What a backup holds: every file with its length and hash, and how much was recorded.
package struct BackupManifest: Hashable, Sendable, Codable {
    /// A file of the backup.
    package struct File: Hashable, Sendable, Codable {
        /// From the backup's folder on, parts joined by `/`.
        package let path: String
        package let bytes: Int
        /// Hexadecimal, lower case.
        package let sha256: String
    }

    static let format = "grevy-backup-1"
    /// Its name in the backup; written last.
    package static let name = "manifest.json"

    package let format: String
    /// ISO 8601, UTC.
    package let madeAt: String
    /// The end of the audit chain in it: `SEQUENCE:HASH`.
    package let auditHead: String
    /// Rows of every table.
    package let rows: [String: Int]
    package let files: [File]

    /// Folders of a data folder that are copied beside the database and the objects.
    ///
    /// Before the database, so that what is taken in meanwhile is in one of them at least, and no
    /// head is of a later chain.
    static let foldersBefore = ["heads", "inbox", "set-aside"]
    /// After it, so that no file is shorter than what the database says has come.
    static let foldersAfter = ["uploads"]

    /// Where the object with this SHA-256 (hexadecimal) lies.
    static func path(ofObject hex: String) -> String {
        "objects/\(hex.prefix(2))/\(hex.dropFirst(2))"
    }

    /// Returns the bytes that are written: keys sorted, the same for the same content.
    package func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return try encoder.encode(self)
    }

    /// Reads a manifest and makes sure that its paths stay inside.
    ///
    /// - Throws: ``StorageError/corrupted(entity:detail:)``.
    init(bytes: Data) throws {
        guard let read = try? JSONDecoder().decode(Self.self, from: bytes),
            read.format == Self.format
        else {
            throw StorageError.corrupted(
                entity: "backup", detail: "its manifest is not whole or not of this format")
        }
        let first = Set(Self.foldersBefore + Self.foldersAfter + ["grevy.sqlite", "objects"])
        let areInside = read.files.allSatisfy { file in
            let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
            return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
                && first.contains(parts.first.map(String.init) ?? "") && file.bytes >= 0
                && (parts.first != "objects" || file.path == Self.path(ofObject: file.sha256))
        }
        guard areInside, Set(read.files.map(\.path)).count == read.files.count,
            read.files.contains(where: { $0.path == "grevy.sqlite" })
        else {
            throw StorageError.corrupted(
                entity: "backup", detail: "its manifest names what no backup holds")
        }
        self = read
    }

    init(madeAt: String, auditHead: String, rows: [String: Int], files: [File]) {
        (format, self.madeAt, self.auditHead) = (Self.format, madeAt, auditHead)
        (self.rows, self.files) = (rows, files)
    }
}
