import Foundation
import Hummingbird
import Pathway
import Quantities
import Storage
import Workflows

extension GrevyServer {
    /// Two plans side by side, and what was delivered beside what was planned.
    var compareRoutes: [Route] {
        [
            Route(
                .get, "/cases/{case}/compare", .ofCase(.readCase, shared: .view), comparePage),
            Route(
                .get, "/cases/{case}/delivered/{record}", .ofCase(.readCase, shared: .view),
                deliveredPage),
            Route(
                .get, "/cases/{case}/delivered/{record}/scene", .ofCase(.readCase, shared: .view)
            ) { call in
                try await heavy(call) {
                    try Answer.json(
                        try await DeliveredScene(reader(call), patient: call.caseOwner)
                            .scene(call.parameter("record"), source: source))
                }
            },
        ]
    }

    /// One line of a table: a name, then cells.
    struct CompareRow: Sendable {
        let name: String
        let cells: [String]
    }

    struct ComparePage: Sendable {
        struct Side: Sendable {
            let plan: String
            let name: String
            let path: String
            let outdated: String?
            /// GBq of each territory, not rounded, as JSON.
            let activities: String
        }

        /// A structure's curve: `name` in both plans.
        struct Curve: Sendable {
            let name: String
            let role: String
            let colour: String
            let dash: String
        }

        let banner: Banner
        let a: Side
        let b: Side
        /// What makes the numbers of the two not quite comparable.
        let warnings: [String]
        let facts: [CompareRow]
        let activities: [CompareRow]
        let limits: [CompareRow]
        let doses: [CompareRow]
        /// Intervals of mean doses, then chances to hold limits.
        let uncertainties: [CompareRow]
        let curves: [Curve]
        let originA: [PlanPage.Fact]
        let originB: [PlanPage.Fact]
    }

    private func comparePage(_ call: Call) async throws -> Response {
        let patient = try call.caseOwner
        let query = try call.query
        guard let first = query["a"], let second = query["b"] else {
            throw Refusal.badRequest("Name two plans of the case: compare?a=plan-1&b=plan-2.")
        }
        let workflow = SceneWorkflow(try reader(call), patient: patient)
        let (a, b) = (try await workflow.plan(first), try await workflow.plan(second))
        let page = ComparePage(
            a, b, patient: patient,
            names: try await folder.accounts.fullNames(ofCase: patient.id))
        return Answer.page(
            try pages.render("compare", title: "Two plans", session: call.session, page))
    }
}

extension GrevyServer.ComparePage {
    fileprivate typealias Kept = (record: DerivedRecord, document: PlanDocument)
    private typealias Row = GrevyServer.CompareRow

    fileprivate init(_ a: Kept, _ b: Kept, patient: PatientRecord, names: [String: String]) {
        banner = Banner(patient)
        self.a = Side(a, patient)
        self.b = Side(b, patient)
        warnings = Self.warnings(a.document, b.document)
        facts = Self.facts(a.document, b.document)
        activities = Self.rows(
            a.document.territories.map { ($0.name, [$0.injectedActivityGBq]) },
            b.document.territories.map { ($0.name, [$0.injectedActivityGBq]) }, Figures.gbq)
        limits = Self.rows(
            a.document.limits.map { ($0.name, [$0.valueGy, $0.limitGy]) },
            b.document.limits.map { ($0.name, [$0.valueGy, $0.limitGy]) }, Figures.gy)
        doses = Self.rows(Self.doses(a.document), Self.doses(b.document), Figures.gy)
        uncertainties = Self.beside(
            Self.intervals(a.document) + Self.chances(a.document),
            Self.intervals(b.document) + Self.chances(b.document))
        let both = Set(b.document.structures.map(\.name))
        curves = a.document.structures.enumerated().filter { both.contains($1.name) }.map {
            let style = ReportLineStyle.numbered($0)
            return Curve(
                name: $1.name, role: $1.role, colour: style.colour,
                dash: style.dash.map { Figures.fixed($0, 1) }.joined(separator: " "))
        }
        originA = GrevyServer.PlanPage.Fact.origin(a.record, a.document, names: names)
        originB = GrevyServer.PlanPage.Fact.origin(b.record, b.document, names: names)
    }

