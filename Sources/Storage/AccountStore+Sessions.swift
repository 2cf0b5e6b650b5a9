package import Foundation
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

/// From where a session was begun.
package struct SessionPlace: Hashable, Sendable {
    /// The peer's address; empty where there is no connection.
    package let address: String
    /// Program and system, such as `Firefox, Linux`.
    package let browser: String

    package init(address: String = "", browser: String = "") {
        (self.address, self.browser) = (address, browser)
    }
}

/// A session as its owner sees it.
package struct SessionLine: Hashable, Sendable {
    /// The beginning of its hash, which opens nothing.
    package let id: String
    package let place: SessionPlace
    package let createdAt: Date
    package let lastUsedAt: Date
}

extension AccountStore {
    /// Begins a session; sessions whose life is over are forgotten.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the token that the browser holds, hexadecimal.
    ///   - csrfToken: What forms of the session send back.
    ///   - account: Whose session it is.
    ///   - place: From where.
    ///   - limits: How long sessions live.
    ///   - isByProvider: Whether the organisation's own sign-in says who it is.
    /// - Throws: ``StorageError``.
    package func beginSession(
        hash: String, csrfToken: String, account: Int64, place: SessionPlace,
        limits: SessionLimits, isByProvider: Bool = false
    ) async throws {
        try await records.write("session") { change in
            let now = change.moment.timeIntervalSince1970
            try change.db.execute(
                sql: "DELETE FROM session WHERE createdAt < ?",
                arguments: [now - limits.absoluteSeconds])
            try change.db.execute(
                sql: """
                    INSERT INTO session
                        (hash, account, csrfToken, createdAt, lastUsedAt, signedInAt, address,
                            browser, isByProvider)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    hash, account, csrfToken, now, now, now, place.address, place.browser,
                    isByProvider,
                ])
            try change.audit(
                "account-\(account)", "session.begin", "account-\(account)",
                isByProvider ? ["by": "provider"] : [:])
        }
    }

    /// Gives a session another token after its owner has shown again who they are.
    ///
    /// - Parameters:
    ///   - old: SHA-256 of the token until now.
    ///   - new: SHA-256 of the token from now on.
    /// - Throws: ``StorageError/notFound(entity:)`` when the session is gone.
    package func rotateSession(from old: String, to new: String) async throws {
        try await records.write("session") { change in
            let sql = "SELECT account FROM session WHERE hash = ?"
            guard let account = try Int64.fetchOne(change.db, sql: sql, arguments: [old]) else {
                throw StorageError.notFound(entity: "session")
            }
            let now = change.moment.timeIntervalSince1970
            try change.db.execute(
                sql: """
                    UPDATE session SET hash = ?, lastUsedAt = ?, signedInAt = ? WHERE hash = ?
                    """, arguments: [new, now, now, old])
            try change.audit("account-\(account)", "session.renew", "account-\(account)")
        }
    }

    /// Returns an account's sessions whose life is not over, the last used first.
    package func sessions(of account: Int64, limits: SessionLimits) async throws -> [SessionLine] {
        let oldest = records.now().timeIntervalSince1970 - limits.absoluteSeconds
        return try await records.read("session") { db in
            let sql = """
                SELECT hash, address, browser, createdAt, lastUsedAt FROM session
                WHERE account = ? AND createdAt >= ? ORDER BY lastUsedAt DESC, hash
                """
            return try Row.fetchAll(db, sql: sql, arguments: [account, oldest]).map { row in
                SessionLine(
                    id: Self.name(ofHash: row["hash"]),
                    place: SessionPlace(address: row["address"], browser: row["browser"]),
                    createdAt: Date(timeIntervalSince1970: row["createdAt"]),
                    lastUsedAt: Date(timeIntervalSince1970: row["lastUsedAt"]))
            }
        }
    }

    /// What a session is called by: a part of its hash.
    package static func name(ofHash hash: String) -> String { String(hash.prefix(16)) }

    /// Ends sessions of an account.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - name: The one to end; `nil` for all.
    ///   - kept: SHA-256 of the token of the one that stays; `nil` for none.
    /// - Returns: How many ended.
    /// - Throws: ``StorageError``.
    @discardableResult
    package func endSessions(
        of account: Int64, named name: String? = nil, except kept: String? = nil
    ) async throws -> Int {
        try await records.write("session") { change in
            try change.db.execute(
                sql: """
                    DELETE FROM session WHERE account = ?1
                        AND (?2 IS NULL OR substr(hash, 1, 16) = ?2) AND (?3 IS NULL OR hash <> ?3)
                    """, arguments: [account, name, kept])
            let count = change.db.changesCount
            if count > 0 {
                try change.audit(
                    "account-\(account)", "session.end", "account-\(account)",
                    ["sessions": "\(count)"])
            }
            return count
        }
    }

    /// Returns a session that was idle for too long and is not over: it needs its owner's password.
    package func lockedSession(
        hash: String, limits: SessionLimits
    ) async throws -> SessionRecord? {
        let now = records.now().timeIntervalSince1970
        return try await records.read("session") { db in
            let sql = """
                SELECT account, csrfToken, isByProvider FROM session
                WHERE hash = ? AND lastUsedAt < ? AND createdAt >= ?
                """
            let arguments: StatementArguments = [
                hash, now - limits.idleSeconds, now - limits.absoluteSeconds,
            ]
            guard let row = try Row.fetchOne(db, sql: sql, arguments: arguments) else {
                return nil
            }
            let account = try Self.account("account.id = ?", [row["account"] as Int64], in: db)
            guard !account.isDisabled else { return nil }
            return SessionRecord(
                account: account, csrfToken: row["csrfToken"],
                secondsToLock: 0, isByProvider: row["isByProvider"])
        }
    }

    /// Returns a session that is alive and notes that it was used.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the token that the browser holds.
    ///   - limits: How long sessions live.
    ///   - isUse: Whether a person asks; what a page does by itself keeps no session alive.
    /// - Returns: `nil` when it ended, timed out, is locked, or its account is disabled.
    /// - Throws: ``StorageError``.
    package func session(
        hash: String, limits: SessionLimits, isUse: Bool = true
    ) async throws -> SessionRecord? {
        let now = records.now().timeIntervalSince1970
        let sql = """
            SELECT account, csrfToken, lastUsedAt, isByProvider FROM session
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
                    account: account, csrfToken: row["csrfToken"],
                    secondsToLock: isUse
                        ? limits.idleSeconds
                        : max(0, (row["lastUsedAt"] as Double) + limits.idleSeconds - now),
                    isByProvider: row["isByProvider"]),
                row["lastUsedAt"]
            )
        }
        // A write for every request would make each picture wait for the disk.
        if let found, isUse, now - found.lastUsedAt > min(30, limits.idleSeconds / 4) {
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
    /// Counts an attempt as failed before anybody looks at it, unless it has to wait.
    ///
    /// Attempts at the same moment are counted one after the other, so that none of them slips
    /// past the limit while another is being looked at. After five failures in a row each further
    /// one doubles the wait, from 1 s up to 15 min; nothing is locked for good.
    ///
    /// - Parameter key: What is slowed down, such as a hash of login and address.
    /// - Returns: How long the attempt has to wait, in seconds; 0 when it may be looked at and was
    ///   counted. A success takes it back with ``forgetAttempts(key:)``.
    /// - Throws: ``StorageError``.
    package func beginAttempt(key: String) async throws -> Double {
        try await records.write("signInFailure") { change in
            let now = change.moment.timeIntervalSince1970
            let sql = "SELECT count, lastAt FROM signInFailure WHERE key = ?"
            if let row = try Row.fetchOne(change.db, sql: sql, arguments: [key]) {
                let wait = Self.secondsBetween(failures: row["count"])
                // Not longer after the clock was set back.
                let left = min(wait, (row["lastAt"] as Double) + wait - now)
                guard left <= 0 else { return left }
            }
            try change.db.execute(
                sql: """
                    INSERT INTO signInFailure (key, count, lastAt) VALUES (?1, 1, ?2)
                    ON CONFLICT (key) DO UPDATE SET count = count + 1, lastAt = ?2
                    """, arguments: [key, now])
            return 0
        }
    }

    private static func secondsBetween(failures: Int) -> Double {
        failures < 5 ? 0 : min(15 * 60, Double(1 << min(20, failures - 5)))
    }

    /// Records that an attempt failed; the audit names no login, which may be a mistyped password.
    package func noteRefusedAttempt(key: String) async throws {
        try await records.write("signInFailure") { change in
            try change.audit("nobody", "session.refused", String(key.prefix(12)))
        }
    }

    /// Forgets an attempt and the failures before it after a success.
    package func forgetAttempts(key: String) async throws {
        try await records.write("signInFailure") { change in
            try change.db.execute(
                sql: "DELETE FROM signInFailure WHERE key = ?", arguments: [key])
        }
    }
}
