import Hummingbird
import Pathway
import Quantities
import Storage
import Workflows

extension GrevyServer {
    /// A plan: its workspace, and what the viewer asks for.
    var planRoutes: [Route] {
        [
            Route(
                .get, "/cases/{case}/plans/{plan}", .ofCase(.readCase, shared: .view), planPage),
            Route(
                .get, "/cases/{case}/plans/{plan}/scene", .ofCase(.readCase, shared: .view)
            ) { call in
                try await heavy(call) {
                    try Answer.json(
                        try await SceneWorkflow(reader(call), patient: call.caseOwner)
                            .scene(call.parameter("plan"), source: source))
                }
            },
            Route(
                .get, "/cases/{case}/plans/{plan}/samples", .ofCase(.readCase, shared: .view)
            ) { call in
                let samples = try PlanSamplesWorkflow(
                    reader(call), source: source, patient: call.caseOwner)
                let plan = try call.parameter("plan")
                let tag = try await samples.tag(of: plan)
                return try await kept(call, tag: tag, mediaType: "application/octet-stream") {
                    try await samples.bytes(of: plan)
                }
            },
            Route(
                .post, "/cases/{case}/plans/{plan}/change", .ofCase(.plan, shared: .plan),
                changePlan),
        ]
    }

    private func planPage(_ call: Call) async throws -> Response {
        let patient = try call.caseOwner
        let reader = try reader(call)
        let (record, document) = try await SceneWorkflow(reader, patient: patient)
            .plan(call.parameter("plan"))
        let plans = try await reader.derived(kind: "plan")
        let isOwners = reader.sight.isOwners
        let account = try call.account
        let mayAdd = try call.mayAdd
        let page = PlanPage(
            record, document, patient: patient, others: plans.filter { $0.id != record.id },
            newer: try await PlanSettings.newer(
                than: record, folder: folder, patient: patient.id,
                seenBy: account.organisation.id),
            names: try await folder.accounts.fullNames(ofCase: patient.id),
            state: try await folder.records.state(of: patient.id),
            obstacle: mayAdd
                ? account.role.rights.contains(.plan)
                    ? try await PlanChange(folder: folder, patient: patient)
                        .obstacle(record, for: account)
                    : "Your role looks at plans and does not change them."
                : "The plan is another organisation's; only they change it.",
            isOwners: isOwners, mayAdd: mayAdd,
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("plan", title: "Plan", session: call.session, page))
    }

    /// A person's name for an actor of the record; what is no account is named as it is.
    func fullName(of actor: String, ofCase patient: Int64) async throws -> String {
        try await folder.accounts.fullNames(ofCase: patient)[actor] ?? actor
    }

    /// Queues the plan with other activities: fields `activity-0`, `activity-1` in the plan's order.
    private func changePlan(_ call: Call) async throws -> Response {
        let patient = try call.caseOwner
        let id = try call.parameter("plan")
        let (_, document) = try await SceneWorkflow(reader(call), patient: patient).plan(id)
        let activities = try document.territories.enumerated().map { number, territory in
            let text = try call.field("activity-\(number)")
            // Untouched, a field holds the plan's own activity, rounded for reading.
            if text == Figures.gbq(territory.injectedActivityGBq) {
                return territory.injectedActivityGBq
            }
            guard let value = Double(text), value.isFinite else {
                throw Refusal.badRequest("The activity of '\(territory.name)' is no number.")
            }
            return value
        }
        let job = try await PlanChange(folder: folder, patient: patient).start(
            id, digest: call.field("digest"), injectedGBq: activities, by: call.account)
        guard call.request.headers[.accept]?.contains("application/json") == true else {
            return Answer.seeOther("/jobs")
        }
        return try Answer.json(QueuedJob(job: job.id), status: .accepted)
    }

    private struct QueuedJob: Encodable {
        let job: Int64
    }
}
