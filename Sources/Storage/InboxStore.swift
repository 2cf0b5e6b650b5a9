package import Foundation
import GRDB
import Pathway

/// A link by which somebody without an account sends images.
package struct InboxRecord: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        /// Takes a code, and files from whoever gave it.
        case open
        /// The sender has said to have finished.
        case finished
        /// Somebody of the inviting organisation ended it.
        case ended
        case expired
        /// Too many wrong codes.
        case locked
    }

    package let id: Int64
    package let organisation: OrganisationRecord
    /// The account in whose name the files are imported; nobody signs in with it.
    package let account: Int64
    /// Who is invited.
    package let sender: String
    /// The case that the files are for; `nil` when nobody knows yet.
    package let patient: Int64?
    /// What is to be sent.
    package let purpose: String
    /// Who made the link.
    package let createdBy: String
    /// ISO 8601, UTC.
    package let createdAt: String
    package let expiresAt: Date
    package let wrongCodes: Int
    /// `nil` before the code was given.
    package let upload: Int64?
    /// What the sender asks; empty before they have finished.
    package let question: String
    /// ISO 8601, UTC.
    package let finishedAt: String?
    /// ISO 8601, UTC.
    package let endedAt: String?

    package func state(at moment: Date) -> State {
        if endedAt != nil { return .ended }
        if finishedAt != nil { return .finished }
        if wrongCodes >= InboxLink.mostWrongCodes { return .locked }
        return moment < expiresAt ? .open : .expired
    }
}

/// What somebody wants to be sent.
package struct InboxDraft: Hashable, Sendable {
    package let sender: String
    package let purpose: String
    package let patient: Int64?
    package let validSeconds: Double

    package init(sender: String, purpose: String, patient: Int64?, validSeconds: Double) {
        (self.sender, self.purpose) = (sender, purpose)
        (self.patient, self.validSeconds) = (patient, validSeconds)
    }
}

