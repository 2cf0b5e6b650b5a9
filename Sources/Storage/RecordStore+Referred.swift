import GRDB

/// A case of the same identifier is there already.
package struct CaseExists: Error, Hashable {
    package let patient: Int64
}

extension RecordStore {
    /// Begins a case before its images: it is referred until they come.
    ///
    /// Images of this identifier join it when nothing else in their files contradicts it, as they
    /// join any case.
    ///
    /// - Returns: The case.
    /// - Throws: ``CaseExists`` when the organisation has a case of this identifier, with the same
    ///   issuer or where one of the two names none; ``StorageError/invalid(entity:reason:)``
    ///   without an identifier.
    package func refer(
        _ identity: PatientIdentity, by account: AccountRecord
    ) async throws -> Int64 {
        guard !identity.patientID.isEmpty else {
            throw StorageError.invalid(entity: "patient", reason: "the identifier is empty")
        }
        return try await write("patient") { change in
            let known = try Int64.fetchOne(
                change.db,
                sql: """
                    SELECT id FROM patient WHERE \(AccountStore.isOwned)
                        AND patientID = ? AND (issuer = ? OR issuer = '' OR ? = '')
                    """,
                arguments: [
                    account.organisation.id, identity.patientID, identity.issuer, identity.issuer,
                ])
            if let known { throw CaseExists(patient: known) }
            // One identifier may be another organisation's too: theirs stays theirs.
            try change.db.execute(
                sql: """
                    INSERT INTO patient (patientID, issuer, name, birthDate, sex, lot)
                    VALUES (?1, ?2, ?3, ?4, ?5, (
                        SELECT CASE WHEN EXISTS (
                            SELECT 1 FROM patient
                            WHERE lot = 0 AND patientID = ?1 AND issuer = ?2)
                        THEN (SELECT max(lot) + 1 FROM patient) ELSE 0 END))
                    """,
                arguments: [
                    identity.patientID, identity.issuer, identity.name, identity.birthDate,
                    identity.sex,
                ])
            let id = change.db.lastInsertedRowID
            try change.db.execute(
                sql: "INSERT INTO ownership (patient, organisation) VALUES (?, ?)",
                arguments: [id, account.organisation.id])
            try change.audit(
                account.actor, "case.refer", "patient-\(id)",
                ["organisation": "organisation-\(account.organisation.id)"])
            return id
        }
    }
}
