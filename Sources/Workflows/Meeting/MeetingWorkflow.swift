import Foundation
package import Pathway
package import Storage

/// Meetings: their lists, what is missing for each case, and what was decided.
package struct MeetingWorkflow: Sendable {
    private let folder: DataFolder
    private let accounts: AccountWorkflow

    package init(folder: DataFolder, accounts: AccountWorkflow) {
        (self.folder, self.accounts) = (folder, accounts)
    }

    /// The longest title of a meeting, in characters.
    package static let longestTitle = 120

    /// Makes a meeting.
    ///
    /// - Parameters:
    ///   - day: `YYYY-MM-DD`.
    ///   - title: May be empty.
    ///   - chair: Who signs what is decided.
    ///   - account: Who makes it, in whose organisation.
    /// - Returns: The meeting.
    /// - Throws: `MeetingRefusal`.
    package func make(
        day: String, title: String, chair: Int64, by account: AccountRecord
    ) async throws -> MeetingRecord {
        guard Self.isDay(day) else { throw MeetingRefusal.noDay }
        return try await folder.records.makeMeeting(
            of: account.organisation.id, day: day,
            title: try Self.text(title, longest: Self.longestTitle), chair: chair,
            by: account.id)
    }

    /// Puts a case on a list.
    ///
    /// - Throws: `MeetingRefusal`.
    package func list(
        _ patient: Int64, in meeting: Int64, question: String, referral: String,
        by account: AccountRecord
    ) async throws -> AgendaItemRecord {
        let question = try Self.text(question)
        guard !question.isEmpty else { throw MeetingRefusal.noQuestion }
        return try await folder.records.list(
            patient: patient, in: meeting, question: question, referral: try Self.text(referral),
            by: account.id)
    }

    /// Takes a case off a list.
    ///
    /// - Throws: `MeetingRefusal`, ``WorkflowError/refused(sentence:)`` without a reason.
    package func unlist(
        item: Int64, of meeting: Int64, reason: String, by account: AccountRecord
    ) async throws {
        try await folder.records.unlist(
            item: item, of: meeting, reason: try Reason.checked(reason), by: account.id)
    }

    /// A case on a list, for somebody who may see it or not.
    package struct Line: Sendable {
        package let item: AgendaItemRecord
        /// Whose case it is; `nil` when it is not shared with whoever asks.
        package let patient: PatientRecord?
        /// What a meeting looks for and does not find; empty when nothing is missing, and for
        /// guests: what is to be brought is the affair of who owns the case and of who holds the
        /// meeting, who is told what is missing among what is shared.
        package let missing: [String]
        /// The latest version.
        package let decision: DecisionRecord?
    }

    /// Returns a meeting's list for somebody.
    ///
    /// - Parameters:
    ///   - meeting: The meeting.
    ///   - seen: What they may see of the cases on it, by number.
    ///   - isHost: Whether their organisation holds the meeting.
    /// - Returns: The lines; of cases that they may not see nothing but that there is one.
    /// - Throws: ``StorageError``.
    package func lines(
        of meeting: Int64, seen: [Int64: OpenedCase], isHost: Bool
    ) async throws -> [Line] {
        var lines: [Line] = []
        for item in try await folder.records.agenda(of: meeting) {
            guard let opened = seen[item.patient] else {
                lines.append(Line(item: item, patient: nil, missing: [], decision: nil))
                continue
            }
            lines.append(
                Line(
                    item: item, patient: opened.patient,
                    missing: isHost || opened.sight.isOwners
                        ? try await missing(item, opened.sight) : [],
                    decision: try await folder.records.decisions(item: item.id).last))
        }
        return lines
    }

    private func missing(
        _ item: AgendaItemRecord, _ sight: CaseSight
    ) async throws -> [String] {
        let records = folder.records
        let kinds = Set(
            try await records.series(patient: item.patient).filter { sight.sees(series: $0.id) }
                .map(\.description.modality))
        var missing: [String] = []
        if kinds.isDisjoint(with: ["CT", "MR"]) { missing.append("CT or MR") }
        if kinds.isDisjoint(with: ["NM", "PT"]) { missing.append("SPECT or PET") }
        let state = try await records.state(of: item.patient)
        if state == .referred || state == .quarantined {
            missing.append("confirmation of whose images these are")
        }
        if item.referral.isEmpty { missing.append("referral") }
        let registrations = try await records.derived(
            caseID: "patient-\(item.patient)", kind: "registration"
        ).filter { sight.sees(record: $0.id) }
        if registrations.contains(where: { $0.acceptance == nil }) {
            missing.append("acceptance of a registration")
        }
        if try await records.keyImages(item: item.id).isEmpty { missing.append("key images") }
        return missing
    }

    /// Reads a decision as a form sends it.
    ///
    /// - Parameters:
    ///   - fields: `question`, `options` (one on each line), `chosen` (from 1), `intent`, `lead`,
    ///     `dissent`, `advice`, `departs`, `departure`, and `person-N` for each who took part.
    ///   - people: Who may be named as taking part.
    /// - Returns: The decision.
    /// - Throws: `MeetingRefusal`.
    package static func decision(
        _ fields: [String: String], people: [Participant]
    ) throws -> Decision {
        func field(_ name: String) throws -> String { try text(fields[name] ?? "") }
        let options = try text(
            fields["options"] ?? "",
            longest: Decision.longestText * Decision.mostOptions
        ).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        guard let number = Int(fields["chosen"] ?? ""), number >= 1, number <= options.count
        else { throw MeetingRefusal.noChoice }
        guard let intent = TreatmentIntent(rawValue: fields["intent"] ?? "")
        else { throw MeetingRefusal.noIntent }
        return try Decision(
            question: field("question"), options: options, chosen: number - 1, intent: intent,
            lead: field("lead"),
            participants: people.filter { fields["person-\($0.account)"] != nil },
            dissent: field("dissent"), advice: field("advice"),
            departure: fields["departs"] == nil ? nil : try field("departure"))
    }

    /// Keeps a decision as the next version.
    ///
    /// - Throws: `MeetingRefusal`.
    package func record(
        _ decision: Decision, for item: AgendaItemRecord, base: Int, by account: AccountRecord
    ) async throws -> DecisionRecord {
        try await folder.records.record(
            decision, for: item.id, of: item.patient, base: base, by: account.id)
    }

    /// Signs the latest version with a fresh one-time code or a new sign-in.
    ///
    /// - Throws: `MeetingRefusal`, `SigningRefusal`, ``WorkflowError/refused(sentence:)`` for a
    ///   code that is not right, ``AccountWorkflow/Refusal/wait(seconds:)``.
    package func sign(
        _ decision: Int64, of patient: Int64, digest: String, evidence: SigningEvidence,
        account: AccountRecord
    ) async throws -> DecisionRecord {
        guard let shown = ObjectDigest(digest) else { throw MeetingRefusal.changed }
        let proof = try await accounts.proof(evidence, account: account.id)
        return try await folder.records.sign(
            DecisionSigning(
                decision: decision, patient: patient, digest: shown, account: account.id,
                proof: proof))
    }

    /// What the chair is about to sign, for the way over the provider of sign-in.
    ///
    /// - Throws: `MeetingRefusal`, as signing does.
    package func intent(
        _ decision: Int64, of item: AgendaItemRecord, in meeting: MeetingRecord, digest: String,
        account: AccountRecord
    ) async throws -> SigningIntent {
        let latest = try await folder.records.decisions(item: item.id).last
        guard let latest, latest.id == decision, latest.digest == ObjectDigest(digest) else {
            throw MeetingRefusal.changed
        }
        guard latest.signature == nil else { throw MeetingRefusal.signed }
        guard meeting.chair == account.id, account.role.rights.contains(.signDecision) else {
            throw MeetingRefusal.notChair
        }
        return SigningIntent(
            subject: latest.signingSubject, meaning: DecisionRecord.signingMeaning,
            digest: latest.digest.hex, hasReadFindings: false)
    }

    /// Who may be named as taking part: who was confirmed, who was seen, and whoever records.
    package func people(
        of meeting: Int64, and account: AccountRecord
    ) async throws -> [Participant] {
        let confirmed = try await folder.records.attendance(of: meeting).map(\.participant)
        let seen = try await folder.records.proposedAttendance(of: meeting) + [account]
        var people = confirmed
        for person in seen where !people.contains(where: { $0.account == person.id }) {
            people.append(
                Participant(
                    account: person.id, name: person.fullName, role: person.role.title,
                    organisation: person.organisation.name))
        }
        return people
    }

    /// Text as it is kept: without spaces around it, lines by `\n`, without control characters.
    ///
    /// - Throws: `MeetingRefusal.tooLong` also for control characters.
    package static func text(
        _ text: String, longest: Int = Decision.longestText
    ) throws -> String {
        let text = text.replacing("\r\n", with: "\n")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let isPlain = text.unicodeScalars.allSatisfy {
            $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control
        }
        guard text.count <= longest, isPlain else { throw MeetingRefusal.tooLong }
        return text
    }

    /// Whether a text is a day of the calendar, `YYYY-MM-DD`.
    static func isDay(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.count == 3, parts[0].count == 4,
            parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return false }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let components = DateComponents(
            calendar: calendar, year: year, month: month, day: day)
        return components.isValidDate
    }
}
