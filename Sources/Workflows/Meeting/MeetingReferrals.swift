import Pathway
package import Storage

/// How cases come to the list of a meeting: an organisation's own, and those that others share with
/// it, above all by a referral.
package struct MeetingReferrals: Sendable {
    private let folder: DataFolder
    private let meetings: MeetingWorkflow

    package init(folder: DataFolder, meetings: MeetingWorkflow) {
        (self.folder, self.meetings) = (folder, meetings)
    }

    /// A case that may go on a list.
    package struct Case: Sendable {
        package let patient: PatientRecord
        /// Who asks, as a choice reads; `nil` for a case of the own organisation that nobody else
        /// has a part in.
        package let referral: String?
    }

    /// Returns the cases that an organisation may put on a list, those of others first.
    ///
    /// - Throws: ``StorageError``.
    package func cases(for account: AccountRecord) async throws -> [Case] {
        let referrals = try await latest(of: account.organisation.id)
        var found: [Case] = []
        for (share, patient) in try await folder.shares.received(by: account.organisation.id)
        where !found.contains(where: { $0.patient.id == patient.id }) {
            let verb = referrals[patient.id]?.share.id == share.id ? "referred" : "shared"
            found.append(Case(patient: patient, referral: "\(verb) by \(share.owner.name)"))
        }
        for patient in try await folder.accounts.patients(for: account) {
            let asked = referrals[patient.id].map { "referred to \($0.share.recipient.name)" }
            found.append(Case(patient: patient, referral: asked))
        }
        return found
    }

    /// Puts a case on a list.
    ///
    /// What is left empty is taken from the case's latest referral. The organisation whose case it
    /// is becomes a guest of the meeting.
    ///
    /// - Parameters:
    ///   - opened: The case, as who lists it sees it.
    ///   - meeting: A meeting of the account's organisation.
    ///   - question: What the meeting is asked.
    ///   - referral: Who asks, and why.
    ///   - account: Who lists it.
    /// - Returns: The line of the list.
    /// - Throws: `MeetingRefusal`, ``StorageError``.
    @discardableResult
    package func list(
        _ opened: OpenedCase, in meeting: MeetingRecord, question: String, referral: String,
        by account: AccountRecord
    ) async throws -> AgendaItemRecord {
        let patient = opened.patient.id
        let latest = try await latest(of: account.organisation.id)[patient]
        func text(_ typed: String, _ known: String?) -> String {
            typed.contains { !$0.isWhitespace } ? typed : known ?? ""
        }
        let item = try await meetings.list(
            patient, in: meeting.id, question: text(question, latest?.share.question),
            referral: text(
                referral, latest.map { Self.sentence($0, for: account.organisation.id) }),
            by: account)
        if !opened.sight.isOwners,
            let owner = try await folder.records.owner(ofPatient: patient),
            !meeting.guests.contains(where: { $0.id == owner })
        {
            try await folder.records.invite(organisation: owner, to: meeting.id, by: account.id)
        }
        return item
    }

    /// The latest referral of each case that was not declined, by the case's number.
    private func latest(of organisation: Int64) async throws -> [Int64: ReferralRecord] {
        var latest: [Int64: ReferralRecord] = [:]
        for referral in try await folder.shares.referrals(of: organisation)
        where referral.patient != nil && referral.state != .declined {
            // They come with the latest first.
            if latest[referral.share.patient] == nil {
                latest[referral.share.patient] = referral
            }
        }
        return latest
    }

    private static func sentence(_ referral: ReferralRecord, for organisation: Int64) -> String {
        let share = referral.share
        let who =
            share.recipient.id == organisation
            ? "Referred by \(share.owner.name)" : "Referred to \(share.recipient.name)"
        return "\(who) on \(share.createdAt.prefix(10)) for: \(share.purpose)"
    }
}
