import Storage
import Workflows

extension GrevyServer {
    /// A kept sheet, to be read and printed.
    struct TreatmentSheetPage: Sendable {
        struct Fact: Sendable {
            let label: String
            let value: String
            /// Where a number came from: `plan`, `typed` or `computed`; `nil` for words.
            let origin: String?
        }

        let banner: Banner
        let base: String
        let plan: String
        let territory: String
        let facts: [Fact]
        let deviations: [String]
        let origin: [PlanPage.Fact]

        static func facts(
            _ sheet: TreatmentSheet, _ record: DerivedRecord, _ author: String
        ) -> [Fact] {
            given(sheet) + reasons(sheet) + [
                Fact(
                    label: "Nuclide",
                    value: "\(sheet.nuclide), half-life \(Figures.constant(sheet.halfLifeHours)) h",
                    origin: "plan"),
                Fact(
                    label: "Sheet",
                    value: "\(record.id), version \(record.version), by \(author), "
                        + Moment.text(record.createdAt), origin: "computed"),
            ]
        }

        private static func given(_ sheet: TreatmentSheet) -> [Fact] {
            func gbq(_ value: Double, _ time: String) -> String {
                "\(Figures.gbq(value)) GBq, \(shown(time))"
            }
            let lines: [(String, String, String?)] = [
                ("Planned territory", sheet.plannedTerritory, nil),
                ("Planned in the vial", "\(Figures.gbq(sheet.plannedVialActivityGBq)) GBq", "plan"),
                ("Vial number", sheet.vialID, "typed"), ("Lot", sheet.vialLot, "typed"),
                (
                    "Calibrated activity", gbq(sheet.calibratedActivityGBq, sheet.calibrationTime),
                    "typed"
                ),
                (
                    "Measured activity", gbq(sheet.measuredActivityGBq, sheet.measurementTime),
                    "typed"
                ),
                ("Expected then", "\(Figures.gbq(sheet.expectedAtMeasurementGBq)) GBq", "computed"),
                ("Position of the catheter's tip", sheet.catheterPosition, nil),
                ("Start", shown(sheet.start), "typed"), ("End", shown(sheet.end), "typed"),
                (
                    "Activity at the start", "\(Figures.gbq(sheet.activityAtStartGBq)) GBq",
                    "computed"
                ),
                ("Residual", gbq(sheet.residualActivityGBq, sheet.residualTime), "typed"),
                (
                    "Residual at the start", "\(Figures.percent(sheet.residualFraction)) %",
                    "computed"
                ),
                (
                    "Administered, at the start",
                    "\(Figures.gbq(sheet.administeredActivityGBq)) GBq of planned "
                        + "\(Figures.gbq(sheet.plannedInjectedActivityGBq)) GBq", "computed"
                ),
                ("Stasis", sheet.stasis ? "yes" : "no", nil),
                ("Administered by", sheet.administeredBy, nil),
            ]
            return lines.map(Fact.init)
        }

        private static func reasons(_ sheet: TreatmentSheet) -> [Fact] {
            [
                ("Why it differs", sheet.deviationReason),
                ("Why it was corrected", sheet.correctionReason),
            ].compactMap { label, reason in
                reason.map { Fact(label: label, value: $0, origin: nil) }
            }
        }

        /// Everything that the numbers of a sheet come from.
        static func origin(
            _ sheet: TreatmentSheet, _ record: DerivedRecord, _ author: String,
            of plan: PlanDocument
        ) -> [PlanPage.Fact] {
            [
                PlanPage.Fact(label: "Sheet", value: "\(record.id), version \(record.version)"),
                PlanPage.Fact(
                    label: "Made", value: "\(Moment.text(record.createdAt)) by \(author)"),
                PlanPage.Fact(
                    label: "Plan",
                    value: "\(sheet.plan), SHA-256 \(Figures.shortDigest(sheet.planSHA256))"),
                PlanPage.Fact(
                    label: "Engine of the plan",
                    value: "\(plan.software.engine), \(plan.software.program) "
                        + plan.software.version),
                PlanPage.Fact(label: "Profile of the plan", value: plan.profile.name),
                PlanPage.Fact(
                    label: "Decay",
                    value: "A(t) = A₀ · 2^(−(t − t₀)/T½), T½ = "
                        + "\(Figures.constant(sheet.halfLifeHours)) h; "
                        + TreatmentSheet.administeredFormula),
                PlanPage.Fact(
                    label: "By", value: "\(Software.name) \(record.draft.softwareVersion)"),
                PlanPage.Fact(label: "Digest (SHA-256)", value: record.draft.content.hex),
            ]
        }

        private static func shown(_ time: String) -> String {
            let zone = time.hasSuffix("Z") ? "UTC" : "UTC\(time.suffix(6))"
            return "\(CaseTimeline.minute(time)) \(zone)"
        }
    }
}
