import Cryptography
package import Foundation
import GRDB

/// One folder that holds everything Grevy knows: records, objects, audit.
///
/// Folders and files that Grevy makes in it are its owner's only.
///
/// `grevy.sqlite` (WAL, foreign keys on, `synchronous=FULL`), `objects/` by SHA-256, `tmp/` for
/// what is being written, `jobs/` for what running jobs leave behind, `uploads/` for
/// what browsers have sent and nobody has imported yet, `heads/` for signed ends of the audit chain,
/// `inbox/` for what DICOM peers have sent and `set-aside/` for what of it cannot be read, `exports/`
/// for archives that wait for a day. Several processes may have it open; SQLite orders their writes.
/// One of them at most serves it: it holds `serving`.
package struct DataFolder: Sendable {
    /// How long a write waits for another process's.
    static let busySeconds = 30
    /// `GRVY`, so that other SQLite files are told apart.
    static let applicationID = 0x4752_5659
    private static let ownNames: Set = [
        "grevy.sqlite", "grevy.sqlite-wal", "grevy.sqlite-shm", "objects", "tmp", "lock", "jobs",
        "uploads", "heads", "inbox", "set-aside", "exports", servingName,
    ]

    package let url: URL
    package let objects: ObjectStore
    package let records: RecordStore
    package let audit: AuditLog
    package let accounts: AccountStore
    package let jobs: JobStore
    package let uploads: UploadStore
    package let quarantine: QuarantineStore
    package let shares: ShareStore
    package let inboxes: InboxStore
    package let images: ImageIndex
    let database: DatabasePool

    /// Opens the data folder at `url`, brings its schema up to date and clears dead scratch files.
    ///
    /// - Parameters:
    ///   - url: The folder.
    ///   - create: Whether an absent or empty folder becomes a data folder (readable by its owner
    ///     only).
    ///   - now: The clock that stamps records.
    /// - Returns: The open folder; it stays open while a copy of the value lives.
    /// - Throws: ``StorageError/notADataFolder(reason:)``, ``StorageError/newerSchema``,
    ///   ``StorageError/busy(seconds:)``, ``StorageError/corrupted(entity:detail:)``.
    package static func open(
        at url: URL, create: Bool, now: @escaping @Sendable () -> Date = { Date() }
    ) throws -> DataFolder {
        do {
            try prepare(url, create: create)
            let gate = try FileLock(url.appending(path: "lock"), waiting: busySeconds)
            defer { gate.release() }
            try checkDatabase(url, create: create)
            try makeFolders(url)
            let file = url.appending(path: "grevy.sqlite")
            // SQLite gives the files beside it the rights of this one.
            if DurableFile.byteCount(file) == nil { try DurableFile.created(at: file).close() }
            let database = try openDatabase(file)
            if create { try syncNames(url) }
            let session = try ScratchSession(tmp: url.appending(path: "tmp"))
            return DataFolder(url: url, database: database, session: session, now: now)
        } catch {
            throw StorageError.mapped(error, entity: "grevy.sqlite")
        }
    }

    private init(
        url: URL, database: DatabasePool, session: ScratchSession,
        now: @escaping @Sendable () -> Date
    ) {
        self.url = url
        self.database = database
        objects = ObjectStore(folder: url.appending(path: "objects"), session: session)
        audit = AuditLog(database: database, now: now)
        records = RecordStore(database: database, objects: objects, now: now)
        accounts = AccountStore(records: records)
        jobs = JobStore(records: records, folder: url.appending(path: "jobs"))
        uploads = UploadStore(records: records, folder: url.appending(path: "uploads"))
        quarantine = QuarantineStore(records: records)
        shares = ShareStore(records: records)
        inboxes = InboxStore(records: records)
        images = ImageIndex(records: records)
    }
}

extension DataFolder {
    /// How the open connections are set, as SQLite itself answers.
    package struct Settings: Hashable, Sendable {
        package let journalMode: String
        /// 2 is FULL: a commit is on disk before it is acknowledged.
        package let synchronous: Int
        package let writerForeignKeys: Bool
        package let readerForeignKeys: Bool
    }

    /// Asks the connections for their settings.
    package func settings() async throws -> Settings {
        let keys = "PRAGMA foreign_keys"
        let reader = try await database.read { try Bool.fetchOne($0, sql: keys) }
        return try await database.writeWithoutTransaction { db in
            Settings(
                journalMode: try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "",
                synchronous: try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1,
                writerForeignKeys: try Bool.fetchOne(db, sql: keys) ?? false,
                readerForeignKeys: reader ?? false)
        }
    }

    /// Whether so many bytes of what can be made again fit beside what is kept free.
    package func hasRoom(for bytes: Int) -> Bool {
        (try? objects.room.check(adding: bytes)) != nil
    }

    /// Closes the database before the last copy of the value goes; nothing can be used after.
    package func close() throws { try database.close() }

