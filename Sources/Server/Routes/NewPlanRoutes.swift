import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// A plan put together on a page: from nothing, or from a plan that is there (`?from=plan-3`).
    var newPlanRoutes: [Route] {
        let path = "/cases/{case}/new-plan"
        return [
            Route(.get, path, .ofCase(.plan, shared: .plan)) { call in
                let base = try await newPlanBase(call, call.query["from"])
                return try await newPlanPage(call, base, typed: nil)
            },
            Route(.post, path, .ofCase(.plan, shared: .plan), beginPlan),
        ]
    }

    /// A plan that another one is started from.
    struct NewPlanBase {
        let id: String
        let yaml: String
    }

    private func newPlanBase(_ call: Call, _ plan: String?) async throws -> NewPlanBase? {
        guard let plan, !plan.isEmpty else { return nil }
        let scenes = SceneWorkflow(try reader(call), patient: try call.caseOwner)
        return NewPlanBase(id: plan, yaml: try await scenes.file(of: plan))
    }

    /// The page with what was typed, or with what suggests itself before anybody has.
    private func newPlanPage(
        _ call: Call, _ base: NewPlanBase?, typed: [String: String]?, refusal: Refusal? = nil
    ) async throws -> Response {
        let patient = try call.caseOwner
        let choices = try await PlanChoices(
            reader(call), source: source, organisation: call.account.organisation.id)
        var values = typed ?? [:]
        if typed == nil {
            values = try await NewPlanStart(choices: choices)
                .values(from: base.map { try PlanSpec(yaml: $0.yaml) })
        }
        let from = values["structures"] ?? ""
        // What a plan takes that the reader does not see is left open; what is typed is refused.
        let isOpen =
            from.isEmpty || from == NewPlanPage.Field.unchosen
            || typed == nil && !choices.offersStructures(from: from)
        let structures = isOpen ? [] : try await choices.structures(from: from)
        let page = NewPlanPage(
            choices, structures: structures, from: base?.id,
            used: try base.map { try PlanSpec(yaml: $0.yaml).structureNames } ?? [], values: values,
            isStart: typed == nil,
            sentence: refusal?.sentence, patient: patient, csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("new-plan", title: "New plan", session: call.session, page),
            status: refusal?.status ?? .ok)
    }

    /// `act=show` lists the structures of another source; `act=plan` queues the plan.
    private func beginPlan(_ call: Call) async throws -> Response {
        let base = try await newPlanBase(call, call.form["from"])
        guard call.form["act"] == "plan" else {
            return try await newPlanPage(call, base, typed: call.form)
        }
        do {
            let draft = try NewPlanForm(values: call.form).draft(by: call.account.fullName)
            try await refuseRegionsOfAnother(draft, base, call)
            _ = try await JobWorkflow(folder: folder).plan(
                yaml: draft.yaml(over: base?.yaml), patient: call.caseOwner.id, by: call.account)
        } catch {
            guard let refusal = Refusal(error) else { throw error }
            return try await newPlanPage(call, base, typed: call.form, refusal: refusal)
        }
        return Answer.seeOther("/jobs")
    }

    /// Boxes of a plan file are of its planar image; on another one they lie anywhere.
    private func refuseRegionsOfAnother(
        _ draft: PlanDraft, _ base: NewPlanBase?, _ call: Call
    ) async throws {
        guard case .asBefore = draft.lungShunt, let base, let planar = draft.planar else { return }
        let reader = try reader(call)
        var own: SeriesRecord?
        if let name = try PlanSpec(yaml: base.yaml).images.planar {
            do { own = try await reader.series(named: name) } catch is WorkflowError {}
        }
        guard own?.shortID == planar else {
            throw Refusal.badRequest(
                "The planar regions of \(base.id) are not of these planar views: draw them, or "
                    + "choose another lung shunt.")
        }
    }
}

/// What the fields of a new plan hold before anybody has typed.
private struct NewPlanStart {
    let choices: PlanChoices

