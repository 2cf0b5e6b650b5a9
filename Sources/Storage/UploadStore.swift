package import Foundation
import GRDB

/// Keeps what browsers send until it is imported: pieces of files, each on disk before it counts.
package struct UploadStore: Sendable {
    let records: RecordStore
    private let folder: URL
    let limits: UploadLimits

    init(records: RecordStore, folder: URL, limits: UploadLimits = UploadLimits()) {
        (self.records, self.folder, self.limits) = (records, folder, limits)
    }

    /// Returns where a file of an upload lies.
    package func url(of file: UploadedFile, in upload: Int64) -> URL {
        folder(of: upload).appending(path: String(file.number))
    }

    private func folder(of upload: Int64) -> URL { folder.appending(path: String(upload)) }

    /// Begins an upload.
    ///
    /// - Parameters:
    ///   - account: Whose it is.
    ///   - patient: The case it is for; `nil` when the files say.
    /// - Returns: The upload; `nil` when the account has too many that are open.
    /// - Throws: ``StorageError``.
    package func begin(account: Int64, patient: Int64?) async throws -> UploadRecord? {
        try records.objects.room.check()
        return try await records.write("upload") { [limits] change in
            let sql = "SELECT count(*) FROM upload WHERE account = ? AND state = 'open'"
            let open = try Int.fetchOne(change.db, sql: sql, arguments: [account]) ?? 0
            guard open < limits.openUploads else { return nil }
            try change.db.execute(
                sql: """
                    INSERT INTO upload (account, patient, state, createdAt)
                    VALUES (?, ?, 'open', ?)
                    """, arguments: [account, patient, change.time])
            let id = change.db.lastInsertedRowID
            var detail: [String: String] = [:]
            detail["case"] = patient.map { "patient-\($0)" }
            try change.audit("account-\(account)", "upload.begin", "upload-\(id)", detail)
            return try Self.upload(id, in: change.db)
        }
    }

    /// Keeps a piece of a file; what is acknowledged is on disk.
    ///
    /// The bytes are written while the database is locked for writing, so two who send the same
    /// piece cannot mix theirs.
    ///
    /// - Parameters:
    ///   - chunk: The piece.
    ///   - upload: Of which upload.
    ///   - limits: How much that upload may hold; `nil` for as much as people's.
    /// - Returns: What became of it.
    /// - Throws: ``StorageError``.
    package func keep(
        _ chunk: UploadChunk, in upload: Int64, limits: UploadLimits? = nil
    ) async throws -> UploadOutcome {
        let (own, limits) = (folder(of: upload), limits ?? self.limits)
        try records.objects.room.check(adding: chunk.bytes.count)
        return try await records.write("uploadFile") { change in
            guard try Self.upload(upload, in: change.db).state == .open else { return .closed }
            guard chunk.byteCount > 0, chunk.path.utf8.count <= limits.pathBytes else {
                return .full
            }
            let found = try Self.files(upload, "AND path = ?", [chunk.path], in: change.db).first
            let (end, overflows) = chunk.offset.addingReportingOverflow(Int64(chunk.bytes.count))
            let file: UploadedFile
            if let found {
                file = found
            } else if chunk.offset != 0 || end > chunk.byteCount {
                // A piece that is not kept leaves no file behind.
                return chunk.byteCount > limits.bytes ? .full : .elsewhere(received: 0)
            } else if let new = try Self.add(chunk, to: upload, limits, change) {
                file = new
            } else {
                return .full
            }
            guard file.byteCount == chunk.byteCount else { return .differs }
            guard chunk.offset == file.received, !overflows, end <= file.byteCount else {
                return .elsewhere(received: file.received)
            }
            try Self.write(chunk, to: own.appending(path: String(file.number)))
            try change.db.execute(
                sql: "UPDATE uploadFile SET received = ? WHERE upload = ? AND number = ?",
                arguments: [end, upload, file.number])
            return .kept(received: end)
        }
    }

    /// - Returns: `nil` when the upload is full.
    private static func add(
        _ chunk: UploadChunk, to upload: Int64, _ limits: UploadLimits,
        _ change: RecordStore.Change
    ) throws -> UploadedFile? {
        let sql = """
            SELECT count(*) AS count, coalesce(sum(byteCount), 0) AS bytes,
                coalesce(max(number), 0) AS last FROM uploadFile WHERE upload = ?
            """
        guard let row = try Row.fetchOne(change.db, sql: sql, arguments: [upload]) else {
            return nil
        }
        let (count, bytes, last): (Int, Int64, Int64) = (row["count"], row["bytes"], row["last"])
        guard count < limits.files, chunk.byteCount <= limits.bytes - bytes else { return nil }
        try change.db.execute(
            sql: """
                INSERT INTO uploadFile (upload, number, path, byteCount, received)
                VALUES (?, ?, ?, ?, 0)
                """, arguments: [upload, last + 1, chunk.path, chunk.byteCount])
        return UploadedFile(
            number: last + 1, path: chunk.path, byteCount: chunk.byteCount, received: 0)
    }

    private static func write(_ chunk: UploadChunk, to url: URL) throws {
        let folder = url.deletingLastPathComponent()
        if chunk.offset == 0 {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try DurableFile.created(at: url).close()
        }
        let handle = try FileHandle(forUpdating: url)
        defer { try? handle.close() }
        // What an earlier attempt wrote without being acknowledged goes.
        try handle.truncate(atOffset: UInt64(chunk.offset))
        try handle.seek(toOffset: UInt64(chunk.offset))
        try handle.write(contentsOf: chunk.bytes)
        try DurableFile.sync(handle)
        if chunk.offset == 0 { try DurableFile.sync(folder: folder) }
    }

    /// Closes an upload and queues the job that imports it.
    ///
    /// - Parameters:
    ///   - upload: The upload.
    ///   - kind: Of the job.
    ///   - taskJSON: What the job does.
    /// - Returns: The job; `nil` when the upload is not open any more.
    /// - Throws: ``StorageError``.
    package func startImport(
        of upload: Int64, kind: String, taskJSON: String
    ) async throws -> JobRecord? {
        try records.objects.room.check()
        return try await records.write("upload") { change in
            let record = try Self.upload(upload, in: change.db)
            guard record.state == .open else { return nil }
            let job = try JobStore.enqueue(
                kind: kind, taskJSON: taskJSON, account: record.account, patient: record.patient,
                change)
            try change.db.execute(
                sql: "UPDATE upload SET state = 'importing', job = ? WHERE id = ?",
                arguments: [job.id, upload])
            return job
        }
    }

    /// Ends an upload whose files are imported or not wanted, and removes them.
    package func end(_ upload: Int64, _ state: UploadRecord.State, by actor: String) async throws {
        precondition(
            state == .imported || state == .discarded, "an upload does not end as \(state)")
        try await records.write("upload") { change in
            try change.db.execute(
                sql: "UPDATE upload SET state = ? WHERE id = ?",
                arguments: [state.rawValue, upload])
            try change.audit(actor, "upload.\(state.rawValue)", "upload-\(upload)")
        }
        try? FileManager.default.removeItem(at: folder(of: upload))
    }
}

