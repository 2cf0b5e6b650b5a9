package import Foundation
import GRDB

/// Keeps jobs: what was asked for and how far it is.
package struct JobStore: Sendable {
    let records: RecordStore
    private let folder: URL

    init(records: RecordStore, folder: URL) {
        (self.records, self.folder) = (records, folder)
    }

    /// How often a job is started before it counts as one that ends its server.
    package static let mostStarts = 3

    /// Returns a job's own folder, where its process may leave what it needs to go on.
    package func folder(of job: Int64) -> URL { folder.appending(path: String(job)) }

    /// Takes the right to run the jobs of this data folder; one process at a time has it.
    ///
    /// - Returns: `nil` while another process has it.
    package func runnersLock() throws -> FileLock? {
        do {
            return try FileLock(folder.appending(path: "lock"), waiting: 0)
        } catch StorageError.busy {
            return nil
        }
    }

    /// Takes the right to work on a job.
    ///
    /// - Parameters:
    ///   - jobFolder: The job's own folder.
    ///   - seconds: How long to wait for the process that works on it.
    /// - Returns: What holds the right until the process ends.
    /// - Throws: ``StorageError/busy(seconds:)``.
    package static func workersLock(
        in jobFolder: URL, waiting seconds: Int
    ) throws -> FileLock {
        try FileLock(jobFolder.appending(path: "lock"), waiting: seconds)
    }

    /// Puts a job into the queue.
    package func enqueue(
        kind: String, taskJSON: String, account: Int64, patient: Int64?
    ) async throws -> JobRecord {
        try await records.write("job") { change in
            try Self.enqueue(
                kind: kind, taskJSON: taskJSON, account: account, patient: patient, change)
        }
    }

    static func enqueue(
        kind: String, taskJSON: String, account: Int64, patient: Int64?,
        _ change: RecordStore.Change
    ) throws -> JobRecord {
        try change.db.execute(
            sql: """
                INSERT INTO job (kind, taskJSON, account, patient, state, sentence, createdAt)
                VALUES (?, ?, ?, ?, 'queued', 'Waits for its turn.', ?)
                """, arguments: [kind, taskJSON, account, patient, change.time])
        let id = change.db.lastInsertedRowID
        var detail = ["kind": kind]
        detail["case"] = patient.map { "patient-\($0)" }
        try change.audit("account-\(account)", "job.enqueue", "job-\(id)", detail)
        return try job(id, in: change.db)
    }

    /// Takes the job that has waited longest; from then on it runs.
    ///
    /// - Returns: `nil` when none waits.
    package func takeNext() async throws -> JobRecord? {
        // A look costs no disk; most looks find nothing.
        let isWaiting = try await records.read("job") { db in
            try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM job WHERE state = 'queued')")
        }
        guard isWaiting == true else { return nil }
        return try await records.write("job") { change in
            let sql = "SELECT min(id) FROM job WHERE state = 'queued'"
            guard let id = try Int64.fetchOne(change.db, sql: sql) else { return nil }
            try change.db.execute(
                sql: """
                    UPDATE job SET state = 'running', starts = starts + 1, fraction = NULL,
                        startedAt = coalesce(startedAt, ?), sentence = 'Starts.'
                    WHERE id = ?
                    """, arguments: [change.time, id])
            let job = try Self.job(id, in: change.db)
            try change.audit(
                "account-\(job.account)", "job.start", "job-\(id)", ["start": "\(job.starts)"])
            return job
        }
    }

    /// Notes the process that works on a job.
    package func note(process: Int, of job: Int64) async throws {
        try await records.write("job") { change in
            try change.db.execute(
                sql: "UPDATE job SET process = ? WHERE id = ? AND state = 'running'",
                arguments: [process, job])
        }
    }

    /// Notes how far a running job is.
    package func note(fraction: Double?, sentence: String, of job: Int64) async throws {
        try await records.write("job") { change in
            try change.db.execute(
                sql: """
                    UPDATE job SET fraction = ?, sentence = ? WHERE id = ? AND state = 'running'
                    """, arguments: [fraction.map { min(max($0, 0), 1) }, sentence, job])
        }
    }

    /// Ends a job that is not over.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - state: How it ended.
    ///   - sentence: What came of it, without patient data.
    ///   - made: The id of what it made.
    ///   - actor: Who ended it; `nil` for whoever asked for the job.
    /// - Throws: ``StorageError/notFound(entity:)`` when it is over already or unknown.
    package func end(
        _ job: Int64, _ state: JobState, sentence: String, made: String? = nil,
        by actor: String? = nil
    ) async throws {
        precondition(state.isOver, "a job does not end as \(state)")
        try await records.write("job") { change in
            let record = try Self.job(job, in: change.db)
            guard !record.state.isOver else { throw StorageError.notFound(entity: "job") }
            try change.db.execute(
                sql: """
                    UPDATE job SET state = ?, sentence = ?, made = ?, endedAt = ?,
                        fraction = CASE ?1 WHEN 'done' THEN 1 ELSE fraction END
                    WHERE id = ?
                    """, arguments: [state.rawValue, sentence, made, change.time, job])
            var detail = ["state": state.rawValue]
            detail["made"] = made
            try change.audit(
                actor ?? "account-\(record.account)", "job.end", "job-\(job)", detail)
        }
    }

    /// Puts a job whose process went with its server back into the queue, or ends it when that has
    /// happened too often.
    package func requeue(_ job: Int64) async throws {
        let starts = try await self.job(job).starts
        guard starts < Self.mostStarts else {
            return try await end(
                job, .failed,
                sentence: "The server ended \(starts) times during this job; start it again.",
                by: "server")
        }
        try await records.write("job") { change in
            try change.db.execute(
                sql: """
                    UPDATE job SET state = 'queued', fraction = NULL,
                        sentence = 'Waits to go on: the server was started again.'
                    WHERE id = ? AND state = 'running'
                    """, arguments: [job])
            guard change.db.changesCount == 1 else { return }
            try change.audit("server", "job.requeue", "job-\(job)")
        }
    }
}

