import Cryptography
package import Foundation
import GRDB

/// Copies of a whole data folder, made while others work in it.
extension DataFolder {
    /// Makes a backup: a folder with the database as it was at one moment, every object that it
    /// names, what has come in and nobody has taken yet, signed heads, and a manifest.
    ///
    /// Objects are never changed or deleted and are written before they are named, so those of the
    /// database's moment are all there after it. Not copied: running jobs' own files. The folder
    /// gets its name when everything in it is on disk.
    ///
    /// - Parameters:
    ///   - target: Must not exist, or be an empty folder, outside this one.
    ///   - actor: Who makes it.
    /// - Returns: The manifest.
    /// - Throws: ``StorageError``; nothing is left at `target` then.
    @concurrent
    package func backUp(to target: URL, by actor: String) async throws -> BackupManifest {
        try BackupPlace.check(target, outside: url)
        _ = try await audit.append(
            AuditEvent(actor: actor, action: "data.backup", subject: "data", detail: [:]))
        return try await BackupPlace.filled(target) { part in
            var files = try BackupPlace.copied(BackupManifest.foldersBefore, from: url, to: part)
            let copy = part.appending(path: "grevy.sqlite")
            let (digests, head, rows) = try await copyDatabase(to: copy)
            files.append(try BackupPlace.described(copy, as: "grevy.sqlite"))
            for digest in digests {
                try Task.checkCancellation()
                let path = BackupManifest.path(ofObject: digest.hex)
                let file = try BackupPlace.copied(path, from: url, to: part)
                guard let file, file.sha256 == digest.hex else {
                    throw StorageError.corrupted(
                        entity: "object", detail: "\(digest.hex) is missing or has another hash")
                }
                files.append(file)
            }
            files += try BackupPlace.copied(BackupManifest.foldersAfter, from: url, to: part)
            let manifest = BackupManifest(
                madeAt: Date().ISO8601Format(), auditHead: head, rows: rows, files: files)
            try BackupPlace.write(
                manifest.encoded(), to: part.appending(path: BackupManifest.name))
            return manifest
        }
    }

    /// Copies the database of one moment.
    private func copyDatabase(
        to file: URL
    ) async throws -> (objects: [ObjectDigest], head: String, rows: [String: Int]) {
        try DurableFile.created(at: file).close()
        let copy = try DatabaseQueue(path: file.path)
        defer { try? copy.close() }
        try database.backup(to: copy)
        return try await copy.writeWithoutTransaction { db in
            // One file; who opens it as a data folder sets WAL again.
            try db.execute(sql: "PRAGMA journal_mode = DELETE")
            let objects = try String.fetchAll(db, sql: "SELECT digest FROM object ORDER BY digest")
            return (
                try objects.map { try ObjectDigest(stored: $0) }, try Self.head(db),
                try Self.rows(db)
            )
        }
    }

    private static func head(_ db: Database) throws -> String {
        let sql = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
        return try Row.fetchOne(db, sql: sql).map {
            "\($0["seq"] as Int):\($0["hash"] as String)"
        } ?? ""
    }

    private static func rows(_ db: Database) throws -> [String: Int] {
        let sql = """
            SELECT name FROM sqlite_schema
            WHERE type = 'table' AND name <> 'grdb_migrations' AND name NOT LIKE 'sqlite%'
            """
        return try String.fetchAll(db, sql: sql).reduce(into: [:]) { rows, table in
            rows[table] = try Int.fetchOne(db, sql: "SELECT count(*) FROM \"\(table)\"") ?? 0
        }
    }

