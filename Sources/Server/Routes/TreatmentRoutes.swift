import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// What was given: one sheet for each territory of a prescribed plan.
    var treatmentRoutes: [Route] {
        let treatment = "/cases/{case}/plans/{plan}/treatment"
        return [
            Route(.get, treatment, .ofCase(.readCase), treatmentsPage),
            Route(.get, "\(treatment)/{number}/sheet", .ofCase(.readCase), sheetPage),
            Route(.get, "\(treatment)/{number}", .ofCase(.recordTreatment)) { call in
                let desk = try await self.desk(call)
                return try await formPage(
                    call, desk, values: TreatmentPage.firstValues(desk.territory, of: desk.plan),
                    isSent: false)
            },
            Route(.post, "\(treatment)/{number}", .ofCase(.recordTreatment), keepSheet),
        ]
    }

    /// A territory that somebody works on.
    struct TreatmentDesk {
        let workflow: TreatmentWorkflow
        let plan: TreatmentWorkflow.Plan
        let territory: TreatmentWorkflow.Territory
        let base: String
    }

    private func workflow(_ call: Call) throws -> TreatmentWorkflow {
        TreatmentWorkflow(folder: folder, accounts: accounts, patient: try call.caseOwner)
    }

    private func desk(_ call: Call) async throws -> TreatmentDesk {
        let workflow = try workflow(call)
        let plan = try await workflow.plan(call.parameter("plan"))
        let number = Int(try call.parameter("number"))
        guard let territory = plan.territories.first(where: { $0.number == number }) else {
            throw Refusal.notFound
        }
        let base = "/cases/\(try call.caseOwner.id)/plans/\(plan.record.id)"
        return TreatmentDesk(workflow: workflow, plan: plan, territory: territory, base: base)
    }

    struct TreatmentsPage: Sendable {
        struct Row: Sendable {
            let name: String
            let vialGBq: String
            let injectedGBq: String
            /// Version and time of the sheet; `nil` before there is one.
            let sheet: String?
            let path: String
            let isOpen: Bool
            let action: String
        }

        let banner: Banner
        let base: String
        let plan: String
        let name: String
        let obstacle: String?
        let hasSheet: Bool
        let rows: [Row]
        let origin: [PlanPage.Fact]
    }

    private func treatmentsPage(_ call: Call) async throws -> Response {
        let plan = try await workflow(call).plan(call.parameter("plan"))
        let patient = try call.caseOwner
        let mayRecord = try call.account.role.rights.contains(.recordTreatment)
        let base = "/cases/\(patient.id)/plans/\(plan.record.id)"
        let page = TreatmentsPage(
            banner: Banner(patient), base: base, plan: plan.record.id, name: plan.document.name,
            obstacle: plan.obstacle, hasSheet: plan.territories.contains { $0.sheet != nil },
            rows: plan.territories.map { territory in
                TreatmentsPage.Row(
                    name: territory.name, vialGBq: Figures.gbq(territory.plannedVialActivityGBq),
                    injectedGBq: Figures.gbq(territory.plannedInjectedActivityGBq),
                    sheet: territory.sheet.map {
                        "version \($0.record.version), \(Moment.text($0.record.createdAt))"
                    }, path: "\(base)/treatment/\(territory.number)",
                    isOpen: mayRecord && plan.isOpen(territory),
                    action: territory.sheet == nil ? "Fill in" : "Correct")
            }, origin: try await planFacts(plan, of: call.caseOwner.id))
        return Answer.page(
            try pages.render("treatments", title: "Treatment", session: call.session, page))
    }

    /// What the planned numbers of a sheet come from.
    private func planFacts(
        _ plan: TreatmentWorkflow.Plan, of patient: Int64
    ) async throws -> [PlanPage.Fact] {
        PlanPage.Fact.origin(
            plan.record, plan.document,
            names: try await folder.accounts.fullNames(ofCase: patient))
    }

    private func formPage(
        _ call: Call, _ desk: TreatmentDesk, values: [String: String], isSent: Bool,
        refusal: String? = nil
    ) async throws -> Response {
        guard desk.plan.isOpen(desk.territory) else {
            throw Refusal.conflict(
                desk.plan.obstacle ?? SigningRefusal.otherPlan.sentence)
        }
        let page = TreatmentPage(
            desk, values: values,
            examination: desk.workflow.examine(values, territory: desk.territory, of: desk.plan),
            isSent: isSent, refusal: refusal, patient: try call.caseOwner,
            origin: try await planFacts(desk.plan, of: call.caseOwner.id),
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("treatment", title: "Treatment sheet", session: call.session, page),
            status: page.sentence == nil ? .ok : .badRequest)
    }

    private func keepSheet(_ call: Call) async throws -> Response {
        let desk = try await desk(call)
        let found = desk.workflow.examine(call.form, territory: desk.territory, of: desk.plan)
        guard call.form["act"] == "save", let sheet = found.sheet else {
            return try await formPage(call, desk, values: call.form, isSent: true)
        }
        do {
            _ = try await desk.workflow.keep(
                sheet, territory: desk.territory, of: desk.plan, account: call.account)
        } catch let refusal as SigningRefusal {
            var answer = try await formPage(
                call, desk, values: call.form, isSent: true, refusal: refusal.sentence)
            answer.status = Refusal(refusal)?.status ?? .badRequest
            return answer
        }
        return Answer.seeOther("\(desk.base)/treatment/\(desk.territory.number)/sheet")
    }

    private func sheetPage(_ call: Call) async throws -> Response {
        let desk = try await desk(call)
        guard let (record, sheet) = desk.territory.sheet else { throw Refusal.notFound }
        let author = try await fullName(of: record.createdBy, ofCase: call.caseOwner.id)
        let page = TreatmentSheetPage(
            banner: Banner(try call.caseOwner), base: desk.base, plan: sheet.plan,
            territory: sheet.territory, facts: TreatmentSheetPage.facts(sheet, record, author),
            deviations: sheet.deviations,
            origin: TreatmentSheetPage.origin(sheet, record, author, of: desk.plan.document))
        return Answer.page(
            try pages.render(
                "treatment-sheet", title: "Treatment sheet", session: call.session, page))
    }
}
