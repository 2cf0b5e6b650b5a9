import Foundation
import GRDB
package import Pathway

/// Keeps organisations, accounts, sessions and one-time links.
///
/// Secrets come as hashes; what is kept cannot be used to sign in. Every change of an account is
/// audited in its own transaction; sessions are touched without.
package struct AccountStore: Sendable {
    let records: RecordStore
    let counts = AccessCounts()

    /// Creates an organisation, or returns the one that has its name, or had it, in any spelling.
    ///
    /// - Throws: ``StorageError/invalid(entity:reason:)`` for a name that cannot be read.
    package func organisation(
        named name: String, by actor: String
    ) async throws -> OrganisationRecord {
        let name = try OrganisationName.checked(name)
        return try await records.write("organisation") { change in
            try Self.organisation(called: name, in: change.db)
                ?? Self.add(organisation: name, by: actor, change)
        }
    }

    /// Creates an account without a password.
    ///
    /// - Throws: ``StorageError/duplicate(entity:)`` when the login is taken.
    package func create(
        login: String, fullName: String, organisation: Int64, role: Role, by actor: String
    ) async throws -> AccountRecord {
        try await records.write("account") { change in
            try change.db.execute(
                sql: """
                    INSERT INTO account (login, fullName, organisation, role, createdAt)
                    VALUES (?, ?, ?, ?, ?)
                    """, arguments: [login, fullName, organisation, role.rawValue, change.time])
            let id = change.db.lastInsertedRowID
            try change.audit(
                actor, "account.create", "account-\(id)",
                ["role": role.rawValue, "organisation": "organisation-\(organisation)"])
            return try Self.account("account.id = ?", [id], in: change.db)
        }
    }

    /// Returns the organisation that has a name, or had it; `nil` when there is none.
    package func organisation(called name: String) async throws -> OrganisationRecord? {
        try await records.read("organisation") { try Self.organisation(called: name, in: $0) }
    }

    /// Returns the account of a machine, or creates it; nobody signs in as one.
    package func machine(
        login: String, fullName: String, organisation: Int64, by actor: String
    ) async throws -> AccountRecord {
        if let known = try? await signIn(login: login).0 { return known }
        do {
            return try await create(
                login: login, fullName: fullName, organisation: organisation, role: .machine,
                by: actor)
        } catch StorageError.duplicate {
            // Somebody else has made it meanwhile.
            return try await signIn(login: login).0
        }
    }

    /// Returns all accounts of an organisation, by login; `nil` stands for all organisations.
    package func accounts(organisation: Int64? = nil) async throws -> [AccountRecord] {
        try await records.read("account") { db in
            try Self.accounts(
                "(?1 IS NULL OR organisation = ?1) ORDER BY login", [organisation], in: db)
        }
    }

    /// Returns what people are called, by the actor that records name (`account-12`).
    package func fullNames() async throws -> [String: String] {
        Dictionary(try await accounts().map { ($0.actor, $0.fullName) }) { first, _ in first }
    }

    /// Returns the organisation of an actor; `nil` for an actor without an account.
    package func organisation(ofActor actor: String) async throws -> OrganisationRecord? {
        guard let id = AccountRecord.id(ofActor: actor) else { return nil }
        return try await records.read("account") { db in
            try Self.accounts("account.id = ?", [id], in: db).first?.organisation
        }
    }

    /// Returns the same for a case: people of other organisations than its owner with theirs.
    package func fullNames(ofCase patient: Int64) async throws -> [String: String] {
        guard let owner = try await records.owner(ofPatient: patient) else {
            return try await fullNames()
        }
        return try await fullNames(in: owner)
    }

    /// Returns the same as it is read in an organisation: other people with theirs.
    package func fullNames(in organisation: Int64) async throws -> [String: String] {
        Dictionary(
            try await accounts().map {
                (
                    $0.actor,
                    $0.organisation.id == organisation ? $0.fullName : $0.nameWithOrganisation
                )
            }
        ) { first, _ in first }
    }

    /// Returns what people are called, by the numbers of their accounts.
    package func names() async throws -> [Int64: String] {
        Dictionary(try await accounts().map { ($0.id, $0.fullName) }) { first, _ in first }
    }

    /// Returns an account.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``.
    package func account(_ id: Int64) async throws -> AccountRecord {
        try await records.read("account") { try Self.account("account.id = ?", [id], in: $0) }
    }

    /// Returns the account with a login and what signing in needs.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``.
    package func signIn(login: String) async throws -> (AccountRecord, AccountSecrets) {
        try await records.read("account") { db in
            let account = try Self.account("login = ?", [login], in: db)
            return (account, try Self.secrets(account.id, in: db))
        }
    }

    /// Returns what signing in needs of an account.
    package func secrets(of account: Int64) async throws -> AccountSecrets {
        try await records.read("account") { try Self.secrets(account, in: $0) }
    }

    /// Sets a password and ends every session of the account.
    package func setPassword(
        hash: String, of account: Int64, by actor: String
    ) async throws {
        try await change(account, "account.password", by: actor) { db in
            try db.execute(
                sql: "UPDATE account SET passwordHash = ? WHERE id = ?",
                arguments: [hash, account])
        }
    }

    /// Sets up a second factor with its recovery codes and ends every session of the account.
    package func setSecondFactor(
        totpSecret: String?, recoveryCodeHashes: [String], of account: Int64, by actor: String
    ) async throws {
        try await change(account, "account.second-factor", by: actor) { db in
            try db.execute(
                sql: "UPDATE account SET totpSecret = ?, totpLastStep = NULL WHERE id = ?",
                arguments: [totpSecret, account])
            try db.execute(sql: "DELETE FROM recoveryCode WHERE account = ?", arguments: [account])
            for hash in recoveryCodeHashes {
                try db.execute(
                    sql: "INSERT INTO recoveryCode (account, hash) VALUES (?, ?)",
                    arguments: [account, hash])
            }
        }
    }

    /// Replaces the recovery codes of an account.
    package func setRecoveryCodes(hashes: [String], of account: Int64) async throws {
        try await records.write("recoveryCode") { change in
            try change.db.execute(
                sql: "DELETE FROM recoveryCode WHERE account = ?", arguments: [account])
            for hash in hashes {
                try change.db.execute(
                    sql: "INSERT INTO recoveryCode (account, hash) VALUES (?, ?)",
                    arguments: [account, hash])
            }
            try change.audit(
                "account-\(account)", "account.recovery-codes", "account-\(account)")
        }
    }

    /// Changes a role or disables an account, and ends its sessions.
    package func set(
        role: Role, isDisabled: Bool, of account: Int64, by actor: String
    ) async throws {
        try await change(
            account, "account.change", by: actor,
            detail: ["role": role.rawValue, "disabled": isDisabled ? "yes" : "no"]
        ) { db in
            try db.execute(
                sql: "UPDATE account SET role = ?, isDisabled = ? WHERE id = ?",
                arguments: [role.rawValue, isDisabled, account])
        }
    }

    /// Notes that a code of a time step was taken.
    ///
    /// - Returns: `false` when that step or a later one had been taken before.
    package func take(totpStep: Int, of account: Int64) async throws -> Bool {
        try await records.write("account") { change in
            try change.db.execute(
                sql: """
                    UPDATE account SET totpLastStep = ?1
                    WHERE id = ?2 AND (totpLastStep IS NULL OR totpLastStep < ?1)
                    """, arguments: [totpStep, account])
            return change.db.changesCount == 1
        }
    }

    /// Uses up a recovery code.
    ///
    /// - Returns: Whether there was one with that hash.
    package func take(recoveryCodeHash: String, of account: Int64) async throws -> Bool {
        try await records.write("recoveryCode") { change in
            try change.db.execute(
                sql: "DELETE FROM recoveryCode WHERE account = ? AND hash = ?",
                arguments: [account, recoveryCodeHash])
            guard change.db.changesCount == 1 else { return false }
            try change.audit("account-\(account)", "account.recovery-code", "account-\(account)")
            return true
        }
    }

    private func change(
        _ account: Int64, _ action: String, by actor: String, detail: [String: String] = [:],
        _ body: @escaping @Sendable (Database) throws -> Void
    ) async throws {
        try await records.write("account") { change in
            _ = try Self.account("account.id = ?", [account], in: change.db)
            try body(change.db)
            try change.db.execute(
                sql: "DELETE FROM session WHERE account = ?", arguments: [account])
            try change.audit(actor, action, "account-\(account)", detail)
        }
    }
}