    // `spec` is the plan to start from; `nil` for none.
    func values(from spec: PlanSpec?) async throws -> [String: String] {
        var values = ["residualPercent": "1", "tumourEntity": "NET", "treatmentZone": "+00:00"]
        values["structures"] =
            choices.hasVOIs ? PlanSpec.StructureChoice.vois : choices.structureSets.first?.id ?? ""
        values["profile"] = "eanm2022"
        // The planning CT is the one with most slices, the machine's own another one.
        values["activityCT"] = choices.cts.dropFirst().first?.id ?? ""
        let moving = [values["activityCT"], choices.emissions.first?.id]
        values["registration"] =
            choices.registrations.first {
                $0.isAccepted && $0.fixed == choices.cts.first?.id && moving.contains($0.moving)
            }?.id ?? "rigid-ct"
        if let spec { try await fill(&values, from: spec) }
        return values
    }

    private func fill(_ values: inout [String: String], from spec: PlanSpec) async throws {
        values["name"] = spec.name
        values["device"] = spec.device.rawValue
        values["method"] = spec.method.rawValue
        values["profile"] = ""
        values["tumourEntity"] = spec.tumourEntity
        values["planning"] = try await id(spec.images.planning)
        values["activity"] =
            switch spec.images.activity {
            case .series(let name): try await id(name)
            case .metaImage(let path): path
            }
        values["activityCT"] = try await id(spec.images.activityCT)
        values["planar"] = try await id(spec.images.planar)
        values["registration"] = spec.registration.record ?? spec.registration.kind.rawValue
        values["structures"] =
            spec.structures.areVOIs
            ? PlanSpec.StructureChoice.vois : try await id(spec.structures.from)
        fillStructures(&values, from: spec)
        switch spec.lungShunt.use {
        case .spect: values["shunt"] = "spect"
        case .typed:
            values["shunt"] = "typed"
            values["shuntPercent"] = spec.lungShunt.typedFraction.map { Figures.constant(100 * $0) }
        case .planar: values["shunt"] = spec.lungShunt.drawnRegions ?? "before"
        }
        values["lungMass"] = spec.lungShunt.lungMass.rawValue
        values["residualPercent"] = Figures.constant(100 * spec.residualFraction)
        values["engine"] = spec.dose.engine.name
        values["grid"] =
            if case .spacingMM(let spacing) = spec.dose.grid { Figures.constant(spacing) } else {
                "ct"
            }
        values["density"] = spec.dose.density.rawValue
        values["limits"] = "before"
        // A day that is over is no day to order for.
        if let order = spec.order, try order.isToCome(at: Date()) {
            (values["treatmentTime"], values["treatmentZone"]) = try order.timeAndZone
        }
        if let body = spec.bodySurface {
            values["heightCM"] = Figures.constant(body.heightCM)
            values["weightKg"] = Figures.constant(body.weightKg)
        }
        let answers = spec.patientAnswers
        for question in PatientQuestion.all {
            values["patient-\(question.key)"] = answers[question.key].map {
                question.isFlag ? ($0 > 0 ? "yes" : "no") : Figures.constant($0)
            }
        }
    }

    /// The short id of a series; its name in the plan where it is not seen or not the only one.
    private func id(_ name: String?) async throws -> String {
        guard let name else { return "" }
        do { return try await choices.reader.series(named: name).shortID } catch is WorkflowError {
            return name
        }
    }

    private func fillStructures(_ values: inout [String: String], from spec: PlanSpec) {
        for (n, name) in spec.structureNames.enumerated() {
            let territory = spec.territories.first { $0.structure == name }
            let use = use(of: name, isTreated: territory != nil, in: spec.structures)
            values["structure-\(n)"] = name
            values["use-\(n)"] = use.rawValue
            guard let territory else { continue }
            values["territory-\(n)"] = territory.name
            switch territory.aim {
            case .injectedActivityGBq(let activity):
                (values["wish-\(n)"], values["wished-\(n)"]) =
                    ("activity", Figures.constant(activity))
            case .meanDoseGy(let structure, let dose):
                (values["wish-\(n)"], values["wished-\(n)"]) = ("dose", Figures.constant(dose))
                values["target-\(n)"] = structure
            case .bodySurface: break
            }
        }
    }

    private func use(
        of name: String, isTreated: Bool, in structures: PlanSpec.StructureChoice
    ) -> NewPlanForm.Use {
        if name == structures.liver { return isTreated ? .wholeLiver : .liver }
        if isTreated { return .territory }
        if name == structures.lungs { return .lungs }
        return structures.tumours.contains(name) ? .tumour : .other
    }
}
