import GRDB
package import Pathway

/// A case as a list of many shows it, from one query for all of them.
package struct CaseSummary: Hashable, Sendable {
    package let patient: PatientRecord
    package let state: CaseState
    /// `YYYYMMDD`; empty without studies.
    package let latestStudy: String
    /// Whether a plan is in use and not outdated.
    package let hasCurrentPlan: Bool
}

extension AccountStore {
    /// Returns the cases that an account's organisation owns, the latest first.
    ///
    /// - Parameters:
    ///   - account: Who asks.
    ///   - patient: One of them; `nil` for all.
    /// - Returns: The cases.
    /// - Throws: ``StorageError``.
    package func cases(
        for account: AccountRecord, patient: Int64? = nil
    ) async throws -> [CaseSummary] {
        let sql = """
            SELECT patient.*,
                (SELECT toState FROM caseMove WHERE caseMove.patient = patient.id
                    ORDER BY caseMove.id DESC LIMIT 1) AS state,
                (SELECT max(date) FROM study WHERE study.patient = patient.id) AS latestStudy,
                EXISTS (SELECT 1 FROM derived
                    WHERE derived.caseID = 'patient-' || patient.id AND derived.kind = 'plan'
                        AND derived.state = 'current' AND NOT EXISTS (
                            SELECT 1 FROM tombstone WHERE tombstone.derived = derived.id)
                ) AS hasCurrentPlan
            FROM patient
            WHERE (?2 IS NULL OR patient.id = ?2) AND \(Self.isOwned.replacing("= ?)", with: "= ?1)"))
            ORDER BY patient.id DESC
            """
        let arguments: StatementArguments = [account.organisation.id, patient]
        return try await records.read("patient") { db in
            try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
                let state: String? = row["state"]
                return CaseSummary(
                    patient: PatientRecord(
                        id: row["id"],
                        identity: PatientIdentity(
                            patientID: row["patientID"], issuer: row["issuer"],
                            name: row["name"], birthDate: row["birthDate"], sex: row["sex"])),
                    state: try state.map { try CaseState(stored: $0) } ?? .referred,
                    latestStudy: row["latestStudy"] ?? "",
                    hasCurrentPlan: row["hasCurrentPlan"])
            }
        }
    }
}

extension AuditLog {
    /// Returns the number of the last entry that is about more than reading; while it stays, so
    /// does everything that is stored.
    package func lastChange() async throws -> Int {
        do {
            return try await database.read { db in
                let sql = """
                    SELECT seq FROM audit WHERE action NOT LIKE 'access.%'
                    ORDER BY seq DESC LIMIT 1
                    """
                return try Int.fetchOne(db, sql: sql) ?? 0
            }
        } catch { throw StorageError.mapped(error, entity: "audit") }
    }
}
