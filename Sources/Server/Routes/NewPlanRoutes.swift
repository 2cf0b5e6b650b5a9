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
            Route(.get, path, .ofCase(.plan)) { call in
                let desk = try await newPlanDesk(call, from: call.query["from"] ?? "")
                return try await newPlanPage(call, desk, desk.firstValues())
            },
            Route(.post, path, .ofCase(.plan), beginPlan),
        ]
    }

    /// What a page of a new plan needs to know.
    struct NewPlanDesk {
        let choices: PlanChoices
        /// The plan that is started from, with its file; `nil` for none.
        let base: (id: String, yaml: String)?
        let folder: DataFolder
        let patient: PatientRecord
    }

    private func newPlanDesk(_ call: Call, from plan: String) async throws -> NewPlanDesk {
        let patient = try call.caseOwner
        let choices = try await PlanChoices(folder: folder, source: source, patient: patient)
        let base =
            plan.isEmpty ? nil : (plan, try await choices.file(of: plan, patient: patient))
        return NewPlanDesk(choices: choices, base: base, folder: folder, patient: patient)
    }

    private func newPlanPage(
        _ call: Call, _ desk: NewPlanDesk, _ values: [String: String],
        refusal: Refusal? = nil
    ) async throws -> Response {
        let source = values["structures"] ?? ""
        let structures = source.isEmpty ? [] : try await desk.choices.structures(from: source)
        let page = NewPlanPage(
            desk.choices, structures: structures, from: desk.base?.id, values: values,
            sentence: refusal?.sentence, patient: desk.patient, csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("new-plan", title: "New plan", session: call.session, page),
            status: refusal?.status ?? .ok)
    }

    /// `act=show` lists the structures of another source; `act=plan` queues the plan.
    private func beginPlan(_ call: Call) async throws -> Response {
        let desk = try await newPlanDesk(call, from: call.form["from"] ?? "")
        guard call.form["act"] == "plan" else {
            return try await newPlanPage(call, desk, call.form)
        }
        do {
            let draft = try NewPlanForm(values: call.form).draft(by: call.account.fullName)
            _ = try await JobWorkflow(folder: folder).plan(
                yaml: draft.yaml(over: desk.base?.yaml), patient: desk.patient.id,
                by: call.account)
        } catch {
            guard let refusal = Refusal(error) else { throw error }
            return try await newPlanPage(call, desk, call.form, refusal: refusal)
        }
        return Answer.seeOther("/jobs")
    }
}

extension GrevyServer.NewPlanDesk {
    /// What the fields hold before anybody has typed.
    func firstValues() async throws -> [String: String] {
        var values = ["residualPercent": "1", "tumourEntity": "NET", "treatmentZone": "+00:00"]
        values["structures"] =
            choices.hasVOIs ? PlanChoices.vois : choices.structureSets.first?.id ?? ""
        values["profile"] = "eanm2022"
        // The planning CT is the one with most slices, the machine's own another one.
        values["activityCT"] = choices.cts.dropFirst().first?.id ?? ""
        let moving = [values["activityCT"], choices.emissions.first?.id]
        values["registration"] =
            choices.registrations.first {
                $0.isAccepted && $0.fixed == choices.cts.first?.id && moving.contains($0.moving)
            }?.id ?? "rigid-ct"
        guard let base else { return values }
        try await fill(&values, from: PlanSpec(yaml: base.yaml))
        return values
    }

    private func fill(_ values: inout [String: String], from spec: PlanSpec) async throws {
        values["name"] = spec.name
        values["device"] = spec.device.rawValue
        values["method"] = spec.method.rawValue
        values["profile"] = ""
        values["tumourEntity"] = spec.tumourEntity
        values["planning"] = try await id(spec.images.planning)
        if case .series(let name) = spec.images.activity { values["activity"] = try await id(name) }
        values["activityCT"] = try await id(spec.images.activityCT)
        values["planar"] = try await id(spec.images.planar)
        values["registration"] = spec.registration.record ?? spec.registration.kind.rawValue
        values["structures"] =
            spec.structures.from == PlanChoices.vois
            ? PlanChoices.vois : try await id(spec.structures.from)
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

    private func id(_ name: String?) async throws -> String? {
        guard let name else { return "" }
        return try await SeriesName.resolve(name, in: folder.records, patient: patient.id).shortID
    }

    private func fillStructures(_ values: inout [String: String], from spec: PlanSpec) {
        for (n, name) in spec.structureNames.enumerated() {
            let territory = spec.territories.first { $0.structure == name }
            let use: NewPlanForm.Use =
                name == spec.structures.liver
                ? (territory == nil ? .liver : .wholeLiver)
                : territory != nil
                    ? .territory
                    : name == spec.structures.lungs
                        ? .lungs : spec.structures.tumours.contains(name) ? .tumour : .other
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
}
