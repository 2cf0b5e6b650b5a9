package import Foundation
import GRDB
package import Pathway

/// Keeps what organisations share, and decides what of a case is open to whom.
///
/// Nothing is deleted: a share ends by its time or by a row that says who ended it and why.
package struct ShareStore: Sendable {
    let records: RecordStore

    /// The moment by which shares are over or not.
    package var moment: Date { records.now() }

    private var now: Double { moment.timeIntervalSince1970 }

    /// Returns what an account may see of a case; the one place where that is decided.
    ///
    /// A program gets something only by shares that let its organisation take things out, whatever
    /// it asks for (``isForPrograms(at:)``); ``VisibleImages`` says the same of all cases at once.
    ///
    /// - Parameters:
    ///   - patient: The case.
    ///   - account: Who asks.
    ///   - right: What for; `nil` for what only the owner's people may do.
    /// - Returns: `nil` for a case that is closed to them and for one that does not exist: from
    ///   outside the two must look alike.
    /// - Throws: ``StorageError``.
    package func access(
        to patient: Int64, for account: AccountRecord, as right: ShareRight?
    ) async throws -> OpenedCase? {
        try await records.read("share") { [now] db in
            try Self.access(to: patient, for: account, as: right, at: now, in: db)
        }
    }

    static func access(
        to patient: Int64, for account: AccountRecord, as right: ShareRight?, at now: Double,
        in db: Database
    ) throws -> OpenedCase? {
        let home = account.organisation.id
        if let own = try RecordStore.patients(
            "patient.id = ? AND \(AccountStore.isOwned)", [patient, home], in: db
        ).first {
            return OpenedCase(patient: own, sight: .whole, rights: Set(ShareRight.allCases))
        }
        let isProgram = account.role == .machine
        // Nobody plans by a token: a plan is a person's.
        guard let right, !(isProgram && right == .plan),
            let found = try RecordStore.patients("id = ?", [patient], in: db).first
        else { return nil }
        let active = try shares(
            """
            share.patient = :patient AND share.recipient = :organisation
            AND \(isProgram ? isForPrograms() : isActive) ORDER BY share.id
            """, ["patient": patient, "organisation": home, "now": now], in: db)
        var rights = active.reduce(into: Set()) { $0.formUnion($1.rights) }
        if isProgram { rights.remove(.plan) }
        let shares = active.filter { $0.rights.contains(right) }
        // An emergency opens more than any share, but to look at only.
        if right == .view, let id = try openEmergency(of: patient, account.id, at: now, in: db) {
            return OpenedCase(
                patient: found,
                sight: CaseSight(
                    .whole, .emergency(id),
                    includesInternal: shares.contains { $0.includesInternal }),
                rights: rights.union([.view]))
        }
        guard !shares.isEmpty else { return nil }
        return OpenedCase(
            patient: found, sight: try sight(of: shares, withOwn: !isProgram, in: db),
            rights: rights)
    }

    /// Shares a case.
    ///
    /// What chosen results were made from comes along.
    ///
    /// - Returns: The share.
    /// - Throws: ``ShareRefusal``; ``SigningRefusal/right`` when the account's role does not share;
    ///   ``StorageError/notFound(entity:)`` for a case of somebody else.
    package func create(
        _ draft: ShareDraft, by account: AccountRecord
    ) async throws -> ShareRecord {
        try await records.write("share") { change in try change.share(draft, by: account) }
    }

    /// Returns what the recipient of a draft would see.
    ///
    /// - Throws: As ``create(_:by:)``.
    package func preview(
        _ draft: ShareDraft, by account: AccountRecord
    ) async throws -> CaseSight {
        try await records.read("share") { db in
            let items = try ShareItems(draft, by: account, in: db)
            return CaseSight(
                .items(series: Set(items.series.keys), records: items.records), .shares([]),
                includesInternal: draft.terms.includesInternal)
        }
    }

    /// Returns the day from which studies belong to the present question of a case.
    ///
    /// They are the latest study and what the newest current plan stands on. Empty when no study
    /// has a date.
    package func studiesFrom(of patient: Int64) async throws -> String {
        try await records.read("study") { try ShareItems.studiesFrom(of: patient, in: $0) }
    }

    /// Ends a share now.
    ///
    /// - Throws: ``ShareRefusal/over``, ``ShareRefusal/reason``; ``SigningRefusal/right``;
    ///   ``StorageError/notFound(entity:)`` for a share of somebody else's case.
    package func revoke(
        _ share: Int64, of patient: Int64, reason: String, by account: AccountRecord
    ) async throws {
        try await records.write("shareEnd") { change in
            let found = try Self.shares(
                "share.id = :share AND share.patient = :patient AND share.owner = :organisation",
                ["share": share, "patient": patient, "organisation": account.organisation.id],
                in: change.db
            ).first
            guard let found else { throw StorageError.notFound(entity: "share") }
            guard account.role.rights.contains(.share) else { throw SigningRefusal.right }
            guard found.state(at: change.moment) == .active else { throw ShareRefusal.over }
            guard reason.contains(where: { !$0.isWhitespace }),
                reason.count <= Referral.longestText
            else { throw ShareRefusal.reason }
            try change.db.execute(
                sql: "INSERT INTO shareEnd (share, endedAt, endedBy, reason) VALUES (?, ?, ?, ?)",
                arguments: [share, change.time, account.id, reason])
            try change.audit(
                account.actor, "share.revoke", "share-\(share)",
                ["words": SharingTrail.digest(reason)])
        }
    }

    /// Returns a case's shares that an organisation made, the latest first.
    package func shares(of patient: Int64, owner: Int64) async throws -> [ShareRecord] {
        try await records.read("share") { db in
            try Self.shares(
                """
                share.patient = :patient AND share.owner = :owner ORDER BY share.id DESC
                """, ["patient": patient, "owner": owner], in: db)
        }
    }

    /// Returns a case's shares that an organisation got, the latest first.
    package func shares(of patient: Int64, recipient: Int64) async throws -> [ShareRecord] {
        try await records.read("share") { db in
            try Self.shares(
                """
                share.patient = :patient AND share.recipient = :recipient ORDER BY share.id DESC
                """, ["patient": patient, "recipient": recipient], in: db)
        }
    }

    /// Returns what is shared with an organisation now, what ends first first.
    package func received(
        by organisation: Int64
    ) async throws -> [(share: ShareRecord, patient: PatientRecord)] {
        try await records.read("share") { [now] db in
            try Self.shares(
                "share.recipient = :organisation AND \(Self.isActive) ORDER BY share.expiresAt",
                ["organisation": organisation, "now": now], in: db
            ).compactMap { share in
                try RecordStore.patients("id = ?", [share.patient], in: db).first.map {
                    (share, $0)
                }
            }
        }
    }

    /// Returns shares by their numbers, in that order.
    package func shares(_ ids: [Int64]) async throws -> [ShareRecord] {
        try await records.read("share") { db in
            try ids.flatMap { try Self.shares("share.id = :id", ["id": $0], in: db) }
        }
    }

    /// Returns the organisations of this server.
    package func organisations() async throws -> [OrganisationRecord] {
        try await records.read("organisation") { db in
            try Row.fetchAll(db, sql: "SELECT id, name FROM organisation ORDER BY name").map {
                OrganisationRecord(id: $0["id"], name: $0["name"])
            }
        }
    }
}

