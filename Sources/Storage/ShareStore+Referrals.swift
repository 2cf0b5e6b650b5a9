import Foundation
import GRDB
package import Pathway

/// A step of a referral.
package struct ReferralMoveRecord: Hashable, Sendable {
    package let to: Referral.State
    package let by: String
    /// ISO 8601, UTC.
    package let at: String
    /// The answer, or why it was declined; empty for other steps.
    package let text: String
}

/// A share with a question, and how far it is.
package struct ReferralRecord: Hashable, Sendable {
    package let share: ShareRecord
    /// `nil` for the recipient once the share is over: the question and the answer stay, the
    /// patient does not.
    package let patient: PatientRecord?
    /// The first step first.
    package let moves: [ReferralMoveRecord]

    package var state: Referral.State { moves.last?.to ?? .sent }
}

extension ShareStore {
    /// Returns the referrals that an organisation has sent or got, the latest first.
    package func referrals(
        of organisation: Int64, atMost count: Int = 200
    ) async throws -> [ReferralRecord] {
        try await records.read("referralMove") { [moment] db in
            try Self.shares(
                """
                (share.owner = :organisation OR share.recipient = :organisation)
                AND share.question <> '' ORDER BY share.id DESC LIMIT :count
                """, ["organisation": organisation, "count": count], in: db
            ).map { try Self.referral($0, for: organisation, at: moment, in: db) }
        }
    }

    /// Returns the steps that a referral has taken, the first first; none for a share that asks
    /// nothing.
    package func steps(of share: ShareRecord) async throws -> [ReferralMoveRecord] {
        try await records.read("referralMove") { try Self.moves(of: share.id, in: $0) }
    }

    /// Returns the referrals that wait for an organisation's answer, by the numbers of their shares.
    package func waitingReferrals(for organisation: Int64) async throws -> [Int64] {
        try await records.read("referralMove") { [moment] db in
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT share.id FROM share
                    WHERE recipient = :organisation AND question <> '' AND \(Self.isActive)
                        AND NOT EXISTS (SELECT 1 FROM referralMove
                            WHERE referralMove.share = share.id
                                AND toState IN ('declined', 'answered'))
                    ORDER BY share.id
                    """,
                arguments: [
                    "organisation": organisation, "now": moment.timeIntervalSince1970,
                ])
        }
    }

    /// Takes a referral a step further, in the recipient's name.
    ///
    /// - Parameters:
    ///   - share: The referral.
    ///   - state: Where it goes.
    ///   - text: The answer, or why it is declined.
    ///   - account: One of the recipient's people.
    /// - Throws: ``ShareRefusal/step``, ``ShareRefusal/answer``, ``ShareRefusal/over``;
    ///   ``SigningRefusal/right``; ``StorageError/notFound(entity:)`` for what no referral to the
    ///   account's organisation is.
    package func move(
        referral share: Int64, to state: Referral.State, text: String, by account: AccountRecord
    ) async throws {
        try await records.write("referralMove") { change in
            let home = account.organisation.id
            let found = try Self.shares(
                "share.id = :share AND share.recipient = :organisation AND share.question <> ''",
                ["share": share, "organisation": home], in: change.db
            ).first
            guard let found else { throw StorageError.notFound(entity: "share") }
            guard account.role.rights.contains(.share) else { throw SigningRefusal.right }
            guard found.state(at: change.moment) == .active else { throw ShareRefusal.over }
            let now = try Self.moves(of: share, in: change.db).last?.to ?? .sent
            guard now.next.contains(state) else { throw ShareRefusal.step }
            let hasText = text.contains { !$0.isWhitespace }
            guard hasText || !state.needsText, text.count <= Referral.longestText else {
                throw ShareRefusal.answer
            }
            let words = state.needsText ? text : ""
            try change.db.execute(
                sql: """
                    INSERT INTO referralMove (share, toState, movedAt, movedBy, text)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    share, state.rawValue, change.time, account.id, words,
                ])
            try change.audit(
                account.actor, "referral.\(state.rawValue)", "share-\(share)",
                ["words": SharingTrail.digest(words)])
        }
    }

    private static func referral(
        _ share: ShareRecord, for organisation: Int64, at moment: Date, in db: Database
    ) throws -> ReferralRecord {
        let maySee =
            organisation == share.owner.id
            ? try !RecordStore.patients(
                "patient.id = ? AND \(AccountStore.isOwned)", [share.patient, organisation], in: db
            ).isEmpty
            : try !shares(
                "share.id = :id AND \(isActive)",
                ["id": share.id, "now": moment.timeIntervalSince1970], in: db
            ).isEmpty
        return ReferralRecord(
            share: share,
            patient: maySee
                ? try RecordStore.patients("id = ?", [share.patient], in: db).first : nil,
            moves: try moves(of: share.id, in: db))
    }

    private static func moves(
        of share: Int64, in db: Database
    ) throws -> [ReferralMoveRecord] {
        let sql = """
            SELECT toState, movedAt, text, account.fullName FROM referralMove
            JOIN account ON account.id = movedBy WHERE share = ? ORDER BY referralMove.id
            """
        return try Row.fetchAll(db, sql: sql, arguments: [share]).map { row in
            guard let state = Referral.State(rawValue: row["toState"]) else {
                throw StorageError.corrupted(entity: "referralMove", detail: "state")
            }
            return ReferralMoveRecord(
                to: state, by: row["fullName"], at: row["movedAt"], text: row["text"])
        }
    }
}
