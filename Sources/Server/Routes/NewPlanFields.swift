import Foundation
import Workflows

extension NewPlanPage.Field {
    /// What is sent where nothing was chosen although something must be, "none" among it.
    static let unchosen = "choose"

    /// A choice; where the value is not offered nothing is chosen, for the first of a list would be
    /// sent in its place.
    ///
    /// - Parameters:
    ///   - name: Of the field.
    ///   - label: As people read it.
    ///   - options: Values and titles.
    ///   - values: What the fields hold; the first option where there is nothing.
    ///   - source: Where the values come from: the id of a plan, `nil` for what was typed.
    ///   - help: A sentence below the field.
    init(
        choice name: String, _ label: String, _ options: [(String, String)],
        values: [String: String], from source: String? = nil, help: String? = nil
    ) {
        let value = values[name] ?? options.first?.0 ?? ""
        let isOffered = options.contains { $0.0 == value }
        // A browser sends no form with an empty choice that is required; "none" is empty too.
        let open = options.contains { $0.0.isEmpty } ? Self.unchosen : ""
        let lost =
            "What \(source.map { "\($0) has" } ?? "was chosen") here is not offered: choose anew."
        self.init(
            name: name, label: label, value: value, type: "", step: "",
            help: isOffered || value.isEmpty
                ? help : [lost, help].compactMap(\.self).joined(separator: " "),
            choices: ((isOffered ? [] : [(open, "choose")]) + options).map {
                NewPlanPage.Choice(
                    value: $0.0, title: $0.1, isChosen: $0.0 == (isOffered ? value : open))
            }, isChoice: true, isRequired: !isOffered && open.isEmpty)
    }
}

extension NewPlanPage {
    /// The fields of the page but for the structures, in groups.
    struct Fields {
        let values: [String: String]
        let choices: PlanChoices
        let from: String?
        /// Whether the values are those of the plan that is started from.
        let isStart: Bool

        private func choice(
            _ name: String, _ label: String, _ options: [(String, String)], help: String? = nil
        ) -> Field {
            Field(
                choice: name, label, options, values: values, from: isStart ? from : nil, help: help
            )
        }

        private func text(
            _ name: String, _ label: String, type: String = "text", step: String = "any",
            help: String? = nil, required: Bool = false
        ) -> Field {
            Field(
                name: name, label: label, value: values[name] ?? "", type: type, step: step,
                help: help, choices: [], isChoice: false, isRequired: required)
        }

        private func series(_ all: [PlanChoices.Series], none: String? = nil) -> [(String, String)]
        {
            (none.map { [("", $0)] } ?? []) + all.map { ($0.id, $0.label) }
        }

        /// The choice of what the plan has that a page starts from; none where it starts from nothing.
        private func before(_ value: String, _ words: String = "as in") -> [(String, String)] {
            from.map { [(value, "\(words) \($0)")] } ?? []
        }

        var plan: Group {
            Group(
                title: "Plan",
                fields: [
                    text(
                        "name", "Name",
                        help:
                            "A name that is there gets a new version, and the earlier one is outdated.",
                        required: true),
                    choice(
                        "device", "Device",
                        [
                            ("glass", "Y-90 glass"), ("resin", "Y-90 resin"),
                            ("holmium", "Ho-166"),
                        ]),
                    choice(
                        "method", "Method",
                        [
                            ("voxel", "voxels"), ("partition", "partition model"),
                            ("single", "MIRD, one compartment"), ("bsa", "body surface (resin)"),
                        ], help: "Which dose is held against wishes and limits."),
                    choice(
                        "profile", "Convention profile",
                        before("")
                            + choices.profiles.map { ($0, $0) }),
                    text("tumourEntity", "Tumour entity", required: true),
                    text(
                        "evidence", "Why thresholds of another tumour are used",
                        help:
                            "Kept with your name; needed where no threshold was made for this tumour."
                    ),
                    text("heightCM", "Height (cm), for body surface", type: "number"),
                    text("weightKg", "Weight (kg), for body surface", type: "number"),
                ])
        }

        var images: Group {
            Group(
                title: "Images",
                fields: [
                    choice("planning", "Planning CT", series(choices.cts)),
                    choice("activity", "Activity: SPECT or PET", series(choices.emissions)),
                    choice(
                        "activityCT", "CT of the same machine",
                        series(choices.cts, none: "none")),
                    choice(
                        "registration", "Registration onto the planning CT",
                        choices.registrations.map {
                            (
                                $0.id,
                                "\($0.id): \($0.label)\($0.isAccepted ? "" : ", not accepted yet")"
                            )
                        } + [
                            ("rigid-ct", "search, by the CT of the same machine"),
                            ("rigid-activity", "search, by the activity image itself"),
                            ("identity", "none: they coincide"),
                        ],
                        help:
                            "A registration that nobody has accepted gives a plan to look at only."),
                    choice("planar", "Planar views", series(choices.planars, none: "none")),
                ])
        }

        var sources: Group {
            Group(
                title: "Structures",
                fields: [
                    choice(
                        "structures", "From",
                        (choices.hasVOIs
                            ? [
                                (
                                    PlanSpec.StructureChoice.vois,
                                    "the case's own volumes of interest"
                                )
                            ] : [])
                            + series(choices.structureSets, none: "none"))
                ])
        }

        var shunt: Group {
            Group(
                title: "Lung shunt and residual",
                fields: [
                    choice(
                        "shunt", "Lung shunt",
                        [("spect", "from the SPECT")]
                            + choices.drawnRegions.map { ($0.id, "\($0.id): \($0.label)") }
                            + [("typed", "typed here")]
                            + before("before", "planar regions of")),
                    text("shuntPercent", "Typed lung shunt (%)", type: "number"),
                    choice(
                        "lungMass", "Lung mass",
                        [("convention", "of the profile"), ("ct", "from the CT")]),
                    text(
                        "residualPercent", "Residual in vial and lines (%)", type: "number",
                        required: true),
                ])
        }

        var dose: Group {
            Group(
                title: "Dose",
                fields: [
                    choice(
                        "engine", "Engine",
                        [
                            ("local-deposition", "local deposition"), ("kernel", "voxel kernels"),
                            ("monte-carlo", "Monte Carlo"),
                        ]),
                    choice("grid", "Grid", grids),
                    choice(
                        "density", "Density",
                        [("fixed", "of the profile"), ("ct", "from the CT")]),
                ])
        }

        private var grids: [(String, String)] {
            let usual = ["3", "2", "4", "6"]
            let own = values["grid"].flatMap { Double($0) != nil && !usual.contains($0) ? $0 : nil }
            return (usual + (own.map { [$0] } ?? [])).map { ($0, "\($0) mm") }
                + [("ct", "that of the CT")]
        }

        var limits: Group {
            Group(
                title: "Limits and order",
                fields: [
                    choice(
                        "limits", "Constraint set",
                        before("before") + [("", "none but the lungs'")]
                            + choices.constraintSets.map { ($0, $0) }),
                    text(
                        "treatmentTime", "Treatment (date and time), for the order of vials",
                        type: "datetime-local", step: "60"),
                    text("treatmentZone", "Its offset from UTC (±hh:mm)"),
                ])
        }

        var patient: Group {
            Group(
                title: "Patient, for selection",
                fields: PatientQuestion.all.map { question in
                    let name = "patient-\(question.key)"
                    return question.isFlag
                        ? choice(
                            name, question.title,
                            [("", "not told"), ("no", "no"), ("yes", "yes")])
                        : text(name, question.title, type: "number")
                })
        }
    }
}
