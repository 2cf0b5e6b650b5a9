import GRDB
import Pathway

/// Data that came in and whose patient somebody must name, or has named.
package struct QuarantineRecord: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case waiting
        /// The data are those of ``matchedTo``.
        case matched
        /// The data are a case of their own.
        case confirmed
    }

    /// The row that keeps what the files say of the patient.
    package let patient: PatientRecord
    package let reason: String
    package let since: String
    package let broughtBy: String
    /// What the sender by an inbox link asks; empty otherwise.
    package let question: String
    /// The case that they were brought in for.
    package let expected: Int64?
    package let state: State
    package let matchedTo: Int64?
    package let decidedBy: String?
    package let decidedAt: String?
    package let note: String
}

/// Why a decision about quarantined data is not taken.
package enum QuarantineRefusal: Error, Hashable {
    /// Somebody else has decided meanwhile.
    case decided
    /// Things were computed in the case that would be gone.
    case hasComputed
}

/// Keeps data apart until a person says whose they are, and undoes what was said.
package struct QuarantineStore: Sendable {
    let records: RecordStore

    /// Returns an organisation's data in quarantine, those that wait first, then the latest
    /// decisions.
    package func records(organisation: Int64) async throws -> [QuarantineRecord] {
        try await records.read("quarantine") { db in
            try Self.rows(
                """
                quarantine.organisation = ?
                ORDER BY state <> 'waiting', coalesce(decidedAt, since) DESC LIMIT 100
                """, [organisation], in: db)
        }
    }

    /// Gives data that wait to a case.
    ///
    /// - Parameters:
    ///   - patient: The row that waits.
    ///   - target: The case.
    ///   - note: Why, in the person's words.
    ///   - account: Who decides; both must be of that account's organisation.
    /// - Throws: ``StorageError/notFound(entity:)``, ``QuarantineRefusal/decided``.
    package func match(
        _ patient: Int64, to target: Int64, note: String, by account: AccountRecord
    ) async throws {
        try await records.write("quarantine") { change in
            try Self.expect(.waiting, patient, account, change)
            let owned = try RecordStore.patients(
                "id = ? AND \(AccountStore.isOwned)", [target, account.organisation.id],
                in: change.db)
            guard !owned.isEmpty else { throw StorageError.notFound(entity: "patient") }
            let count = try Self.move(
                studies: "SELECT id FROM study WHERE patient = \(patient)", to: target,
                by: account, change)
            try Self.decide(patient, .matched, target, note, account, change)
            // Images of a case that had none; what waits in the case for a word goes on waiting.
            if try RecordStore.state(of: target, in: change.db) == .referred {
                try change.move(target, by: .confirmIdentity, as: CaseMover(account))
            }
            try change.audit(
                account.actor, "case.match", "patient-\(patient)",
                ["to": "patient-\(target)", "studies": "\(count)"])
        }
    }

    /// Makes data that wait a case of their own.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``, ``QuarantineRefusal/decided``.
    package func confirm(
        _ patient: Int64, note: String, by account: AccountRecord
    ) async throws {
        try await records.write("quarantine") { change in
            try Self.expect(.waiting, patient, account, change)
            // Undone and confirmed again, it has an owner already.
            try change.db.execute(
                sql: """
                    INSERT INTO ownership (patient, organisation) VALUES (?, ?)
                    ON CONFLICT DO NOTHING
                    """, arguments: [patient, account.organisation.id])
            // Later imports at the machine find it by its identifier, if nobody else has that.
            try change.db.execute(
                sql: """
                    UPDATE patient SET lot = 0 WHERE id = ?1 AND NOT EXISTS (
                        SELECT 1 FROM patient AS other WHERE other.lot = 0
                            AND other.patientID = patient.patientID
                            AND other.issuer = patient.issuer AND other.patientID <> '')
                    """, arguments: [patient])
            try Self.decide(patient, .confirmed, nil, note, account, change)
            if try RecordStore.state(of: patient, in: change.db) == .quarantined {
                try change.move(patient, by: .confirmIdentity, as: CaseMover(account))
            }
            try change.audit(
                account.actor, "case.confirm", "patient-\(patient)",
                ["organisation": "organisation-\(account.organisation.id)"])
        }
    }

    /// Takes a decision back: the data wait again.
    ///
    /// What was computed from data that leave a case becomes outdated.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``; ``QuarantineRefusal/decided`` when they wait
    ///   already; ``QuarantineRefusal/hasComputed``.
    package func undo(_ patient: Int64, by account: AccountRecord) async throws {
        try await records.write("quarantine") { change in
            let record = try Self.record(patient, account, change.db)
            switch record.state {
            case .waiting: throw QuarantineRefusal.decided
            case .confirmed:
                let sql = "SELECT EXISTS (SELECT 1 FROM derived WHERE caseID = ?)"
                let computed = try Bool.fetchOne(
                    change.db, sql: sql, arguments: ["patient-\(patient)"])
                guard computed != true else { throw QuarantineRefusal.hasComputed }
            case .matched:
                try Self.move(
                    studies: """
                        SELECT study.id FROM study JOIN studyMove ON studyMove.study = study.id
                        WHERE fromPatient = \(patient) AND study.patient = toPatient
                            AND toPatient = \(record.matchedTo ?? 0)
                        """, to: patient, by: account, change)
            }
            try Self.decide(patient, .waiting, nil, "", account, change)
            try change.audit(
                account.actor, "case.undo-\(record.state.rawValue)",
                "patient-\(patient)")
        }
    }

    private static func expect(
        _ state: QuarantineRecord.State, _ patient: Int64, _ account: AccountRecord,
        _ change: RecordStore.Change
    ) throws {
        guard try record(patient, account, change.db).state == state else {
            throw QuarantineRefusal.decided
        }
    }

    private static func decide(
        _ patient: Int64, _ state: QuarantineRecord.State, _ target: Int64?, _ note: String,
        _ account: AccountRecord, _ change: RecordStore.Change
    ) throws {
        try change.db.execute(
            sql: """
                UPDATE quarantine SET state = ?, matchedTo = ?, note = ?, decidedBy = ?,
                    decidedAt = ? WHERE patient = ?
                """,
            arguments: [state.rawValue, target, note, account.id, change.time, patient])
    }

    /// - Returns: How many were moved.
    @discardableResult
    private static func move(
        studies: String, to target: Int64, by account: AccountRecord,
        _ change: RecordStore.Change
    ) throws -> Int {
        let rows = try Row.fetchAll(
            change.db, sql: "SELECT id, patient FROM study WHERE id IN (\(studies))")
        let actor = account.actor
        for row in rows {
            let (study, from): (Int64, Int64) = (row["id"], row["patient"])
            try change.db.execute(
                sql: "UPDATE study SET patient = ? WHERE id = ?", arguments: [target, study])
            try change.db.execute(
                sql: """
                    INSERT INTO studyMove (study, fromPatient, toPatient, movedAt, movedBy)
                    VALUES (?, ?, ?, ?, ?)
                    """, arguments: [study, from, target, change.time, actor])
            let series = try Int64.fetchAll(
                change.db, sql: "SELECT id FROM series WHERE study = ?", arguments: [study])
            for id in series {
                try change.markOutdated(
                    dependentsOfSeries: id, reason: "was given to another patient", by: actor)
            }
        }
        return rows.count
    }
}

