import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    struct WorklistPage: Sendable {
        struct Row: Sendable {
            let path: String
            let name: String
            let patientID: String
            let birthDate: String
            let latestStudy: String
            let modalities: String
            let plans: Int
            let plansSource: String
            let state: String
            /// `nil` when nothing is.
            let missing: String?
            let missingSource: String
            /// What the reader can do next; `nil` when the case waits for somebody else.
            let waitsForMe: String?
        }

        /// A case of another organisation.
        struct Shared: Sendable {
            let path: String
            let name: String
            let patientID: String
            let birthDate: String
            let state: String
            let from: String
            let purpose: String
            let until: String
        }

        struct Choice: Sendable {
            let value: String
            let title: String
            let isChosen: Bool
        }

        let search: String
        let hasSearch: Bool
        let states: [Choice]
        let orders: [Choice]
        let isWaiting: Bool
        let rows: [Row]
        let shared: [Shared]
        let hasShared: Bool
        /// How many of the cases wait for the reader; `nil` when none does.
        let waiting: String?
        /// There is no case at all.
        let hasNoCase: Bool
        /// There are cases, and none is what was asked for.
        let hasNoHit: Bool
        /// Which of how many are shown.
        let range: String
        let earlier: String?
        let later: String?
        let origin: [PlanPage.Fact]
    }

    /// How many cases a page shows.
    private static let casesOnPage = 50

    func worklistPage(_ call: Call) async throws -> Response {
        let fields = try call.query
        var query = Worklist.Query()
        query.search = (fields["search"] ?? "").trimmingCharacters(in: .whitespaces)
        query.state = fields["state"].flatMap(CaseState.init(rawValue:))
        query.isWaiting = fields["waiting"] == "yes"
        query.order = fields["order"].flatMap(Worklist.Order.init(rawValue:)) ?? .newest
        let number = min(max(fields["page"].flatMap { Int($0) } ?? 1, 1), 1_000_000)
        query.limit = Self.casesOnPage
        query.offset = (number - 1) * query.limit
        let list = try await Worklist(for: call.account, query, folder: folder)
        let (first, last) = (query.offset + 1, query.offset + list.rows.count)
        let shared = try await sharedCases(call.account)
        let page = WorklistPage(
            search: query.search, hasSearch: !query.search.isEmpty,
            states: CaseState.allCases.map { state in
                let isChosen = query.state == state
                return WorklistPage.Choice(
                    value: state.rawValue, title: state.rawValue, isChosen: isChosen)
            },
            orders: Worklist.Order.allCases.map { order in
                let isChosen = query.order == order
                return WorklistPage.Choice(
                    value: order.rawValue, title: order.title, isChosen: isChosen)
            }, isWaiting: query.isWaiting, rows: list.rows.map(WorklistPage.Row.init),
            shared: shared, hasShared: !shared.isEmpty,
            waiting: Self.waiting(list.waiting), hasNoCase: list.caseCount == 0,
            hasNoHit: list.rows.isEmpty && list.caseCount > 0,
            range: list.rows.isEmpty ? "" : "\(first) to \(last) of \(list.total)",
            earlier: number > 1 ? Self.address(fields, page: number - 1) : nil,
            later: last < list.total ? Self.address(fields, page: number + 1) : nil,
            origin: countingFacts(
                of: "the cases of \(try call.account.organisation.name)", for: try call.account))
        return Answer.page(
            try pages.render("worklist", title: "Worklist", session: call.session, page))
    }

    /// What counts of records on a page come from.
    func countingFacts(of what: String, for account: AccountRecord) -> [PlanPage.Fact] {
        [
            PlanPage.Fact(label: "Counted", value: Moment.text(accounts.now().ISO8601Format())),
            PlanPage.Fact(label: "From", value: what),
            PlanPage.Fact(label: "By", value: "\(Software.name) \(Software.version)"),
            PlanPage.Fact(label: "For", value: "\(account.fullName), \(account.role.title)"),
        ]
    }

    /// Cases of others that are shared with the reader's organisation now.
    private func sharedCases(_ account: AccountRecord) async throws -> [WorklistPage.Shared] {
        var lines: [WorklistPage.Shared] = []
        for (share, patient) in try await folder.shares.received(by: account.organisation.id) {
            let identity = patient.identity
            lines.append(
                WorklistPage.Shared(
                    path: "/cases/\(patient.id)", name: ReadableIdentity.name(identity.name),
                    patientID: identity.patientID,
                    birthDate: ReadableIdentity.date(identity.birthDate),
                    state: try await folder.records.state(of: patient.id).rawValue,
                    from: share.owner.name, purpose: share.purpose,
                    until: Moment.text(share.expiresAt.ISO8601Format())))
        }
        return lines
    }

    /// The same list at another page.
    private static func address(_ fields: [String: String], page: Int) -> String {
        let kept = fields.filter { ["search", "state", "waiting", "order"].contains($0.key) }
        let pairs = kept.merging(["page": "\(page)"]) { $1 }.sorted { $0.key < $1.key }
        return "/?"
            + pairs.map { name, value in
                let text = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
                return "\(name)=\(text ?? "")"
            }.joined(separator: "&")
    }

    private static func waiting(_ count: Int) -> String? {
        switch count {
        case 0: nil
        case 1: "One case waits for you."
        default: "\(count) cases wait for you."
        }
    }
}

extension Worklist.Order {
    fileprivate var title: String {
        switch self {
        case .newest: "newest case first"
        case .study: "latest study first"
        case .name: "name"
        case .state: "state"
        }
    }
}

extension GrevyServer.WorklistPage.Row {
    fileprivate init(_ row: Worklist.Row) {
        self.init(
            path: "/cases/\(row.caseID)", name: row.name, patientID: row.patientID,
            birthDate: row.birthDate, latestStudy: row.latestStudy, modalities: row.modalities,
            plans: row.plans, plansSource: row.plansSource, state: row.state.rawValue,
            missing: row.missing.isEmpty ? nil : row.missing.joined(separator: ", "),
            missingSource: row.missingSource,
            waitsForMe: row.waitsForMe)
    }
}
