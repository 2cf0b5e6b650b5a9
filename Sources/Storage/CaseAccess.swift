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

    /// Records that somebody read something.
    ///
    /// The first access of five minutes is an entry of the audit trail; the next entry says how
    /// many there had been. The others are counted in memory and written with the next entry, or
    /// by ``keepAccessCounts()``.
    ///
    /// - Throws: ``StorageError`` when the entry cannot be written; then nothing may be shown.
    package func noteAccess(
        by account: AccountRecord, to object: String, action: String
    ) async throws {
        let access = Access(account: account.id, object: object, action: action)
        let now = records.now().timeIntervalSince1970
        guard !counts.count(access, at: now) else { return }
        let since = try await writing(at: now) { try Self.begin(access, $0) }
        counts.begin(access, since: since)
    }

    /// Writes the counts that are only in memory; for the end of a server.
    ///
    /// - Throws: ``StorageError``; then they are still in memory.
    package func keepAccessCounts() async throws {
        try await writing(at: records.now().timeIntervalSince1970) { _ in }
    }

    /// Runs a change together with the writing of the counts in memory.
    private func writing<T: Sendable>(
        at time: Double, _ body: @escaping @Sendable (RecordStore.Change) throws -> T
    ) async throws -> T {
        let pending = counts.take(at: time)
        do {
            return try await records.write("accessEntry") { change in
                for (access, count) in pending { try Self.add(count, to: access, change) }
                return try body(change)
            }
        } catch {
            counts.putBack(pending)
            throw error
        }
    }

    private static func add(
        _ count: Int, to access: Access, _ change: RecordStore.Change
    ) throws {
        try change.db.execute(
            sql: """
                UPDATE accessEntry SET count = count + ?
                WHERE account = ? AND object = ? AND action = ?
                """, arguments: [count, access.account, access.object, access.action])
    }

    /// Counts an access that this process knows no window of.
    ///
    /// - Returns: When its window began, in seconds since 1970.
    private static func begin(_ access: Access, _ change: RecordStore.Change) throws -> Double {
        let now = change.moment.timeIntervalSince1970
        let last = try Row.fetchOne(
            change.db,
            sql: """
                SELECT since, count FROM accessEntry
                WHERE account = ? AND object = ? AND action = ?
                """, arguments: [access.account, access.object, access.action])
        if let since: Double = last?["since"], now - since < AccessCounts.windowSeconds {
            try add(1, to: access, change)
            return since
        }
        try change.db.execute(
            sql: """
                INSERT INTO accessEntry (account, object, action, since, count)
                VALUES (?1, ?2, ?3, ?4, 1)
                ON CONFLICT (account, object, action) DO UPDATE SET since = ?4, count = 1
                """, arguments: [access.account, access.object, access.action, now])
        let earlier: Int = last?["count"] ?? 0
        try change.audit(
            "account-\(access.account)", "access.\(access.action)", access.object,
            earlier > 1 ? ["timesBefore": String(earlier)] : [:])
        return now
    }
}
