import Foundation
import Storage
import Workflows

/// The page on which a plan is put together, with what was typed.
struct NewPlanPage: Sendable {
    struct Choice: Sendable {
        let value: String
        let title: String
        var isChosen = false
    }

    struct Field: Sendable {
        let name: String
        let label: String
        let value: String
        let type: String
        let step: String
        let help: String?
        let choices: [Choice]
        let isChoice: Bool
        let isRequired: Bool
    }

    struct Group: Sendable {
        let title: String
        let fields: [Field]
    }

    struct Row: Sendable {
        let number: Int
        let name: String
        let uses: [Choice]
        let territory: String
        let wishes: [Choice]
        let wished: String
        let targets: [Choice]
    }

    let banner: Banner
    let path: String
    /// The plan that is started from; `nil` for none.
    let from: String?
    let groups: [Group]
    let rows: [Row]
    let hasNoRows: Bool
    /// What the plan uses beside the rows, in words; `nil` for nothing.
    let lost: String?
    let after: [Group]
    /// Why no plan was begun.
    let sentence: String?
    let csrf: String

    init(
        _ choices: PlanChoices, structures: [PlanChoices.Structure], from: String?,
        used: [String], values: [String: String], isStart: Bool, sentence: String?,
        patient: PatientRecord, csrf: String
    ) {
        let fields = Fields(values: values, choices: choices, from: from, isStart: isStart)
        banner = Banner(patient)
        path = "/cases/\(patient.id)/new-plan"
        self.from = from
        groups = [fields.plan, fields.images, fields.sources]
        rows = structures.enumerated().map { n, structure in
            Self.row(n, structure, among: structures, values)
        }
        hasNoRows = rows.isEmpty
        lost = Self.lost(used, structures, from)
        after = [fields.shunt, fields.dose, fields.limits, fields.patient]
        self.sentence = sentence
        self.csrf = csrf
    }

    private static func lost(
        _ used: [String], _ offered: [PlanChoices.Structure], _ plan: String?
    ) -> String? {
        let names = used.filter { name in !offered.contains { $0.name == name } }
        guard let plan, !names.isEmpty else { return nil }
        return "\(plan) also uses \(names.joined(separator: ", ")), which is not offered here: "
            + "without it the doses are those of another plan."
    }

    private static func row(
        _ n: Int, _ structure: PlanChoices.Structure, among all: [PlanChoices.Structure],
        _ values: [String: String]
    ) -> Row {
        // What was typed for a structure stays with it when others come and go.
        let before = (0 ..< NewPlanForm.mostRows).first {
            values["structure-\($0)"] == structure.name
        }
        func typed(_ field: String) -> String? { before.flatMap { values["\(field)-\($0)"] } }
        let use =
            typed("use").flatMap(NewPlanForm.Use.init(rawValue:))
            ?? NewPlanForm.Use(structure.role, alone: all.count { $0.role == structure.role } == 1)
        let wish = typed("wish") ?? "activity"
        let target = typed("target") ?? structure.name
        // A plan may also name a territory or what a territory leaves; the first of the structures
        // would be sent in its place.
        let targets = all.map(\.name)
        return Row(
            number: n, name: structure.name,
            uses: NewPlanForm.Use.allCases.map {
                Choice(value: $0.rawValue, title: $0.title, isChosen: $0 == use)
            },
            territory: typed("territory") ?? structure.name,
            wishes: [("activity", "GBq injected"), ("dose", "Gy, mean dose in")].map {
                Choice(value: $0.0, title: $0.1, isChosen: $0.0 == wish)
            },
            wished: typed("wished") ?? "",
            targets: (targets + (targets.contains(target) ? [] : [target])).map {
                Choice(value: $0, title: $0, isChosen: $0 == target)
            })
    }
}

extension NewPlanForm.Use {
    /// What a structure's name suggests; liver and lungs only where one structure has such a name.
    init(_ role: VOIRole, alone: Bool) {
        self =
            switch role {
            case .liver: alone ? .liver : .nothing
            case .lungs: alone ? .lungs : .nothing
            case .tumour: .tumour
            case .territory: .territory
            case .body, .other: .nothing
            }
    }
}