extension JobStore {
    /// Returns a job.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``.
    package func job(_ id: Int64) async throws -> JobRecord {
        try await records.read("job") { try Self.job(id, in: $0) }
    }

    /// Returns the jobs that count as running, whoever runs them.
    package func running() async throws -> [JobRecord] {
        try await records.read("job") {
            try Self.jobs("job.state = 'running' ORDER BY job.id", [], in: $0)
        }
    }

    /// Returns an organisation's latest jobs, those that are not over first.
    ///
    /// - Parameters:
    ///   - organisation: Whose people asked for them.
    ///   - patient: Of one case; `nil` for all.
    ///   - job: One of them; `nil` for all.
    ///   - limit: How many at most.
    /// - Returns: The jobs.
    /// - Throws: ``StorageError``.
    package func jobs(
        organisation: Int64, patient: Int64? = nil, job: Int64? = nil, limit: Int = 50
    ) async throws -> [JobRecord] {
        try await records.read("job") { db in
            try Self.jobs(
                """
                account.organisation = ?1 AND (?2 IS NULL OR job.patient = ?2)
                AND (?3 IS NULL OR job.id = ?3)
                ORDER BY job.endedAt IS NOT NULL, job.id DESC LIMIT ?4
                """, [organisation, patient, job, limit], in: db)
        }
    }

    static func job(_ id: Int64, in db: Database) throws -> JobRecord {
        guard let job = try jobs("job.id = ?", [id], in: db).first else {
            throw StorageError.notFound(entity: "job")
        }
        return job
    }

    private static func jobs(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [JobRecord] {
        let sql = """
            SELECT job.*, account.fullName FROM job JOIN account ON account.id = job.account
            WHERE \(clause)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let state = JobState(rawValue: row["state"]) else {
                throw StorageError.corrupted(entity: "job", detail: "state")
            }
            return JobRecord(
                id: row["id"], kind: row["kind"], taskJSON: row["taskJSON"],
                account: row["account"], person: row["fullName"], patient: row["patient"],
                state: state, fraction: row["fraction"], sentence: row["sentence"],
                made: row["made"], process: row["process"], starts: row["starts"],
                createdAt: row["createdAt"], startedAt: row["startedAt"],
                endedAt: row["endedAt"])
        }
    }
}