    /// Makes a data folder of a backup.
    ///
    /// Every file is hashed while it is copied; the copy is opened, its rows are counted, its audit
    /// chain and its records are checked, and only then does it get its name.
    ///
    /// - Parameters:
    ///   - backup: What ``backUp(to:by:)`` made.
    ///   - target: Must not exist, or be an empty folder, outside the backup.
    ///   - actor: Who restores it; the restored audit trail says so.
    /// - Returns: The manifest.
    /// - Throws: ``StorageError/corrupted(entity:detail:)`` for a backup that is not as it was made;
    ///   nothing is left at `target` then.
    @concurrent
    package static func restore(
        from backup: URL, to target: URL, by actor: String
    ) async throws -> BackupManifest {
        try BackupPlace.check(target, outside: backup)
        let bytes = try? Data(contentsOf: backup.appending(path: BackupManifest.name))
        guard let bytes else {
            throw StorageError.corrupted(entity: "backup", detail: "it has no manifest")
        }
        let manifest = try BackupManifest(bytes: bytes)
        let names = Set(manifest.files.map(\.path) + [BackupManifest.name])
        guard Set(BackupPlace.files(in: backup, "")).isSubset(of: names) else {
            throw StorageError.corrupted(
                entity: "backup", detail: "it holds files that its manifest does not name")
        }
        return try await BackupPlace.filled(target) { part in
            for file in manifest.files {
                try Task.checkCancellation()
                guard try BackupPlace.copied(file.path, from: backup, to: part) == file else {
                    throw StorageError.corrupted(
                        entity: "backup", detail: "\(file.path) is missing or was changed")
                }
            }
            let folder = try DataFolder.open(at: part, create: false)
            try await folder.checkRestored(manifest)
            _ = try await folder.audit.append(
                AuditEvent(
                    actor: actor, action: "data.restore", subject: "data",
                    detail: ["manifest": ObjectDigest(of: Array(bytes)).hex]))
            try folder.close()
            return manifest
        }
    }

    private func checkRestored(_ manifest: BackupManifest) async throws {
        let (head, rows) = try await database.read { (try Self.head($0), try Self.rows($0)) }
        // A newer program may have added tables.
        let isSame = manifest.rows.allSatisfy { rows[$0.key] == $0.value }
        guard isSame, head == manifest.auditHead else {
            throw StorageError.corrupted(
                entity: "backup", detail: "its records are not those of its manifest")
        }
        let verdict = try await audit.verify()
        let damage = try await check(rereadingObjects: false)
        guard case .intact = verdict, damage.isEmpty else {
            throw StorageError.corrupted(
                entity: "backup",
                detail: damage.first?.reason ?? "its audit chain does not hold")
        }
    }
}

/// Files on their way into a backup or out of it.
enum BackupPlace {
    /// - Throws: ``StorageError/invalid(entity:reason:)`` when something is there already.
    static func check(_ target: URL, outside source: URL) throws {
        let (inner, outer) = (
            target.standardizedFileURL.resolvingSymlinksInPath().path + "/",
            source.standardizedFileURL.resolvingSymlinksInPath().path + "/"
        )
        guard !inner.hasPrefix(outer) else {
            throw StorageError.invalid(
                entity: "backup", reason: "source and target lie in one another")
        }
        let files = FileManager.default
        guard files.fileExists(atPath: target.path) else { return }
        guard let names = try? files.contentsOfDirectory(atPath: target.path), names.isEmpty else {
            throw StorageError.invalid(
                entity: "backup", reason: "the target exists and is not an empty folder")
        }
    }

    /// Fills a folder beside `target`, and names it `target` when it is whole and on disk.
    static func filled(
        _ target: URL, _ fill: (URL) async throws -> BackupManifest
    ) async throws -> BackupManifest {
        let files = FileManager.default
        let parent = target.standardizedFileURL.deletingLastPathComponent()
        let part = parent.appending(path: ".\(target.lastPathComponent)-\(UUID().uuidString)")
        do {
            try files.createDirectory(
                at: part, withIntermediateDirectories: true, attributes: DurableFile.ownersFolder)
            let manifest = try await fill(part)
            for folder in folders(of: manifest) {
                try DurableFile.sync(folder: part.appending(path: folder))
            }
            try DurableFile.sync(folder: part)
            // Only ever an empty folder goes: it is looked at once more.
            if files.fileExists(atPath: target.path) {
                try check(target, outside: part)
                try files.removeItem(at: target)
            }
            try files.moveItem(at: part, to: target)
            try DurableFile.sync(folder: parent)
            return manifest
        } catch {
            try? files.removeItem(at: part)
            throw StorageError.mapped(error, entity: "backup")
        }
    }

