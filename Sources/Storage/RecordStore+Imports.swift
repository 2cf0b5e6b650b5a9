import GRDB
package import Quantities

extension RecordStore {
    /// Starts an import.
    ///
    /// - Returns: Its id.
    package func beginImport(softwareVersion: String, by actor: String) async throws -> Int64 {
        try await write("importRun") { change in
            try change.db.execute(
                sql: "INSERT INTO importRun (startedAt, actor, softwareVersion) VALUES (?, ?, ?)",
                arguments: [change.time, actor, softwareVersion])
            let id = change.db.lastInsertedRowID
            try change.audit(actor, "import.begin", "import-\(id)", ["software": softwareVersion])
            return id
        }
    }

    /// Lists instances whose bytes are stored, in one transaction.
    ///
    /// A series that gains an instance makes outdated what was computed from it.
    ///
    /// - Parameters:
    ///   - entries: Any number; a few hundred at a time keep the transaction short.
    ///   - run: The import.
    ///   - intake: For whom they are brought in; `nil` at the machine.
    ///   - comeInPieces: Whether more of their series may come soon, so that somebody must examine
    ///     them later (``unexaminedSeries(quietFor:)``).
    /// - Returns: One outcome per entry, in order; a conflict stops nothing.
    /// - Throws: ``StorageError/notFound(entity:)`` when the import is unknown or an object is not
    ///   in the store; ``StorageError/invalid(entity:reason:)`` for an empty UID. Then nothing of
    ///   the batch is listed.
    package func register(
        _ entries: [InstanceEntry], run: Int64, intake: Intake? = nil, comeInPieces: Bool = false
    ) async throws -> [RegistrationOutcome] {
        try await write("instance") { change in
            let actor = try Self.actor(run: run, in: change.db)
            var registrar = Registrar(change: change, intake: intake)
            let outcomes = try entries.map { entry in
                let outcome = try registrar.register(entry)
                try Self.note(entry, outcome, run: run, change: change)
                return outcome
            }
            let stored = zip(entries, outcomes).filter { $0.1.isNew }.map(\.0)
            try change.receiveImages(of: stored, by: actor)
            if comeInPieces { try Self.noteUnexamined(stored, change) }
            var detail = [
                "stored": "\(stored.count)",
                "alreadyStored": "\(outcomes.count { $0 == .alreadyStored })",
                "conflicts": "\(outcomes.count { $0.isConflict })",
                "objects": Self.digest(stored.map(\.object.hex)).hex,
            ]
            for patient in try Self.patients(of: stored, in: change.db) {
                detail["patient-\(patient.id)"] = patient.identity.auditDigest
            }
            try change.audit(actor, "import.register", "import-\(run)", detail)
            for series in registrar.grownSeries.sorted() {
                try change.markOutdated(
                    dependentsOfSeries: series, reason: "has more files now", by: actor)
            }
            return outcomes
        }
    }

    /// Notes files of an import that are not registered, with the reason.
    package func note(_ files: [SetAsideFile], run: Int64) async throws {
        try await write("importFile") { change in
            for file in files {
                try change.db.execute(
                    sql: """
                        INSERT INTO importFile (run, path, outcome, reason, sentence)
                        VALUES (?, ?, ?, ?, ?)
                        """,
                    arguments: [run, file.path, file.outcome.rawValue, file.reason, file.sentence])
            }
        }
    }

    /// Notes what should be known about a series; a finding that is there already is kept once.
    ///
    /// - Throws: ``StorageError/notFound(entity:)`` when the series is unknown.
    package func note(_ findings: [Finding], seriesUID: String, run: Int64) async throws {
        try await write("finding") { change in
            let actor = try Self.actor(run: run, in: change.db)
            guard let series = try Self.seriesID(seriesUID, in: change.db) else {
                throw StorageError.notFound(entity: "series")
            }
            try Self.note(findings, series: series, by: actor, change)
        }
    }

    /// Ends an import.
    ///
    /// - Returns: The import with its files counted by outcome and reason.
    package func finishImport(_ run: Int64) async throws -> ImportRun {
        try await write("importRun") { change in
            let actor = try Self.actor(run: run, in: change.db)
            try change.db.execute(
                sql: "UPDATE importRun SET finishedAt = ? WHERE id = ?",
                arguments: [change.time, run])
            let result = try Self.importRun(run, in: change.db)
            let counts = Dictionary(grouping: result.counts, by: \.outcome)
            try change.audit(
                actor, "import.finish", "import-\(run)",
                counts.mapValues { "\($0.reduce(0) { $0 + $1.count })" })
            return result
        }
    }

    /// The patients whose files were listed: nothing but their files changes what they are called.
    private static func patients(
        of stored: [InstanceEntry], in db: Database
    ) throws -> [PatientRecord] {
        try Set(stored.map(\.study.studyUID)).sorted().flatMap {
            try patients("id = (SELECT patient FROM study WHERE studyUID = ?)", [$0], in: db)
        }
    }

    /// Returns the digest that stands for a set of objects.
    static func digest(_ objects: [String]) -> ObjectDigest {
        ObjectDigest(of: objects.sorted().flatMap { Array("\($0)\n".utf8) })
    }

    private static func note(
        _ entry: InstanceEntry, _ outcome: RegistrationOutcome, run: Int64, change: Change
    ) throws {
        let (name, reason, sentence) =
            switch outcome {
            case .stored: ("stored", "", "")
            case .quarantined(let reason): ("stored", "quarantine", reason)
            case .alreadyStored: ("alreadyStored", "", "")
            case .conflict(let conflict): ("conflict", conflict.code, conflict.sentence)
            }
        try change.db.execute(
            sql: """
                INSERT INTO importFile (run, path, outcome, reason, sentence, object)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [run, entry.sourcePath, name, reason, sentence, entry.object.hex])
    }

    private static func actor(run: Int64, in db: Database) throws -> String {
        let sql = "SELECT actor FROM importRun WHERE id = ?"
        guard let actor = try String.fetchOne(db, sql: sql, arguments: [run]) else {
            throw StorageError.notFound(entity: "importRun")
        }
        return actor
    }
}

extension RegistrationOutcome {
    fileprivate var isConflict: Bool {
        if case .conflict = self { true } else { false }
    }
}
