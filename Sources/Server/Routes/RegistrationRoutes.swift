import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// How the images of a case lie to each other, and by whose word.
    var registrationRoutes: [Route] {
        let all = "/cases/{case}/registrations"
        return [
            Route(.get, all, .ofCase(.readCase), registrationsPage),
            Route(.get, "\(all)/scene", .ofCase(.readCase), registrationScene),
            Route(.post, all, .ofCase(.prepareCase)) { call in
                let numbers = try call.field("matrix").split(separator: " ").map { Double($0) }
                guard numbers.allSatisfy({ $0 != nil }) else {
                    throw Refusal.badRequest("The position is not written as this page writes it.")
                }
                let (moving, fixed) = (try call.field("moving"), try call.field("fixed"))
                _ = try await HandRegistration(
                    folder: folder, source: source, patient: call.caseOwner.id
                ).keep(
                    moving: moving, onto: fixed, matrixLPS: numbers.compactMap(\.self),
                    by: call.account.actor)
                return Answer.seeOther(try Self.registrationPath(call, moving, fixed))
            },
            Route(.post, "\(all)/jobs", .ofCase(.prepareCase)) { call in
                _ = try await JobWorkflow(folder: folder).registration(
                    moving: call.field("moving"), fixed: call.field("fixed"),
                    patient: call.caseOwner.id, by: call.account)
                return Answer.seeOther("/jobs")
            },
            Route(.post, "\(all)/{record}/acceptance", .ofCase(.prepareCase)) { call in
                let kept = try await registration(call)
                _ = try await RegistrationAcceptance(
                    folder: folder, actor: call.account.actor
                ).accept(kept.record.id, note: try Self.reason(call))
                return Answer.seeOther(try Self.registrationPath(call, kept.moving, kept.fixed))
            },
            Route(.post, "\(all)/{record}/withdrawal", .ofCase(.prepareCase)) { call in
                let kept = try await registration(call)
                _ = try await RegistrationAcceptance(
                    folder: folder, actor: call.account.actor
                ).withdraw(kept.record.id, reason: try Self.reason(call))
                return Answer.seeOther(try Self.registrationPath(call, kept.moving, kept.fixed))
            },
        ]
    }

    /// A registration of this case; others do not exist for it.
    private func registration(_ call: Call) async throws -> CaseRegistrations.Kept {
        let id = try call.parameter("record")
        let all = try await CaseRegistrations(reader(call)).current()
        guard let kept = all.first(where: { $0.record.id == id }) else { throw Refusal.notFound }
        return kept
    }

    /// A person's word stands with what they looked at, or why they take it back.
    private static func reason(_ call: Call) throws -> String {
        let reason = try call.field("reason").trimmingCharacters(in: .whitespacesAndNewlines)
        guard !reason.isEmpty, reason.count <= longestReason else {
            throw Refusal.badRequest(
                "Write what you looked at, or why, in at most \(longestReason) characters.")
        }
        return reason
    }

    private static let longestReason = 1000

    private static func registrationPath(
        _ call: Call, _ moving: String, _ fixed: String
    ) throws -> String {
        "/cases/\(try call.caseOwner.id)/registrations?fixed=\(fixed)&moving=\(moving)"
    }

    struct RegistrationsPage: Sendable {
        struct Choice: Sendable {
            let id: String
            let name: String
            let isFixed: Bool
            let isMoving: Bool
        }

        struct Row: Sendable {
            let id: String
            let name: String
            let made: String
            let person: String
            let path: String
            /// Who accepted it, when and why; `nil` while nobody has.
            let acceptance: String?
            let findings: [String]
            let acceptPath: String
            let withdrawPath: String
            /// Plans whose signatures end when it is withdrawn or kept anew.
            let signedPlans: String?
            let isShown: Bool
        }

        let banner: Banner
        let csrf: String
        let choices: [Choice]
        let rows: [Row]
        let isEmpty: Bool
        /// Where the two images come from; `nil` before two are chosen.
        let scenePath: String?
        let fixed: String
        let moving: String
        let mayRegister: Bool
        let base: String
    }

    private func registrationsPage(_ call: Call) async throws -> Response {
        let patient = try call.caseOwner
        let query = try call.query
        let (fixed, moving) = (query["fixed"] ?? "", query["moving"] ?? "")
        let base = "/cases/\(patient.id)/registrations"
        let mayRegister = try call.account.role.rights.contains(.prepareCase)
        let names = try await folder.accounts.fullNames(ofCase: patient.id)
        let kept = try await CaseRegistrations(reader(call)).current()
        let series = try await reader(call).series().filter {
            ["CT", "MR", "PT", "NM"].contains($0.description.modality)
        }
        let ids = series.map { $0.shortID }
        let signed = try await signedPlans(on: kept)
        let isPair = ids.contains(fixed) && ids.contains(moving) && fixed != moving
        let page = RegistrationsPage(
            banner: Banner(patient), csrf: call.session?.csrfToken ?? "",
            choices: zip(ids, series).map { id, series in
                RegistrationsPage.Choice(
                    id: id,
                    name: "\(series.description.modality) \(series.description.description)",
                    isFixed: id == fixed, isMoving: id == moving)
            },
            rows: kept.map { kept in
                let record = kept.record
                return RegistrationsPage.Row(
                    id: record.id, name: record.draft.name, made: Moment.text(record.createdAt),
                    person: names[record.createdBy] ?? record.createdBy,
                    path: "\(base)?fixed=\(kept.fixed)&moving=\(kept.moving)",
                    acceptance: record.acceptance.map {
                        "\(names[$0.acceptedBy] ?? $0.acceptedBy), \(Moment.text($0.acceptedAt)): \($0.note)"
                    }, findings: kept.findings, acceptPath: "\(base)/\(record.id)/acceptance",
                    withdrawPath: "\(base)/\(record.id)/withdrawal",
                    signedPlans: signed[record.id],
                    isShown: kept.fixed == fixed && kept.moving == moving)
            }, isEmpty: kept.isEmpty,
            scenePath: isPair ? "\(base)/scene?fixed=\(fixed)&moving=\(moving)" : nil,
            fixed: fixed, moving: moving, mayRegister: mayRegister, base: base)
        return Answer.page(
            try pages.render(
                "registrations", title: "Registration", session: call.session, page))
    }

    /// Returns the names of signed plans that rest on registrations, by registration.
    private func signedPlans(
        on kept: [CaseRegistrations.Kept]
    ) async throws -> [String: String] {
        var signed: [String: String] = [:]
        for id in kept.map(\.record.id) {
            var plans: [String] = []
            for plan in try await folder.records.dependents(of: id)
            where plan.draft.kind == "plan" && plan.state == .current {
                let signatures = try await folder.records.signatures(plan: plan.id)
                if signatures.contains(where: { $0.ending == nil }) { plans.append(plan.id) }
            }
            if !plans.isEmpty { signed[id] = plans.joined(separator: ", ") }
        }
        return signed
    }

    /// What the registration's viewer starts from.
    struct RegistrationScene: Encodable {
        let scene: WorkspaceScene
        /// Points of the moving frame to points of the fixed one, LPS mm, 4 x 4, row by row.
        let startLPS: [Double]
        /// Where the start comes from.
        let start: String
    }

    private func registrationScene(_ call: Call) async throws -> Response {
        let patient = try call.caseOwner
        let query = try call.query
        let (fixed, moving) = (query["fixed"] ?? "", query["moving"] ?? "")
        let scene = try await heavy(call) {
            try await ImagesScene(reader(call), source: source, patient: patient)
                .scene([fixed, moving])
        }
        let kept = try await CaseRegistrations(reader(call)).current()
            .first { $0.fixed == fixed && $0.moving == moving }
        let identity: [Double] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
        return try Answer.json(
            RegistrationScene(
                scene: scene, startLPS: kept?.movingToFixedLPS ?? identity,
                start: kept.map { "as kept in \($0.record.id)" }
                    ?? "as both frames of reference have it"))
    }
}
