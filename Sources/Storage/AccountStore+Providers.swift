package import Foundation
import GRDB
import Pathway

/// Identities at the provider of sign-in, and what is under way there.
extension AccountStore {
    /// Returns who an account is at the provider; `nil` when it is bound to nobody.
    package func identity(of account: Int64) async throws -> ProviderIdentity? {
        try await records.read("providerIdentity") { db in
            let sql = "SELECT issuer, subject FROM providerIdentity WHERE account = ?"
            return try Row.fetchOne(db, sql: sql, arguments: [account]).map {
                ProviderIdentity(issuer: $0["issuer"], subject: $0["subject"])
            }
        }
    }

    /// Returns who the accounts of an organisation are at a provider, by their numbers.
    package func subjects(
        at issuer: String, organisation: Int64
    ) async throws -> [Int64: String] {
        try await records.read("providerIdentity") { db in
            let sql = """
                SELECT account, subject FROM providerIdentity
                JOIN account ON account.id = providerIdentity.account
                WHERE issuer = ? AND organisation = ?
                """
            let rows = try Row.fetchAll(db, sql: sql, arguments: [issuer, organisation])
            return Dictionary(rows.map { ($0["account"], $0["subject"]) }) { first, _ in first }
        }
    }

    /// Returns whose account an identity opens; `nil` when it opens none.
    package func account(of identity: ProviderIdentity) async throws -> AccountRecord? {
        try await records.read("providerIdentity") { db in
            let sql = "SELECT account FROM providerIdentity WHERE issuer = ? AND subject = ?"
            let arguments: StatementArguments = [identity.issuer, identity.subject]
            guard let id = try Int64.fetchOne(db, sql: sql, arguments: arguments) else {
                return nil
            }
            return try Self.account("account.id = ?", [id], in: db)
        }
    }

    /// Binds an account to an identity, or to none; the account's sessions end but one.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - identity: Who they are at the provider; `nil` for nobody any more.
    ///   - actor: Who says so.
    ///   - kept: SHA-256 of the token of the session that stays; `nil` for none.
    /// - Throws: ``StorageError/duplicate(entity:)`` when the identity is somebody else's here.
    package func bind(
        _ account: Int64, to identity: ProviderIdentity?, by actor: String,
        except kept: String? = nil
    ) async throws {
        try await records.write("account") { change in
            _ = try Self.account("account.id = ?", [account], in: change.db)
            for table in ["providerIdentity", "providerProof", "providerRequest"] {
                try change.db.execute(
                    sql: "DELETE FROM \(table) WHERE account = ?", arguments: [account])
            }
            if let identity {
                try change.db.execute(
                    sql: """
                        INSERT INTO providerIdentity (account, issuer, subject, boundAt, boundBy)
                        VALUES (?, ?, ?, ?, ?)
                        """,
                    arguments: [account, identity.issuer, identity.subject, change.time, actor])
            }
            try change.db.execute(
                sql: "DELETE FROM session WHERE account = ?1 AND (?2 IS NULL OR hash <> ?2)",
                arguments: [account, kept])
            try change.audit(
                actor, identity == nil ? "account.provider-unbind" : "account.provider-bind",
                "account-\(account)",
                identity.map {
                    ["identity": ObjectDigest(of: Array("\($0.issuer)\n\($0.subject)".utf8)).hex]
                } ?? [:])
        }
    }

