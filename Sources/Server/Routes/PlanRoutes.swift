import Hummingbird
import Pathway
import Quantities
import Storage
import Workflows

extension GrevyServer {
    /// A plan: its workspace, and what the viewer asks for.
    var planRoutes: [Route] {
        [
            Route(.get, "/cases/{case}/plans/{plan}", .ofCase(.readCase), planPage),
            Route(.get, "/cases/{case}/plans/{plan}/scene", .ofCase(.readCase)) { call in
                let scene = try await SceneWorkflow(folder: folder, patient: call.caseOwner)
                    .scene(call.parameter("plan"), source: source)
                return try Answer.json(scene)
            },
        ]
    }

    struct PlanPage: Sendable {
        struct Limit: Sendable {
            let name: String
            let value: String
            let limit: String
            let margin: String
            let isBinding: Bool
            let isMet: Bool
            let chance: String?
        }

        struct Dose: Sendable {
            let name: String
            let volumeML: String
            let meanGy: String
            let interval: String?
            let d98Gy: String
        }

        let banner: Banner
        let plan: String
        let name: String
        let engine: String
        let profile: String
        let injectedGBq: String
        let vialGBq: String
        /// Why; `nil` while the plan is current.
        let outdated: String?
        let limits: [Limit]
        let doses: [Dose]
        let findings: [CasePage.FindingLine]
        let scenePath: String
        let signaturesPath: String
        let state: String
    }

    private func planPage(_ call: Call) async throws -> Response {
        let patient = try call.caseOwner
        let workflow = SceneWorkflow(folder: folder, patient: patient)
        let (record, document) = try await workflow.plan(call.parameter("plan"))
        var outdated: String?
        if case .outdated(let reason) = record.state { outdated = reason }
        let page = PlanPage(
            banner: Banner(patient), plan: record.id, name: document.name,
            engine: document.software.engine, profile: document.profile.name,
            injectedGBq: Figures.gbq(document.totalInjectedActivityGBq),
            vialGBq: Figures.gbq(document.totalVialActivityGBq), outdated: outdated,
            limits: document.limits.map {
                PlanPage.Limit(
                    name: $0.name, value: Figures.gy($0.valueGy), limit: Figures.gy($0.limitGy),
                    margin: Figures.gy($0.marginGy), isBinding: $0.isBinding, isMet: $0.isMet,
                    chance: $0.probabilityMet.map { "\(Figures.chance($0)) %" })
            },
            doses: document.structures.map {
                PlanPage.Dose(
                    name: $0.name, volumeML: Figures.amount($0.volumeML),
                    meanGy: Figures.gy($0.meanDoseGy),
                    interval: $0.uncertainty.map {
                        "\(Figures.gy($0.intervalGy.lowerBound))–\(Figures.gy($0.intervalGy.upperBound))"
                    }, d98Gy: Figures.gy($0.d98Gy))
            },
            findings: document.findings.map {
                CasePage.FindingLine($0)
            }, scenePath: "/cases/\(patient.id)/plans/\(record.id)/scene",
            signaturesPath: "/cases/\(patient.id)/plans/\(record.id)/signatures",
            state: try await folder.records.state(of: patient.id).rawValue)
        return Answer.page(
            try pages.render("plan", title: "Plan", session: call.session, page))
    }
}