    /// Folders that hold files of a backup or other such folders.
    private static func folders(of manifest: BackupManifest) -> Set<String> {
        var folders: Set<String> = []
        for file in manifest.files {
            var parts = file.path.split(separator: "/").dropLast()
            while !parts.isEmpty, folders.insert(parts.joined(separator: "/")).inserted {
                parts.removeLast()
            }
        }
        return folders
    }

    /// Copies what is in folders now; what goes meanwhile is left out.
    static func copied(
        _ folders: [String], from source: URL, to target: URL
    ) throws -> [BackupManifest.File] {
        try folders.flatMap { folder in
            try files(in: source, folder).compactMap { path in
                try Task.checkCancellation()
                return try copied(path, from: source, to: target)
            }
        }
    }

    /// Regular files below a folder, as paths from `root` on, sorted.
    static func files(in root: URL, _ folder: String) -> [String] {
        let start = folder.isEmpty ? root : root.appending(path: folder)
        guard
            let names = FileManager.default.enumerator(atPath: start.path)
        else { return [] }
        return names.compactMap { $0 as? String }.filter { name in
            let attributes = try? FileManager.default.attributesOfItem(
                atPath: start.appending(path: name).path)
            return attributes?[.type] as? FileAttributeType == .typeRegular
        }.map { folder.isEmpty ? $0 : "\(folder)/\($0)" }.sorted()
    }

    /// Copies a file and hashes what it reads; `nil` when there is none.
    ///
    /// - Throws: ``StorageError/corrupted(entity:detail:)`` for a link, a pipe or a folder; what the
    ///   file system says.
    static func copied(
        _ path: String, from source: URL, to target: URL
    ) throws -> BackupManifest.File? {
        let start = source.appending(path: path)
        let files = FileManager.default
        guard let kind = try? files.attributesOfItem(atPath: start.path)[.type] else { return nil }
        guard kind as? FileAttributeType == .typeRegular else {
            throw StorageError.corrupted(entity: "backup", detail: "\(path) is not a file")
        }
        let from: FileHandle
        do { from = try FileHandle(forReadingFrom: start) } catch {
            // What is there and cannot be read is not left out.
            guard files.fileExists(atPath: start.path) else { return nil }
            throw error
        }
        defer { try? from.close() }
        let end = target.appending(path: path)
        try files.createDirectory(
            at: end.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: DurableFile.ownersFolder)
        let to = try DurableFile.created(at: end)
        defer { try? to.close() }
        let (digest, count) = try SHA256.digest(of: from) { try to.write(contentsOf: $0) }
        if path.hasPrefix("objects/") { try DurableFile.makeReadOnly(to) }
        try DurableFile.sync(to)
        return BackupManifest.File(
            path: path, bytes: count, sha256: Hexadecimal.digits(digest))
    }

    /// Length and hash of a file that is there, which is on disk after this.
    static func described(_ file: URL, as path: String) throws -> BackupManifest.File {
        let handle = try FileHandle(forUpdating: file)
        defer { try? handle.close() }
        try DurableFile.sync(handle)
        let (digest, count) = try SHA256.digest(of: handle)
        return BackupManifest.File(
            path: path, bytes: count, sha256: Hexadecimal.digits(digest))
    }

    static func write(_ bytes: Data, to file: URL) throws {
        let handle = try DurableFile.created(at: file)
        defer { try? handle.close() }
        try handle.write(contentsOf: bytes)
        try DurableFile.sync(handle)
    }
}
