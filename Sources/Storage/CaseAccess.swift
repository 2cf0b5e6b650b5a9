import Foundation
import GRDB

extension AccountStore {
    /// Gives a patient's case to an organisation.
    ///
    /// - Throws: ``StorageError/duplicate(entity:)`` when it has an owner.
    package func assign(patient: Int64, to organisation: Int64, by actor: String) async throws {
        try await records.write("ownership") { change in
            try Self.assign(patient, organisation, actor, change)
        }
    }

    /// Gives every case without an owner to an organisation.
    ///
    /// - Returns: How many there were.
    @discardableResult
    package func assignUnowned(to organisation: Int64, by actor: String) async throws -> Int {
        try await records.write("ownership") { change in
            let unowned = try Int64.fetchAll(
                change.db,
                sql: """
                    SELECT id FROM patient
                    WHERE NOT EXISTS (SELECT 1 FROM ownership WHERE patient = patient.id)
                        AND NOT EXISTS (SELECT 1 FROM quarantine WHERE patient = patient.id)
                    """)
            for patient in unowned { try Self.assign(patient, organisation, actor, change) }
            return unowned.count
        }
    }

    private static func assign(
        _ patient: Int64, _ organisation: Int64, _ actor: String, _ change: RecordStore.Change
    ) throws {
        try change.db.execute(
            sql: "INSERT INTO ownership (patient, organisation) VALUES (?, ?)",
            arguments: [patient, organisation])
        try change.audit(
            actor, "case.assign", "patient-\(patient)",
            ["organisation": "organisation-\(organisation)"])
    }

    /// Returns the patient of a case that an account's organisation owns.
    ///
    /// - Returns: `nil` for a case of somebody else and for one that does not exist: from outside
    ///   the two must look alike.
    package func patient(_ id: Int64, for account: AccountRecord) async throws -> PatientRecord? {
        try await records.read("patient") { db in
            try RecordStore.patients(
                "patient.id = ? AND \(Self.isOwned)", [id, account.organisation.id], in: db
            ).first
        }
    }

    /// Returns the patients whose cases an account's organisation owns, the latest first.
    package func patients(for account: AccountRecord) async throws -> [PatientRecord] {
        try await records.read("patient") { db in
            try RecordStore.patients(
                "\(Self.isOwned) ORDER BY id DESC", [account.organisation.id], in: db)
        }
    }

    /// Of the table `patient`: owned by the organisation that is bound, and not in quarantine.
    static let isOwned = """
        patient.id IN (SELECT patient FROM ownership WHERE organisation = ?) AND NOT EXISTS
        (SELECT 1 FROM quarantine WHERE quarantine.patient = patient.id AND state = 'waiting')
        """

    /// How long accesses of one kind to one thing count as one, in seconds.
    private static let accessWindowSeconds = 300.0

    /// Records that somebody read something.
    ///
    /// The first access of five minutes is an entry of the audit trail; the next entry says how
    /// many there had been.
    ///
    /// - Throws: ``StorageError`` when it cannot be written; then nothing may be shown.
    package func noteAccess(
        by account: AccountRecord, to object: String, action: String
    ) async throws {
        try await records.write("accessEntry") { change in
            let now = change.moment.timeIntervalSince1970
            let key: StatementArguments = [account.id, object, action]
            let sql = """
                SELECT since, count FROM accessEntry
                WHERE account = ? AND object = ? AND action = ?
                """
            let last = try Row.fetchOne(change.db, sql: sql, arguments: key)
            let since: Double = last?["since"] ?? 0
            if last != nil, now - since < Self.accessWindowSeconds {
                try change.db.execute(
                    sql: """
                        UPDATE accessEntry SET count = count + 1
                        WHERE account = ? AND object = ? AND action = ?
                        """, arguments: key)
                return
            }
            try change.db.execute(
                sql: """
                    INSERT INTO accessEntry (account, object, action, since, count)
                    VALUES (?1, ?2, ?3, ?4, 1)
                    ON CONFLICT (account, object, action) DO UPDATE SET since = ?4, count = 1
                    """, arguments: [account.id, object, action, now])
            let earlier: Int = last?["count"] ?? 0
            try change.audit(
                "account-\(account.id)", "access.\(action)", object,
                earlier > 1 ? ["timesBefore": String(earlier)] : [:])
        }
    }
}