    /// Keeps why an account's browser is sent to the provider; what is over is forgotten.
    ///
    /// - Parameters:
    ///   - request: Why.
    ///   - state: SHA-256 of the request's secret, which travels with the browser.
    ///   - browser: SHA-256 of the secret in the browser's cookie.
    ///   - validSeconds: How long the browser may take.
    /// - Throws: ``StorageError``.
    package func keep(
        _ request: ProviderRequest, state: String, browser: String, validSeconds: Double
    ) async throws {
        try await records.write("session") { change in
            let now = change.moment.timeIntervalSince1970
            try change.db.execute(
                sql: "DELETE FROM providerRequest WHERE expiresAt < ?", arguments: [now])
            try change.db.execute(
                sql: """
                    INSERT INTO providerRequest
                        (state, browser, purpose, account, session, subject, meaning, digest,
                            hasReadFindings, way, sentAt, expiresAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    state, browser, request.purpose.rawValue, request.account, request.session,
                    request.intent?.subject ?? "", request.intent?.meaning ?? "",
                    request.intent?.digest ?? "", request.intent?.hasReadFindings ?? false,
                    request.way, request.sentAt.timeIntervalSince1970, now + validSeconds,
                ])
            let actor = "account-\(request.account)"
            try change.audit(
                actor, "provider.ask", request.intent?.subject ?? actor,
                ["purpose": request.purpose.rawValue])
        }
    }

    /// Returns whether a browser was sent with that state and has not come back.
    ///
    /// Writes nothing, so that nobody who makes states up fills the database.
    package func hasRequest(state: String) async throws -> Bool {
        try await records.read("session") { db in
            let sql = "SELECT count(*) FROM providerRequest WHERE state = ?"
            return try Int.fetchOne(db, sql: sql, arguments: [state]) == 1
        }
    }

    /// Takes a request that has come back; it never comes back twice.
    ///
    /// - Returns: `nil` when there is none of that state, it is over, or another browser began it.
    /// - Throws: ``StorageError``.
    package func takeRequest(state: String, browser: String) async throws -> ProviderRequest? {
        try await records.write("session") { change in
            let now = change.moment.timeIntervalSince1970
            let sql = """
                SELECT * FROM providerRequest WHERE state = ? AND browser = ? AND expiresAt >= ?
                """
            guard
                let row = try Row.fetchOne(change.db, sql: sql, arguments: [state, browser, now]),
                let purpose = ProviderRequest.Purpose(rawValue: row["purpose"])
            else { return nil }
            try change.db.execute(
                sql: "DELETE FROM providerRequest WHERE state = ?", arguments: [state])
            let intent = SigningIntent(
                subject: row["subject"], meaning: row["meaning"], digest: row["digest"],
                hasReadFindings: row["hasReadFindings"])
            return ProviderRequest(
                purpose: purpose, account: row["account"], session: row["session"],
                intent: purpose == .sign ? intent : nil, way: row["way"],
                sentAt: Date(timeIntervalSince1970: row["sentAt"]))
        }
    }

    /// Notes that the provider's answer was not believed.
    package func noteRefusedProvider(account: Int64?, reason: String) async throws {
        try await records.write("session") { change in
            try change.audit(
                account.map { "account-\($0)" } ?? "nobody", "provider.refused",
                account.map { "account-\($0)" } ?? "sign-in", ["reason": reason])
        }
    }

    /// Keeps that somebody has signed in again for a signature.
    ///
    /// - Parameters:
    ///   - intent: What is to be signed.
    ///   - account: Who.
    ///   - session: SHA-256 of the session's token.
    ///   - authenticatedAt: When, by the provider.
    ///   - validSeconds: How long the signature may take.
    /// - Throws: ``StorageError``.
    package func keepProof(
        _ intent: SigningIntent, account: Int64, session: String, authenticatedAt: Date,
        validSeconds: Double
    ) async throws {
        try await records.write("session") { change in
            let now = change.moment.timeIntervalSince1970
            try change.db.execute(
                sql: "DELETE FROM providerProof WHERE expiresAt < ?", arguments: [now])
            try change.db.execute(
                sql: "INSERT OR REPLACE INTO providerProof VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    session, account, intent.subject, intent.meaning, intent.digest,
                    intent.hasReadFindings, authenticatedAt.timeIntervalSince1970,
                    now + validSeconds,
                ])
            try change.audit(
                "account-\(account)", "provider.signed-in-again", intent.subject,
                ["meaning": intent.meaning, "digest": intent.digest])
        }
    }

    /// Returns what a session has signed in again for, of one subject; looking does not use it up.
    package func proof(
        subject: String, meaning: String, account: Int64, session: String
    ) async throws -> (intent: SigningIntent, authenticatedAt: Date)? {
        let now = records.now().timeIntervalSince1970
        return try await records.read("session") { db in
            let sql = """
                SELECT * FROM providerProof
                WHERE session = ? AND subject = ? AND meaning = ? AND account = ?
                    AND expiresAt >= ?
                """
            let arguments: StatementArguments = [session, subject, meaning, account, now]
            return try Row.fetchOne(db, sql: sql, arguments: arguments).map { row in
                (
                    SigningIntent(
                        subject: row["subject"], meaning: row["meaning"], digest: row["digest"],
                        hasReadFindings: row["hasReadFindings"]),
                    Date(timeIntervalSince1970: row["authenticatedAt"])
                )
            }
        }
    }
}

extension RecordStore.Change {
    /// Uses up what shows who signs.
    ///
    /// - Throws: ``SigningRefusal/codeTaken``, ``SigningRefusal/notSignedInAgain``.
    func take(
        _ proof: SigningProof, of account: Int64, for subject: String, meaning: String,
        digest: ObjectDigest
    ) throws {
        switch proof {
        case .code(let step): try take(totpStep: step, of: account)
        case .provider(let session):
            try db.execute(
                sql: """
                    DELETE FROM providerProof
                    WHERE session = ? AND account = ? AND subject = ? AND meaning = ?
                        AND digest = ? AND expiresAt >= ?
                    """,
                arguments: [
                    session, account, subject, meaning, digest.hex, moment.timeIntervalSince1970,
                ])
            guard db.changesCount == 1 else { throw SigningRefusal.notSignedInAgain }
            try audit(
                "account-\(account)", "provider.sign", subject,
                ["meaning": meaning, "digest": digest.hex])
        }
    }
}
