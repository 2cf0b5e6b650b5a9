import Foundation
import Workflows

extension NewPlanPage {
    /// The fields of the page but for the structures, in groups.
    struct Fields {
        let values: [String: String]
        let choices: PlanChoices
        let from: String?

        private func choice(
            _ name: String, _ label: String, _ options: [(String, String)], help: String? = nil,
            required: Bool = true
        ) -> Field {
            let value = values[name] ?? options.first?.0 ?? ""
            return Field(
                name: name, label: label, value: value, type: "", step: "", help: help,
                choices: options.map {
                    Choice(value: $0.0, title: $0.1, isChosen: $0.0 == value)
                }, isChoice: true, isRequired: required)
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
                        series(choices.cts, none: "none"), required: false),
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
                    choice(
                        "planar", "Planar views", series(choices.planars, none: "none"),
                        required: false),
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
                            + series(choices.structureSets, none: "none"), required: false)
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
                    choice(
                        "grid", "Grid",
                        [
                            ("3", "3 mm"), ("2", "2 mm"), ("4", "4 mm"), ("6", "6 mm"),
                            ("ct", "that of the CT"),
                        ]),
                    choice(
                        "density", "Density",
                        [("fixed", "of the profile"), ("ct", "from the CT")]),
                ])
        }

        var limits: Group {
            Group(
                title: "Limits and order",
                fields: [
                    choice(
                        "limits", "Constraint set",
                        before("before") + [("", "none but the lungs'")]
                            + choices.constraintSets.map { ($0, $0) }, required: false),
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
                            [("", "not told"), ("no", "no"), ("yes", "yes")], required: false)
                        : text(name, question.title, type: "number")
                })
        }
    }
}
