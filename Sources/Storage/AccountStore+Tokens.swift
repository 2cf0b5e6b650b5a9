package import Foundation
import GRDB
package import Pathway

/// A token of a machine client, without the token itself.
package struct AccessTokenRecord: Hashable, Sendable {
    package let id: Int64
    /// The machine's own account; its full name is what the token is for.
    package let account: AccountRecord
    package let scopes: Set<AccessScope>
    /// Who made it.
    package let createdBy: String
    /// ISO 8601, UTC.
    package let createdAt: String
    package let expiresAt: Date
    /// To the minute; `nil` before the first use.
    package let lastUsedAt: Date?
    /// ISO 8601, UTC; `nil` while nobody has revoked it.
    package let revokedAt: String?

    /// Whether a request that brings it is believed.
    package func isAlive(at moment: Date) -> Bool {
        revokedAt == nil && moment < expiresAt && !account.isDisabled
    }
}

extension AccountStore {
    /// Keeps a token with an account of its own.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the token, hexadecimal.
    ///   - name: What it is for.
    ///   - scopes: What it is good for; at least one.
    ///   - validSeconds: From now on.
    ///   - maker: Who makes it, and whose organisation's cases it opens.
    /// - Returns: The record.
    /// - Throws: ``StorageError``.
    package func keepToken(
        hash: String, name: String, scopes: Set<AccessScope>, validSeconds: Double,
        by maker: AccountRecord
    ) async throws -> AccessTokenRecord {
        try await records.write("accessToken") { change in
            let sql = "SELECT coalesce(max(id), 0) + 1 FROM accessToken"
            let id = try Int64.fetchOne(change.db, sql: sql) ?? 1
            // People's logins have no colon.
            try change.db.execute(
                sql: """
                    INSERT INTO account (login, fullName, organisation, role, createdAt)
                    VALUES (?, ?, ?, 'machine', ?)
                    """, arguments: ["machine:\(id)", name, maker.organisation.id, change.time])
            let account = change.db.lastInsertedRowID
            let scopes = scopes.map(\.rawValue).sorted().joined(separator: " ")
            try change.db.execute(
                sql: """
                    INSERT INTO accessToken
                        (id, account, hash, scopes, createdAt, createdBy, expiresAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, account, hash, scopes, change.time, maker.id,
                    change.moment.timeIntervalSince1970 + validSeconds,
                ])
            try change.audit(
                maker.actor, "token.make", "token-\(id)",
                [
                    "scopes": scopes, "account": "account-\(account)",
                    "days": "\(Int(validSeconds / 86400))",
                ])
            return try Self.token("accessToken.id = ?", [id], in: change.db)
        }
    }

    /// Returns an organisation's tokens, the latest first.
    package func tokens(organisation: Int64) async throws -> [AccessTokenRecord] {
        try await records.read("accessToken") { db in
            try Self.tokens(
                """
                accessToken.account IN (SELECT id FROM account WHERE organisation = ?)
                ORDER BY accessToken.id DESC
                """, [organisation], in: db)
        }
    }

    /// Returns the token with a hash, dead or alive; `nil` when there is none.
    package func token(hash: String) async throws -> AccessTokenRecord? {
        try await records.read("accessToken") { db in
            try Self.tokens("accessToken.hash = ?", [hash], in: db).first
        }
    }

    /// Notes that a token was used; more than once a minute is one note.
    package func noteUse(of token: AccessTokenRecord) async throws {
        let now = records.now()
        // A write for every request would make each of them wait for the disk.
        guard token.lastUsedAt.map({ now.timeIntervalSince($0) > 60 }) ?? true else { return }
        try await records.write("accessToken") { change in
            try change.db.execute(
                sql: "UPDATE accessToken SET lastUsedAt = ? WHERE id = ?",
                arguments: [now.timeIntervalSince1970, token.id])
        }
    }

    /// Ends a token for good.
    ///
    /// - Throws: ``StorageError/notFound(entity:)`` when the organisation of whoever revokes it has
    ///   no such token, or it is revoked already.
    package func revokeToken(_ id: Int64, by account: AccountRecord) async throws {
        try await records.write("accessToken") { change in
            try change.db.execute(
                sql: """
                    UPDATE accessToken SET revokedAt = ?, revokedBy = ?
                    WHERE id = ? AND revokedAt IS NULL
                        AND account IN (SELECT id FROM account WHERE organisation = ?)
                    """, arguments: [change.time, account.id, id, account.organisation.id])
            guard change.db.changesCount == 1 else {
                throw StorageError.notFound(entity: "accessToken")
            }
            try change.audit(account.actor, "token.revoke", "token-\(id)")
        }
    }

    private static func token(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> AccessTokenRecord {
        guard let first = try tokens(clause, arguments, in: db).first else {
            throw StorageError.notFound(entity: "accessToken")
        }
        return first
    }

    private static func tokens(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [AccessTokenRecord] {
        let sql = """
            SELECT accessToken.*, maker.fullName AS maker FROM accessToken
            JOIN account AS maker ON maker.id = accessToken.createdBy WHERE \(clause)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            let scopes: String = row["scopes"]
            let lastUsedAt: Double? = row["lastUsedAt"]
            return AccessTokenRecord(
                id: row["id"],
                account: try account("account.id = ?", [row["account"] as Int64], in: db),
                scopes: Set(
                    scopes.split(separator: " ").flatMap { AccessScope.kept(String($0)) }),
                createdBy: row["maker"], createdAt: row["createdAt"],
                expiresAt: Date(timeIntervalSince1970: row["expiresAt"]),
                lastUsedAt: lastUsedAt.map { Date(timeIntervalSince1970: $0) },
                revokedAt: row["revokedAt"])
        }
    }
}
