import Foundation
import Workflows

/// The fields of the page on which a plan is put together, read into a draft.
struct NewPlanForm {
    let values: [String: String]

    /// What a structure is used for.
    enum Use: String, CaseIterable {
        case nothing, liver, wholeLiver, lungs, tumour, territory, other

        var title: String {
            switch self {
            case .nothing: "not used"
            case .liver: "liver"
            case .wholeLiver: "liver, treated as a whole"
            case .lungs: "lungs"
            case .tumour: "tumour"
            case .territory: "treated territory"
            case .other: "other organ"
            }
        }

        /// Whether activity is given to it.
        var isTreated: Bool { self == .territory || self == .wholeLiver }
    }

    /// Reads the fields.
    ///
    /// - Parameter person: Whose word a recorded choice is.
    /// - Returns: What was chosen.
    /// - Throws: ``Refusal/badRequest(_:)`` naming the field.
    func draft(by person: String) throws -> PlanDraft {
        var draft = PlanDraft()
        draft.name = try text("name", "a name")
        draft.device = try choice("device")
        draft.profile = try chosen("profile", "a convention profile")
        draft.tumourEntity = try text("tumourEntity", "the tumour entity")
        draft.evidence = optional("evidence").map {
            PlanDraft.Evidence(basis: $0, recordedBy: person)
        }
        draft.planning = try text("planning", "a planning CT")
        draft.activity = try text("activity", "an activity image")
        draft.activityCT = try chosen("activityCT", "the CT of the machine, or none")
        draft.planar = try chosen("planar", "planar views, or none")
        draft.registration =
            switch try text("registration", "a registration onto the planning CT") {
            case "rigid-ct": .rigidCT
            case "rigid-activity": .rigidActivity
            case "identity": .identity
            case let record: .kept(record)
            }
        try readStructures(into: &draft)
        try readShunt(into: &draft)
        draft.residualFraction = try number("residualPercent", "the residual") / 100
        draft.engine = try text("engine", "an engine")
        draft.gridSpacingMM =
            values["grid"] == "ct" ? nil : try number("grid", "the grid of the dose")
        draft.density = try choice("density")
        draft.limits =
            switch try chosen("limits", "a constraint set, or none") {
            case "before": .asBefore
            case let set?: .set(set)
            case nil: .none
            }
        draft.treatmentTime = try treatmentTime()
        try readPatient(into: &draft)
        return draft
    }

    private func readStructures(into draft: inout PlanDraft) throws {
        draft.structuresFrom = try chosen("structures", "where structures come from")
        draft.method = try choice("method")
        if draft.method == .bsa {
            draft.bodySurface = PlanSpec.BodySurfaceChoice(
                heightCM: try number("heightCM", "the height"),
                weightKg: try number("weightKg", "the weight"), shuntReduction: .apply)
        }
        for row in rows {
            switch row.use {
            case .nothing: continue
            case .tumour: draft.tumours.append(row.name)
            case .other: draft.others.append(row.name)
            case .territory: break
            case .liver, .wholeLiver:
                try once(draft.liver, row.name, "the liver")
                draft.liver = row.name
            case .lungs:
                try once(draft.lungs, row.name, "the lungs")
                draft.lungs = row.name
            }
            if row.use.isTreated {
                draft.territories.append(
                    PlanDraft.Territory(
                        name: optional("territory-\(row.number)") ?? row.name, structure: row.name,
                        aim: try aim(row, isBodySurface: draft.method == .bsa)))
            }
        }
        guard !draft.territories.isEmpty else {
            throw Refusal.badRequest(
                "Nothing is treated: choose 'treated territory' for a structure, or the liver as a whole."
            )
        }
    }

    private func once(_ taken: String?, _ name: String, _ what: String) throws {
        guard taken == nil else {
            throw Refusal.badRequest("'\(taken ?? "")' and '\(name)' are both \(what); choose one.")
        }
    }

    /// A structure of the page's table.
    struct Row {
        let number: Int
        let name: String
        let use: Use
    }

    /// The rows that were sent, in their order.
    var rows: [Row] {
        (0 ..< Self.mostRows).compactMap { n in
            values["structure-\(n)"].map {
                Row(
                    number: n, name: $0,
                    use: values["use-\(n)"].flatMap(Use.init(rawValue:)) ?? .nothing)
            }
        }
    }

    /// More than any structure set that a person works with.
    static let mostRows = 500

    private func aim(_ row: Row, isBodySurface: Bool) throws -> PlanSpec.TerritoryChoice.Aim {
        if isBodySurface { return .bodySurface }
        let n = row.number
        let value = try number("wished-\(n)", "the activity or dose of '\(row.name)'")
        guard values["wish-\(n)"] == "dose" else { return .injectedActivityGBq(value) }
        return .meanDoseGy(structure: optional("target-\(n)") ?? row.name, doseGy: value)
    }

    private func readShunt(into draft: inout PlanDraft) throws {
        draft.lungMass = try choice("lungMass")
        draft.lungShunt =
            switch try text("shunt", "where the lung shunt comes from") {
            case "spect": .spect
            case "before": .asBefore
            case "typed": .typed(fraction: try number("shuntPercent", "the lung shunt") / 100)
            case let record: .drawn(record)
            }
    }

    /// The browser's date and time with the offset beside it.
    private func treatmentTime() throws -> String? {
        guard let time = optional("treatmentTime") else { return nil }
        let zone = try text("treatmentZone", "the offset of the treatment time from UTC")
        return "\(time):00\(zone)"
    }

    private func readPatient(into draft: inout PlanDraft) throws {
        for question in PatientQuestion.all {
            let field = "patient-\(question.key)"
            guard let text = try chosen(field, question.title) else { continue }
            draft.patient[question.key] =
                question.isFlag ? (text == "yes" ? 1 : 0) : try number(field, question.title)
        }
    }

    private func optional(_ field: String) -> String? {
        let text = values[field]?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        return text.isEmpty ? nil : text
    }

    /// What was chosen of a list that has "none"; `nil` for that.
    private func chosen(_ field: String, _ what: String) throws -> String? {
        let text = optional(field)
        guard text != NewPlanPage.Field.unchosen else {
            throw Refusal.badRequest("Choose \(what).")
        }
        return text
    }

    private func text(_ field: String, _ what: String) throws -> String {
        guard let text = optional(field) else { throw Refusal.badRequest("Give \(what).") }
        return text
    }

    private func number(_ field: String, _ what: String) throws -> Double {
        guard let value = Double(try text(field, what)), value.isFinite else {
            throw Refusal.badRequest("For \(what) a number is needed, with a point, not a comma.")
        }
        return value
    }

    private func choice<Choice: RawRepresentable>(_ field: String) throws -> Choice
    where Choice.RawValue == String {
        guard let choice = values[field].flatMap(Choice.init(rawValue:)) else {
            throw Refusal.badRequest("The form lacks the field '\(field)'.")
        }
        return choice
    }
}
