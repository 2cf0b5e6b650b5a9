import GRDB
package import Pathway

extension AccountStore {
    /// Keeps that a physician may prescribe.
    ///
    /// - Throws: ``SigningRefusal/right`` when the account's role cannot prescribe.
    package func entitle(
        _ account: Int64, to entitlement: Entitlement, by actor: String
    ) async throws {
        try await records.write("entitlement") { change in
            let person = try Self.account("account.id = ?", [account], in: change.db)
            guard person.role.rights.contains(.prescribe) else { throw SigningRefusal.right }
            try change.db.execute(
                sql: """
                    INSERT INTO entitlement (account, procedure, site, licenceNumber, validFrom,
                        validTo, enteredBy, enteredAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    account, entitlement.procedure.rawValue, entitlement.site,
                    entitlement.licenceNumber, entitlement.validFrom, entitlement.validTo, actor,
                    change.time,
                ])
            try change.audit(
                actor, "entitlement.enter", "account-\(account)",
                [
                    "procedure": entitlement.procedure.rawValue,
                    "from": entitlement.validFrom, "to": entitlement.validTo,
                    "entitlement": "\(change.db.lastInsertedRowID)",
                ])
        }
    }

    /// Ends an entitlement before its last day.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``; ``StorageError/duplicate(entity:)`` when it
    ///   has ended.
    package func end(entitlement id: Int64, reason: String, by actor: String) async throws {
        try await records.write("entitlement") { change in
            let sql = "SELECT account FROM entitlement WHERE id = ?"
            guard let account = try Int64.fetchOne(change.db, sql: sql, arguments: [id]) else {
                throw StorageError.notFound(entity: "entitlement")
            }
            try change.db.execute(
                sql: """
                    INSERT INTO entitlementEnd (entitlement, endedBy, endedAt, reason)
                    VALUES (?, ?, ?, ?)
                    """, arguments: [id, actor, change.time, reason])
            try change.audit(
                actor, "entitlement.end", "account-\(account)", ["entitlement": "\(id)"])
        }
    }

    /// Returns the entitlements of an account, the first entered first; `nil` stands for all.
    package func entitlements(of account: Int64? = nil) async throws -> [EntitlementRecord] {
        try await records.read("entitlement") { db in
            try Self.entitlements("?1 IS NULL OR account = ?1", [account], in: db)
        }
    }

    /// Returns an account's entitlement to a procedure that holds today for the cases of the
    /// organisation of that name, or `nil`.
    package func currentEntitlement(
        of account: Int64, to procedure: Procedure, at site: String
    ) async throws -> EntitlementRecord? {
        let today = Self.day(Timestamp.text(records.now()))
        return try await records.read("entitlement") { db in
            try Self.currentEntitlement(of: account, to: procedure, at: site, on: today, in: db)
        }
    }

    /// Returns an account's entitlement to a procedure that holds today for a patient's case, or
    /// `nil`; for a case that nobody owns nobody is entitled.
    package func currentEntitlement(
        of account: Int64, to procedure: Procedure, inCaseOf patient: Int64
    ) async throws -> EntitlementRecord? {
        let today = Self.day(Timestamp.text(records.now()))
        return try await records.read("entitlement") { db in
            try Self.currentEntitlement(
                of: account, to: procedure, inCaseOf: patient, on: today, in: db)
        }
    }

    static func day(_ time: String) -> String { String(time.prefix(10)) }

    static func currentEntitlement(
        of account: Int64, to procedure: Procedure, inCaseOf patient: Int64, on day: String,
        in db: Database
    ) throws -> EntitlementRecord? {
        let sql = """
            SELECT organisation.name FROM organisation
            JOIN ownership ON ownership.organisation = organisation.id
            WHERE ownership.patient = ?
            """
        guard let owner = try String.fetchOne(db, sql: sql, arguments: [patient]) else {
            return nil
        }
        return try currentEntitlement(of: account, to: procedure, at: owner, on: day, in: db)
    }

    private static func currentEntitlement(
        of account: Int64, to procedure: Procedure, at site: String, on day: String,
        in db: Database
    ) throws -> EntitlementRecord? {
        let names = try names(ofOrganisationCalled: site, in: db)
        return try entitlements("account = ?", [account], in: db).last { record in
            record.entitlement.procedure == procedure && record.endedReason == nil
                && record.entitlement.isCurrent(on: day)
                && names.contains { record.entitlement.isFor(site: $0) }
        }
    }

    static func entitlements(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [EntitlementRecord] {
        let sql = """
            SELECT entitlement.*, entitlementEnd.reason AS endedReason FROM entitlement
            LEFT JOIN entitlementEnd ON entitlementEnd.entitlement = entitlement.id
            WHERE \(clause) ORDER BY entitlement.id
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let procedure = Procedure(rawValue: row["procedure"]) else {
                throw StorageError.corrupted(entity: "entitlement", detail: "procedure")
            }
            return EntitlementRecord(
                id: row["id"], account: row["account"],
                entitlement: Entitlement(
                    procedure: procedure, site: row["site"], licenceNumber: row["licenceNumber"],
                    validFrom: row["validFrom"], validTo: row["validTo"]),
                endedReason: row["endedReason"])
        }
    }
}
