import Foundation
package import Pathway
package import Storage

/// The cases of one organisation, with what each waits for.
package struct Worklist: Sendable {
    package struct Row: Hashable, Sendable {
        package let caseID: Int64
        package let name: String
        package let patientID: String
        /// `YYYY-MM-DD`, or as the files have it.
        package let birthDate: String
        package let latestStudy: String
        package let modalities: String
        package let plans: Int
        /// Where ``plans`` comes from: which are current, who made the last.
        package let plansSource: String
        package let state: CaseState
        /// What a plan or its use still needs; empty when nothing does.
        package let missing: [String]
        /// What was looked at for ``missing``.
        package let missingSource: String
        /// What the one who asks can do next; `nil` when the case waits for somebody else.
        package let waitsForMe: String?
    }

    /// What is asked of the list.
    package struct Query: Hashable, Sendable {
        /// Words that the name or identifier must hold, in any order; empty for all.
        package var search = ""
        /// Only cases in this state.
        package var state: CaseState?
        /// Only cases that wait for the one who asks.
        package var isWaiting = false
        package var order = Order.newest
        /// How many to leave out.
        package var offset = 0
        /// How many at most.
        package var limit = 50

        package init() {}
    }

    package enum Order: String, Hashable, Sendable, CaseIterable {
        /// The case that was made last first.
        case newest
        /// The latest study first.
        case study
        case name
        /// By the way of a case, the first state first.
        case state
    }

    /// The part that was asked for.
    package let rows: [Row]
    /// How many cases match.
    package let total: Int
    /// How many cases there are, whatever is asked for.
    package let caseCount: Int
    /// How many of all cases wait for the one who asks.
    package let waiting: Int

    /// Reads the worklist.
    ///
    /// One query reads every case of the organisation; only the rows shown are looked at closer.
    ///
    /// - Parameters:
    ///   - account: Whose organisation's cases are listed.
    ///   - query: Which of them.
    ///   - folder: The data folder.
    /// - Throws: ``StorageError``.
    package init(for account: AccountRecord, _ query: Query, folder: DataFolder) async throws {
        let desk = try await Desk(of: account, folder: folder)
        let cases = try await folder.accounts.cases(for: account).map { ($0, desk.task(of: $0)) }
        let words = query.search.lowercased().split(separator: " ")
        let found = cases.filter { summary, task in
            guard query.state == nil || summary.state == query.state,
                !query.isWaiting || task != nil
            else { return false }
            guard !words.isEmpty else { return true }
            let identity = summary.patient.identity
            let text = "\(identity.name) \(identity.patientID)".lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        waiting = cases.count { $0.1 != nil }
        total = found.count
        let names = try await folder.accounts.fullNames(in: account.organisation.id)
        var rows: [Row] = []
        for (summary, task) in Self.sorted(found, by: query.order).dropFirst(query.offset)
            .prefix(query.limit)
        {
            rows.append(try await Row(summary, task: task, folder.records, names: names))
        }
        (self.rows, caseCount) = (rows, cases.count)
    }

    private typealias Line = (summary: CaseSummary, task: String?)

    /// Cases that are equal stay with the newest first.
    private static func sorted(_ lines: [Line], by order: Order) -> [Line] {
        let places = Dictionary(
            uniqueKeysWithValues: CaseState.allCases.enumerated().map { ($1, $0) })
        return switch order {
        case .newest: lines
        case .study:
            lines.sorted {
                ($0.summary.latestStudy, $0.summary.patient.id)
                    > ($1.summary.latestStudy, $1.summary.patient.id)
            }
        case .name:
            lines.map { ($0.summary.patient.identity.name.lowercased(), $0) }
                .sorted { ($0.0, $1.1.summary.patient.id) < ($1.0, $0.1.summary.patient.id) }
                .map(\.1)
        case .state:
            lines.sorted {
                (places[$0.summary.state, default: 0], $1.summary.patient.id)
                    < (places[$1.summary.state, default: 0], $0.summary.patient.id)
            }
        }
    }
}

extension Worklist.Row {
    init(
        _ summary: CaseSummary, task: String?, _ records: RecordStore, names: [String: String]
    ) async throws {
        let patient = summary.patient
        let series = try await records.series(patient: patient.id)
        let computed = try await records.derived(caseID: "patient-\(patient.id)")
        let kinds = Set(series.map(\.description.modality))
        let plans = computed.filter { $0.draft.kind == "plan" }
        var missing: [String] = []
        if !kinds.contains("CT") { missing.append("CT") }
        if kinds.isDisjoint(with: ["NM", "PT"]) { missing.append("SPECT or PET") }
        if kinds.isDisjoint(with: ["RTSTRUCT", "SEG"]),
            !computed.contains(where: { $0.draft.kind == VOIWorkflow.kind })
        {
            missing.append("structures")
        }
        if plans.isEmpty {
            missing.append("plan")
        } else if !summary.hasCurrentPlan {
            missing.append("current plan (all are outdated)")
        }
        if computed.contains(where: { $0.draft.kind == "registration" && $0.acceptance == nil }) {
            missing.append("acceptance of a registration")
        }
        self.init(
            caseID: patient.id, name: ReadableIdentity.name(patient.identity.name),
            patientID: patient.identity.patientID,
            birthDate: ReadableIdentity.date(patient.identity.birthDate),
            latestStudy: ReadableIdentity.date(summary.latestStudy),
            modalities: kinds.sorted().joined(separator: ", "), plans: plans.count,
            plansSource: Self.source(of: plans, names), state: summary.state, missing: missing,
            missingSource: "Looked at: \(series.count) series, \(computed.count) computed records, "
                + "\(plans.count { $0.state == .current }) of \(plans.count) plans current",
            waitsForMe: task)
    }

    private static func source(of plans: [DerivedRecord], _ names: [String: String]) -> String {
        guard let last = plans.last else { return "No plan is kept." }
        let current = plans.count { $0.state == .current }
        return "\(current) of \(plans.count) current. The last: \(last.source(names))"
    }
}

/// How DICOM writes people and days, as people read them.
package enum ReadableIdentity {
    /// `Family, Given` of `Family^Given`.
    package static func name(_ text: String) -> String {
        let parts = text.split(separator: "^", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        let rest = parts.dropFirst().filter { !$0.isEmpty }.joined(separator: " ")
        let family = parts.first ?? ""
        if family.isEmpty { return rest.isEmpty ? "(no name)" : rest }
        return rest.isEmpty ? family : "\(family), \(rest)"
    }

    /// `2026-01-05` of `20260105`; other texts as they are.
    package static func date(_ text: String) -> String {
        guard text.count == 8, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return text }
        return "\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.suffix(2))"
    }
}
