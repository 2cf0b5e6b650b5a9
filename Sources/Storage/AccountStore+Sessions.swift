import Foundation
import GRDB
import Pathway

/// How long a session lives.
package struct SessionLimits: Hashable, Sendable {
    /// Without a request, in seconds.
    package var idleSeconds: Double = 15 * 60
    /// In all, in seconds.
    package var absoluteSeconds: Double = 12 * 3600

    package init() {}
}

extension AccountStore {
    /// Begins a session.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the token that the browser holds, hexadecimal.
    ///   - csrfToken: What forms of the session send back.
    ///   - account: Whose session it is.
    /// - Throws: ``StorageError``.
    package func beginSession(
        hash: String, csrfToken: String, account: Int64
    ) async throws {
        try await records.write("session") { change in
            let now = change.moment.timeIntervalSince1970
            try change.db.execute(
                sql: """
                    INSERT INTO session
                        (hash, account, csrfToken, createdAt, lastUsedAt, signedInAt)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """, arguments: [hash, account, csrfToken, now, now, now])
            try change.audit("account-\(account)", "session.begin", "account-\(account)")
        }
    }

    /// Returns a session that is alive and notes that it was used.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the token that the browser holds.
    ///   - limits: How long sessions live.
    ///   - isUse: Whether a person asks; what a page does by itself keeps no session alive.
    /// - Returns: `nil` when it ended, timed out, or its account is disabled.
    /// - Throws: ``StorageError``.
    package func session(
        hash: String, limits: SessionLimits, isUse: Bool = true
    ) async throws -> SessionRecord? {
        let now = records.now().timeIntervalSince1970
        let sql = """
            SELECT account, csrfToken, lastUsedAt, signedInAt FROM session
            WHERE hash = ? AND lastUsedAt >= ? AND createdAt >= ?
            """
        let found: (session: SessionRecord, lastUsedAt: Double)? = try await records.read(
            "session"
        ) { db in
            let arguments: StatementArguments = [
                hash, now - limits.idleSeconds, now - limits.absoluteSeconds,
            ]
            guard let row = try Row.fetchOne(db, sql: sql, arguments: arguments) else {
                return nil
            }
            let account = try Self.account("account.id = ?", [row["account"] as Int64], in: db)
            guard !account.isDisabled else { return nil }
            return (
                SessionRecord(
                    account: account, csrfToken: row["csrfToken"], signedInAt: row["signedInAt"]),
                row["lastUsedAt"]
            )
        }
        // A write for every request would make each picture wait for the disk.
        if let found, isUse, now - found.lastUsedAt > 30 {
            try await records.write("session") { change in
                try change.db.execute(
                    sql: "UPDATE session SET lastUsedAt = ? WHERE hash = ?",
                    arguments: [now, hash])
            }
        }
        return found?.session
    }

    /// Ends a session.
    package func endSession(hash: String) async throws {
        try await records.write("session") { change in
            let account = try Int64.fetchOne(
                change.db, sql: "SELECT account FROM session WHERE hash = ?", arguments: [hash])
            guard let account else { return }
            try change.db.execute(sql: "DELETE FROM session WHERE hash = ?", arguments: [hash])
            try change.audit("account-\(account)", "session.end", "account-\(account)")
        }
    }

    /// Keeps a one-time link; of set-up links only the newest works.
    package func keepLink(
        hash: String, purpose: LinkPurpose, account: Int64?, validSeconds: Double,
        by actor: String
    ) async throws {
        try await records.write("oneTimeLink") { change in
            let now = change.moment.timeIntervalSince1970
            try change.db.execute(
                sql: """
                    DELETE FROM oneTimeLink
                    WHERE expiresAt < ? OR (purpose = ? AND account IS ?)
                    """, arguments: [now, purpose.rawValue, account])
            try change.db.execute(
                sql: """
                    INSERT INTO oneTimeLink (hash, purpose, account, expiresAt)
                    VALUES (?, ?, ?, ?)
                    """, arguments: [hash, purpose.rawValue, account, now + validSeconds])
            let subject = account.map { "account-\($0)" } ?? "set-up"
            try change.audit(actor, "link.\(purpose.rawValue)", subject)
        }
    }

    /// Returns what a link is for while it works; looking does not use it up.
    package func link(hash: String) async throws -> (purpose: LinkPurpose, account: Int64?)? {
        let now = records.now().timeIntervalSince1970
        return try await records.read("oneTimeLink") { try Self.link(hash, now, in: $0) }
    }

    /// Uses up a link.
    ///
    /// - Returns: Whether it worked until now; of two at once one gets `true`.
    package func takeLink(hash: String) async throws -> Bool {
        try await records.write("oneTimeLink") { change in
            let now = change.moment.timeIntervalSince1970
            guard let link = try Self.link(hash, now, in: change.db) else { return false }
            try change.db.execute(
                sql: "DELETE FROM oneTimeLink WHERE hash = ?", arguments: [hash])
            let subject = link.account.map { "account-\($0)" } ?? "set-up"
            try change.audit(subject, "link.used", subject, ["purpose": link.purpose.rawValue])
            return true
        }
    }

    private static func link(
        _ hash: String, _ now: Double, in db: Database
    ) throws -> (purpose: LinkPurpose, account: Int64?)? {
        let sql = "SELECT purpose, account FROM oneTimeLink WHERE hash = ? AND expiresAt >= ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [hash, now]),
            let purpose = LinkPurpose(rawValue: row["purpose"])
        else { return nil }
        return (purpose, row["account"])
    }
}

extension AccountStore {
    /// How long the next attempt to sign in has to wait, in seconds; 0 when it may come now.
    ///
    /// After five failures in a row each further one doubles the wait, from 1 s up to 15 min;
    /// nothing is locked for good.
    package func waitBeforeSignIn(key: String) async throws -> Double {
        let now = records.now().timeIntervalSince1970
        return try await records.read("signInFailure") { db in
            let sql = "SELECT count, lastAt FROM signInFailure WHERE key = ?"
            guard let row = try Row.fetchOne(db, sql: sql, arguments: [key]) else { return 0 }
            let count: Int = row["count"]
            let lastAt: Double = row["lastAt"]
            guard count >= 5 else { return 0 }
            let wait = min(15 * 60, Double(1 << min(20, count - 5)))
            return max(0, lastAt + wait - now)
        }
    }

    /// Notes a failed attempt; the audit names no login, which may be a mistyped password.
    package func noteSignInFailure(key: String) async throws {
        try await records.write("signInFailure") { change in
            try change.db.execute(
                sql: """
                    INSERT INTO signInFailure (key, count, lastAt) VALUES (?1, 1, ?2)
                    ON CONFLICT (key) DO UPDATE SET count = count + 1, lastAt = ?2
                    """, arguments: [key, change.moment.timeIntervalSince1970])
            try change.audit("nobody", "session.refused", String(key.prefix(12)))
        }
    }

    /// Forgets failures after a success.
    package func clearSignInFailures(key: String) async throws {
        try await records.write("signInFailure") { change in
            try change.db.execute(
                sql: "DELETE FROM signInFailure WHERE key = ?", arguments: [key])
        }
    }
}