extension QuarantineStore {
    private static func record(
        _ patient: Int64, _ account: AccountRecord, _ db: Database
    ) throws -> QuarantineRecord {
        let found = try rows(
            "quarantine.patient = ? AND quarantine.organisation = ?",
            [patient, account.organisation.id], in: db
        ).first
        guard let found else { throw StorageError.notFound(entity: "quarantine") }
        return found
    }

    private static func rows(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [QuarantineRecord] {
        let sql = """
            SELECT quarantine.*, patient.patientID, patient.issuer, patient.name,
                patient.birthDate, patient.sex, brought.fullName AS broughtBy,
                decided.fullName AS decider,
                coalesce((SELECT question FROM inbox
                    WHERE inbox.account = quarantine.account), '') AS question
            FROM quarantine JOIN patient ON patient.id = quarantine.patient
            JOIN account AS brought ON brought.id = quarantine.account
            LEFT JOIN account AS decided ON decided.id = quarantine.decidedBy
            WHERE \(clause)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let state = QuarantineRecord.State(rawValue: row["state"]) else {
                throw StorageError.corrupted(entity: "quarantine", detail: "state")
            }
            return QuarantineRecord(
                patient: PatientRecord(
                    id: row["patient"],
                    identity: PatientIdentity(
                        patientID: row["patientID"], issuer: row["issuer"], name: row["name"],
                        birthDate: row["birthDate"], sex: row["sex"])),
                reason: row["reason"], since: row["since"], broughtBy: row["broughtBy"],
                question: row["question"], expected: row["expected"], state: state,
                matchedTo: row["matchedTo"],
                decidedBy: row["decider"], decidedAt: row["decidedAt"], note: row["note"])
        }
    }
}