extension UploadStore {
    /// Returns an upload.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``.
    package func upload(_ id: Int64) async throws -> UploadRecord {
        try await records.read("upload") { try Self.upload(id, in: $0) }
    }

    /// Returns an account's uploads that are not discarded, the latest first.
    package func uploads(account: Int64) async throws -> [UploadRecord] {
        try await records.read("upload") { db in
            try Self.uploads(
                "account = ? AND state <> 'discarded' ORDER BY id DESC LIMIT 50", [account],
                in: db)
        }
    }

    /// Returns the files of an upload, in the order in which they came.
    package func files(of upload: Int64) async throws -> [UploadedFile] {
        try await records.read("uploadFile") { try Self.files(upload, "", [], in: $0) }
    }

    private static func upload(_ id: Int64, in db: Database) throws -> UploadRecord {
        guard let upload = try uploads("id = ?", [id], in: db).first else {
            throw StorageError.notFound(entity: "upload")
        }
        return upload
    }

    private static func uploads(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [UploadRecord] {
        // An import that failed or was cancelled leaves the upload as it was.
        let sql = """
            SELECT upload.*, CASE
                WHEN state = 'importing' AND EXISTS (SELECT 1 FROM job
                    WHERE job.id = upload.job AND job.state IN ('failed', 'cancelled'))
                THEN 'open' ELSE state END AS now
            FROM upload WHERE \(clause)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let state = UploadRecord.State(rawValue: row["now"]) else {
                throw StorageError.corrupted(entity: "upload", detail: "state")
            }
            return UploadRecord(
                id: row["id"], account: row["account"], patient: row["patient"], state: state,
                createdAt: row["createdAt"], job: row["job"])
        }
    }

    private static func files(
        _ upload: Int64, _ clause: String, _ more: StatementArguments, in db: Database
    ) throws -> [UploadedFile] {
        let sql = "SELECT * FROM uploadFile WHERE upload = ? \(clause) ORDER BY number"
        return try Row.fetchAll(db, sql: sql, arguments: [upload] + more).map { row in
            UploadedFile(
                number: row["number"], path: row["path"], byteCount: row["byteCount"],
                received: row["received"])
        }
    }
}