    /// Whether a folder is there that others than its owner may look into.
    package static func isOpenToOthers(at url: URL) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: url.resolvingSymlinksInPath().path)
        let rights = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
        return rights & 0o077 != 0
    }

    private static func prepare(_ url: URL, create: Bool) throws {
        let files = FileManager.default
        guard let kind = try? files.attributesOfItem(atPath: url.path)[.type] else {
            guard create else { throw StorageError.notADataFolder(reason: "it does not exist") }
            try files.createDirectory(
                at: url, withIntermediateDirectories: true,
                attributes: DurableFile.ownersFolder)
            return
        }
        guard kind as? FileAttributeType == .typeDirectory else {
            throw StorageError.notADataFolder(reason: "it is not a folder")
        }
        let names = try files.contentsOfDirectory(atPath: url.path)
        guard names.contains("grevy.sqlite") || create else {
            throw StorageError.notADataFolder(reason: "it holds no grevy.sqlite")
        }
        guard names.contains("grevy.sqlite") || ownNames.isSuperset(of: names) else {
            throw StorageError.notADataFolder(reason: "it holds other files and no grevy.sqlite")
        }
    }

    /// Looks before anything is written: another program's database stays as it is.
    private static func checkDatabase(_ url: URL, create: Bool) throws {
        let file = url.appending(path: "grevy.sqlite")
        guard let count = DurableFile.byteCount(file) else { return }
        guard count > 0 || create else {
            throw StorageError.notADataFolder(reason: "its creation was not finished")
        }
        guard count > 0 else { return }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(TimeInterval(busySeconds))
        let queue = try DatabaseQueue(path: file.path, configuration: configuration)
        defer { try? queue.close() }
        // The list of migrations comes before the first of them, which sets the identifier.
        let ownTables = """
            SELECT count(*) FROM sqlite_schema
            WHERE type = 'table' AND name <> 'grdb_migrations' AND name NOT LIKE 'sqlite%'
            """
        let (identifier, tables, superseded) = try queue.read { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
                try Int.fetchOne(db, sql: ownTables) ?? 0,
                try Schema.migrator.hasBeenSuperseded(db)
            )
        }
        guard identifier == applicationID || (identifier == 0 && tables == 0 && create) else {
            throw StorageError.notADataFolder(
                reason: tables == 0
                    ? "its creation was not finished" : "its grevy.sqlite is not Grevy's")
        }
        guard !superseded else { throw StorageError.newerSchema }
    }

    private static func openDatabase(_ file: URL) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(TimeInterval(busySeconds))
        configuration.foreignKeysEnabled = true
        let database = try DatabasePool(path: file.path, configuration: configuration)
        try database.writeWithoutTransaction { db in
            // GRDB's pool sets NORMAL when it opens: then a power cut could lose what was acknowledged.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
                throw StorageError.disk(operation: "set synchronous to FULL", code: 0)
            }
        }
        try Schema.migrator.migrate(database)
        return database
    }

    private static func makeFolders(_ url: URL) throws {
        let files = FileManager.default
        let objects = url.appending(path: "objects")
        for folder in [objects] + ["tmp", "jobs", "uploads"].map({ url.appending(path: $0) })
        where !files.fileExists(atPath: folder.path) {
            try files.createDirectory(
                at: folder, withIntermediateDirectories: false,
                attributes: DurableFile.ownersFolder)
        }
        for byte in UInt8.min ... .max {
            let folder = objects.appending(path: Hexadecimal.digits([byte]))
            if !files.fileExists(atPath: folder.path) {
                try files.createDirectory(
                    at: folder, withIntermediateDirectories: false,
                    attributes: DurableFile.ownersFolder)
            }
        }
        let disks = try ["objects", "tmp"].map { name in
            try files.attributesOfItem(atPath: url.appending(path: name).path)[.systemNumber]
                as? NSNumber
        }
        guard disks[0] == disks[1] else {
            throw StorageError.notADataFolder(reason: "objects and tmp lie on different disks")
        }
    }

    private static func syncNames(_ url: URL) throws {
        try DurableFile.sync(folder: url.appending(path: "objects"))
        try DurableFile.sync(folder: url)
        try DurableFile.sync(folder: url.deletingLastPathComponent())
    }
}

/// This process's own folder in `tmp/`, locked while the process lives.
final class ScratchSession: Sendable {
    let folder: URL
    private let lock: FileLock

    /// Makes a fresh scratch folder and removes those whose processes are gone.
    ///
    /// The caller holds the data folder's lock, so no other process is between making its scratch
    /// folder and locking it.
    init(tmp: URL) throws {
        try Self.sweep(tmp)
        folder = tmp.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        lock = try FileLock(folder.appending(path: "lock"), waiting: 0)
    }

    private static func sweep(_ tmp: URL) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: tmp.path) {
            let folder = tmp.appending(path: name)
            guard let lock = try? FileLock(folder.appending(path: "lock"), waiting: 0) else {
                continue
            }
            try? files.removeItem(at: folder)
            lock.release()
        }
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
        lock.release()
    }
}