extension RecordStore.Change {
    func share(_ draft: ShareDraft, by account: AccountRecord) throws -> ShareRecord {
        let items = try ShareItems(draft, by: account, in: db)
        let terms = draft.terms
        let rights = terms.rights.map(\.rawValue).sorted().joined(separator: " ")
        try db.execute(
            sql: """
                INSERT INTO share (patient, owner, recipient, purpose, question, rights,
                    includesFuture, includesPriors, includesInternal, studiesFrom, lastSeries, lastDerived,
                    createdAt, createdBy, expiresAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                    (SELECT coalesce(max(id), 0) FROM series),
                    (SELECT coalesce(max(number), 0) FROM derived), ?, ?, ?)
                """,
            arguments: [
                draft.patient, account.organisation.id, draft.recipient, terms.purpose,
                terms.question,
                rights, terms.includesFuture, terms.includesPriors, terms.includesInternal,
                items.studiesFrom, time, account.id,
                moment.timeIntervalSince1970 + 86400 * Double(terms.days),
            ])
        let id = db.lastInsertedRowID
        for (series, lastInstance) in items.series.sorted(by: { $0.key < $1.key }) {
            try db.execute(
                sql: """
                    INSERT INTO shareItem (share, series, lastInstance, isChosen)
                    VALUES (?, ?, ?, ?)
                    """,
                arguments: [id, series, lastInstance, draft.series.contains(series)])
        }
        for record in items.records.sorted() {
            try db.execute(
                sql: "INSERT INTO shareItem (share, derived, isChosen) VALUES (?, ?, ?)",
                arguments: [id, record, draft.records.contains(record)])
        }
        try audit(
            account.actor, "share.create", "share-\(id)",
            try SharingTrail.detail(ofShare: id, in: db))
        guard let share = try ShareStore.shares("share.id = :id", ["id": id], in: db).first else {
            throw StorageError.notFound(entity: "share")
        }
        return share
    }
}