    private static func doses(_ plan: PlanDocument) -> [(String, [Double?])] {
        plan.structures.map { ($0.name, [$0.meanDoseGy, $0.d98Gy, $0.bedGy]) }
            + [("Lungs (shunt)", [plan.lungDoseGy, nil, nil])]
    }

    private static func intervals(_ plan: PlanDocument) -> [(String, String)] {
        let lungs = ("Lungs (shunt)", plan.lungDoseUncertainty)
        return (plan.structures.map { ($0.name, $0.uncertainty) } + [lungs]).map { name, known in
            (
                name,
                known.map { "\(Figures.gy($0.lowerGy))–\(Figures.gy($0.upperGy)) Gy" }
                    ?? Figures.missing
            )
        }
    }

    private static func chances(_ plan: PlanDocument) -> [(String, String)] {
        plan.limits.map {
            (
                "Limit: \($0.name)",
                $0.probabilityMet.map { "\(Figures.chance($0)) %" } ?? Figures.missing
            )
        }
    }

    /// What either plan says under a name; the second of a name belongs to the second of the other.
    private static func beside(_ a: [(String, String)], _ b: [(String, String)]) -> [Row] {
        var rest = b
        let first = a.map { name, text in
            let place = rest.firstIndex { $0.0 == name }
            return Row(
                name: name, cells: [text, place.map { rest.remove(at: $0).1 } ?? Figures.missing])
        }
        return first + rest.map { Row(name: $0.0, cells: [Figures.missing, $0.1]) }
    }

    /// Rows of everything that either plan has; each value of both, then the difference.
    private static func rows(
        _ a: [(String, [Double?])], _ b: [(String, [Double?])], _ figure: (Double?) -> String
    ) -> [Row] {
        var rest = b
        let count = (a + b).map(\.1.count).max() ?? 0
        let none = [Double?](repeating: nil, count: count)
        var rows: [Row] = []
        func add(_ name: String, _ first: [Double?], _ second: [Double?]) {
            let cells = zip(first, second).flatMap { one, other -> [String] in
                var difference = Figures.missing
                if let one, let other { difference = figure(other - one) }
                return [figure(one), figure(other), difference]
            }
            rows.append(Row(name: name, cells: cells))
        }
        for (name, values) in a {
            // Two limits of one structure may share a name: the next of that name belongs here.
            let place = rest.firstIndex { $0.0 == name }
            add(name, values, place.map { rest[$0].1 } ?? none)
            if let place { rest.remove(at: place) }
        }
        for (name, values) in rest { add(name, none, values) }
        return rows
    }

    private static func facts(_ a: PlanDocument, _ b: PlanDocument) -> [Row] {
        func row(_ name: String, _ value: (PlanDocument) -> String) -> Row {
            Row(name: name, cells: [value(a), value(b)])
        }
        return [
            row("Device") { $0.device }, row("Method") { $0.method },
            row("Engine") { $0.software.engine }, row("Profile") { $0.profile.name },
            row("Lung shunt, %") { Figures.percent($0.lungShunt.usedFraction) },
            row("Injected, GBq") { Figures.gbq($0.totalInjectedActivityGBq) },
            row("Binding limit") { $0.bindingLimit ?? "none" },
        ]
    }

    private static func warnings(_ a: PlanDocument, _ b: PlanDocument) -> [String] {
        var found: [String] = []
        if a.software.engine != b.software.engine || a.profile != b.profile {
            found.append(
                "Engine or profile differ: a difference of doses is not one of activity alone.")
        }
        if a.method != b.method { found.append("The methods differ: means are of two kinds.") }
        if a.inputs != b.inputs {
            found.append(
                "The plans were made from different images, structures or versions of them.")
        }
        return found
    }
}

extension GrevyServer.ComparePage.Side {
    fileprivate init(_ kept: GrevyServer.ComparePage.Kept, _ patient: PatientRecord) {
        let path = "/cases/\(patient.id)/plans/\(kept.record.id)"
        var outdated: String?
        if case .outdated(let reason) = kept.record.state { outdated = reason }
        let activities = kept.document.territories.map { "\($0.injectedActivityGBq)" }
        self.init(
            plan: kept.record.id, name: kept.document.name, path: path, outdated: outdated,
            activities: "[\(activities.joined(separator: ","))]")
    }
}