extension AccountStore {
    static func account(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> AccountRecord {
        guard let first = try accounts(clause, arguments, in: db).first else {
            throw StorageError.notFound(entity: "account")
        }
        return first
    }

    static func accounts(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [AccountRecord] {
        let sql = """
            SELECT account.id, login, fullName, role, isDisabled, organisation,
                totpSecret IS NOT NULL AS hasSecondFactor,
                passwordHash IS NOT NULL AS hasPassword, organisation.name AS organisationName
            FROM account JOIN organisation ON organisation.id = account.organisation
            WHERE \(clause)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let role = Role(rawValue: row["role"]) else {
                throw StorageError.corrupted(entity: "account", detail: "role")
            }
            return AccountRecord(
                id: row["id"], login: row["login"], fullName: row["fullName"],
                organisation: OrganisationRecord(
                    id: row["organisation"], name: row["organisationName"]),
                role: role, isDisabled: row["isDisabled"],
                hasSecondFactor: row["hasSecondFactor"], hasPassword: row["hasPassword"])
        }
    }

    static func secrets(_ account: Int64, in db: Database) throws -> AccountSecrets {
        let sql = "SELECT passwordHash, totpSecret, totpLastStep FROM account WHERE id = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [account]) else {
            throw StorageError.notFound(entity: "account")
        }
        return AccountSecrets(
            passwordHash: row["passwordHash"], totpSecret: row["totpSecret"],
            totpLastStep: row["totpLastStep"])
    }
}