/// Keeps inbox links: of link, code and browser only hashes.
package struct InboxStore: Sendable {
    let records: RecordStore

    /// The moment by which links are over or not.
    package var moment: Date { records.now() }

    /// Makes a link with an account of its own.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the link's token, hexadecimal.
    ///   - codeHash: SHA-256 that stands for token and code together.
    ///   - draft: What for.
    ///   - account: Who makes it, and into whose quarantine the files come.
    /// - Returns: The link.
    /// - Throws: ``SigningRefusal/right``; ``StorageError/notFound(entity:)`` for a case of
    ///   somebody else.
    package func make(
        hash: String, codeHash: String, _ draft: InboxDraft, by account: AccountRecord
    ) async throws -> InboxRecord {
        try await records.write("inbox") { change in
            let home = account.organisation.id
            guard account.role.rights.contains(.share) else { throw SigningRefusal.right }
            if let patient = draft.patient {
                let owned = try RecordStore.patients(
                    "patient.id = ? AND \(AccountStore.isOwned)", [patient, home], in: change.db)
                guard !owned.isEmpty else { throw StorageError.notFound(entity: "patient") }
            }
            let sql = "SELECT coalesce(max(id), 0) + 1 FROM inbox"
            let id = try Int64.fetchOne(change.db, sql: sql) ?? 1
            // People's logins have no colon.
            try change.db.execute(
                sql: """
                    INSERT INTO account (login, fullName, organisation, role, createdAt)
                    VALUES (?, ?, ?, 'machine', ?)
                    """,
                arguments: ["inbox:\(id)", "\(draft.sender) (inbox link)", home, change.time])
            let sender = change.db.lastInsertedRowID
            try change.db.execute(
                sql: """
                    INSERT INTO inbox (id, hash, codeHash, account, organisation, patient,
                        purpose, createdAt, createdBy, expiresAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, hash, codeHash, sender, home, draft.patient, draft.purpose, change.time,
                    account.id, change.moment.timeIntervalSince1970 + draft.validSeconds,
                ])
            var detail = ["account": "account-\(sender)"]
            detail["case"] = draft.patient.map { "patient-\($0)" }
            try change.audit(account.actor, "inbox.make", "inbox-\(id)", detail)
            return try Self.one("inbox.id = ?", [id], in: change.db)
        }
    }

    /// Gives a browser the link, if it has the code; a wrong code counts.
    ///
    /// The right code begins the upload; given in another browser later, it goes on there and no
    /// more in the first.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the link's token.
    ///   - codeHash: Of token and code as typed.
    ///   - browserHash: SHA-256 of what the browser keeps from now on.
    /// - Returns: Whether the code was right.
    /// - Throws: ``StorageError/notFound(entity:)`` for a link that takes no code.
    package func enter(
        hash: String, codeHash: String, browserHash: String
    ) async throws -> Bool {
        try await records.write("inbox") { change in
            let inbox = try Self.one("inbox.hash = ?", [hash], in: change.db)
            guard inbox.state(at: change.moment) == .open else {
                throw StorageError.notFound(entity: "inbox")
            }
            let sql = "SELECT codeHash = ? FROM inbox WHERE id = ?"
            guard try Bool.fetchOne(change.db, sql: sql, arguments: [codeHash, inbox.id]) == true
            else {
                try change.db.execute(
                    sql: "UPDATE inbox SET wrongCodes = wrongCodes + 1 WHERE id = ?",
                    arguments: [inbox.id])
                try change.audit(
                    "account-\(inbox.account)", "inbox.wrong-code", "inbox-\(inbox.id)")
                return false
            }
            var upload = inbox.upload
            if upload == nil {
                try change.db.execute(
                    sql: """
                        INSERT INTO upload (account, patient, state, createdAt)
                        VALUES (?, ?, 'open', ?)
                        """, arguments: [inbox.account, inbox.patient, change.time])
                upload = change.db.lastInsertedRowID
            }
            try change.db.execute(
                sql: "UPDATE inbox SET browserHash = ?, upload = ? WHERE id = ?",
                arguments: [browserHash, upload, inbox.id])
            try change.audit("account-\(inbox.account)", "inbox.enter", "inbox-\(inbox.id)")
            return true
        }
    }

    /// Notes that the sender has finished, and what they ask.
    ///
    /// - Throws: ``StorageError/notFound(entity:)`` for a link that is not open any more.
    package func finish(_ id: Int64, question: String) async throws {
        try await records.write("inbox") { change in
            let inbox = try Self.one("inbox.id = ?", [id], in: change.db)
            guard inbox.state(at: change.moment) == .open else {
                throw StorageError.notFound(entity: "inbox")
            }
            try change.db.execute(
                sql: "UPDATE inbox SET finishedAt = ?, question = ? WHERE id = ?",
                arguments: [change.time, question, id])
            try change.audit("account-\(inbox.account)", "inbox.finish", "inbox-\(id)")
        }
    }

    /// Ends a link; what has come stays until somebody imports or discards it.
    ///
    /// - Throws: ``StorageError/notFound(entity:)`` for a link of another organisation, or one that
    ///   was ended before; ``SigningRefusal/right``.
    package func end(_ id: Int64, by account: AccountRecord) async throws {
        try await records.write("inbox") { change in
            guard account.role.rights.contains(.share) else { throw SigningRefusal.right }
            try change.db.execute(
                sql: """
                    UPDATE inbox SET endedAt = ?, endedBy = ?
                    WHERE id = ? AND organisation = ? AND endedAt IS NULL
                    """, arguments: [change.time, account.id, id, account.organisation.id])
            guard change.db.changesCount == 1 else {
                throw StorageError.notFound(entity: "inbox")
            }
            try change.audit(account.actor, "inbox.end", "inbox-\(id)")
        }
    }
}

extension InboxStore {
    /// Returns the link of a token; `nil` when there is none.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the token.
    ///   - browserHash: Of what the browser keeps; `nil` for any browser.
    /// - Returns: The link, whatever its state.
    /// - Throws: ``StorageError``.
    package func inbox(hash: String, browserHash: String? = nil) async throws -> InboxRecord? {
        try await records.read("inbox") { db in
            try Self.inboxes(
                "inbox.hash = ?1 AND (?2 IS NULL OR inbox.browserHash = ?2)", [hash, browserHash],
                in: db
            ).first
        }
    }

    /// Returns an organisation's links, the latest first.
    package func inboxes(organisation: Int64) async throws -> [InboxRecord] {
        try await records.read("inbox") { db in
            try Self.inboxes(
                "inbox.organisation = ? ORDER BY inbox.id DESC LIMIT 200", [organisation], in: db)
        }
    }

    /// Returns the link in whose account's name something was brought in; `nil` for people.
    package func inbox(account: Int64) async throws -> InboxRecord? {
        try await records.read("inbox") { db in
            try Self.inboxes("inbox.account = ?", [account], in: db).first
        }
    }

    private static func one(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> InboxRecord {
        guard let first = try inboxes(clause, arguments, in: db).first else {
            throw StorageError.notFound(entity: "inbox")
        }
        return first
    }

    private static func inboxes(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [InboxRecord] {
        let sql = """
            SELECT inbox.*, organisation.name AS organisationName, sender.fullName AS sender,
                maker.fullName AS maker
            FROM inbox JOIN organisation ON organisation.id = inbox.organisation
            JOIN account AS sender ON sender.id = inbox.account
            JOIN account AS maker ON maker.id = inbox.createdBy
            WHERE \(clause)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            InboxRecord(
                id: row["id"],
                organisation: OrganisationRecord(
                    id: row["organisation"], name: row["organisationName"]),
                account: row["account"], sender: row["sender"], patient: row["patient"],
                purpose: row["purpose"], createdBy: row["maker"], createdAt: row["createdAt"],
                expiresAt: Date(timeIntervalSince1970: row["expiresAt"]),
                wrongCodes: row["wrongCodes"], upload: row["upload"], question: row["question"],
                finishedAt: row["finishedAt"], endedAt: row["endedAt"])
        }
    }
}
