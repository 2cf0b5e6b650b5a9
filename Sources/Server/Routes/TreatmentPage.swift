import Foundation
import Storage
import Workflows

extension GrevyServer {
    /// The form of a treatment sheet with what was typed and what is wrong with it.
    struct TreatmentPage: Sendable {
        struct Group: Sendable {
            let title: String
            let fields: [Field]
        }

        struct Field: Sendable {
            let name: String
            let label: String
            let type: String
            let value: String
            let fault: String?
            let isNumber: Bool
            let isChoice: Bool
            let isYes: Bool
            let isNo: Bool
        }

        let banner: Banner
        let base: String
        let plan: String
        let number: Int
        let territory: String
        let plannedVialGBq: String
        let plannedInjectedGBq: String
        let vials: [String]
        let expectedNowGBq: String?
        let now: String
        let halfLifeHours: String
        let deviations: [String]
        let groups: [Group]
        /// Why nothing was saved; `nil` when the form is first shown or only checked.
        let sentence: String?
        /// What the planned numbers come from.
        let origin: [PlanPage.Fact]
        let csrf: String

        init(
            _ desk: TreatmentDesk, values: [String: String],
            examination: TreatmentWorkflow.Examination, isSent: Bool, refusal: String?,
            patient: PatientRecord, origin: [PlanPage.Fact], csrf: String
        ) {
            banner = Banner(patient)
            base = desk.base
            plan = desk.plan.record.id
            (number, territory) = (desk.territory.number, desk.territory.name)
            plannedVialGBq = Figures.gbq(desk.territory.plannedVialActivityGBq)
            plannedInjectedGBq = Figures.gbq(desk.territory.plannedInjectedActivityGBq)
            vials = desk.territory.vials
            expectedNowGBq = examination.expectedNowGBq.map(Figures.gbq)
            now = Moment.text(desk.workflow.now.ISO8601Format())
            halfLifeHours = Figures.constant(desk.plan.document.profile.halfLifeHours)
            deviations = examination.deviations
            let faults = isSent ? examination.faults : [:]
            groups = Self.layout(
                hasDeviations: !examination.deviations.isEmpty,
                isCorrection: desk.territory.sheet != nil
            ).map { title, fields in
                Group(
                    title: title,
                    fields: fields.map { Field($0, values: values, faults: faults) })
            }
            let isRefused = !faults.isEmpty && values["act"] == "save"
            sentence =
                refusal
                ?? (isRefused ? "Nothing was saved: see the fields that say what is wrong." : nil)
            (self.origin, self.csrf) = (origin, csrf)
        }

        /// Name, label and kind of each field.
        typealias Line = (name: String, label: String, kind: String)

        private static func layout(
            hasDeviations: Bool, isCorrection: Bool
        ) -> [(String, [Line])] {
            var given: [Line] = [
                ("territory", "Territory that was treated", "text"),
                ("catheter", "Position of the catheter's tip", "text"),
                ("start", "Start (date and time)", "datetime-local"),
                ("end", "End (date and time)", "datetime-local"),
                ("stasis", "Did flow stop before the end (stasis)?", "choice"),
                ("by", "Administered by", "text"),
            ]
            if hasDeviations {
                given.append(("reason", "Why it differs from the plan", "text"))
            }
            if isCorrection {
                given.append(("correction", "Why the earlier sheet was not right", "text"))
            }
            return [
                (
                    "Vial",
                    [
                        ("vial", "Vial number", "text"), ("lot", "Lot", "text"),
                        ("calibratedGBq", "Calibrated activity (GBq)", "number"),
                        ("calibrationTime", "Calibration (date and time)", "datetime-local"),
                        ("calibrationZone", "Offset from UTC of the calibration (±hh:mm)", "text"),
                    ]
                ),
                (
                    "Measured here",
                    [
                        ("zone", "Offset from UTC of all times below (±hh:mm)", "text"),
                        ("measuredGBq", "Measured activity in the vial (GBq)", "number"),
                        ("measurementTime", "Measurement (date and time)", "datetime-local"),
                        ("residualGBq", "Residual activity after it (GBq)", "number"),
                        ("residualTime", "Residual measured (date and time)", "datetime-local"),
                    ]
                ),
                ("Given", given),
            ]
        }

        /// What the form begins with: the last sheet, else the plan's only vial.
        static func firstValues(
            _ territory: TreatmentWorkflow.Territory, of plan: TreatmentWorkflow.Plan
        ) -> [String: String] {
            guard let sheet = territory.sheet?.content else {
                var values = [
                    "territory": territory.name, "zone": "+00:00", "calibrationZone": "+00:00",
                ]
                let vials = plan.document.vials(for: territory.name)
                if vials.count == 1, let vial = vials.first {
                    values["calibratedGBq"] = Figures.constant(vial.vialGBq)
                    values["calibrationTime"] = local(vial.calibrationTime)
                    values["calibrationZone"] = offset(vial.calibrationTime)
                }
                return values
            }
            return [
                "vial": sheet.vialID, "lot": sheet.vialLot, "territory": sheet.territory,
                "calibratedGBq": Figures.constant(sheet.calibratedActivityGBq),
                "calibrationTime": local(sheet.calibrationTime),
                "calibrationZone": offset(sheet.calibrationTime), "zone": offset(sheet.start),
                "measuredGBq": Figures.constant(sheet.measuredActivityGBq),
                "measurementTime": local(sheet.measurementTime),
                "catheter": sheet.catheterPosition, "start": local(sheet.start),
                "end": local(sheet.end),
                "residualGBq": Figures.constant(sheet.residualActivityGBq),
                "residualTime": local(sheet.residualTime), "stasis": sheet.stasis ? "yes" : "no",
                "by": sheet.administeredBy, "reason": sheet.deviationReason ?? "",
            ]
        }

        /// Date and time as a field holds them, `2026-03-10T14:30`.
        private static func local(_ time: String) -> String { String(time.prefix(16)) }

        private static func offset(_ time: String) -> String {
            time.hasSuffix("Z") ? "+00:00" : String(time.suffix(6))
        }
    }
}

extension GrevyServer.TreatmentPage.Field {
    fileprivate init(
        _ line: GrevyServer.TreatmentPage.Line, values: [String: String],
        faults: [String: String]
    ) {
        (name, label) = (line.name, line.label)
        isNumber = line.kind == "number"
        isChoice = line.kind == "choice"
        // A number field of a browser drops what it does not understand; a text field keeps it.
        type = line.kind == "datetime-local" ? line.kind : "text"
        value = values[line.name] ?? ""
        (isYes, isNo) = (value == "yes", value == "no")
        fault = faults[line.name]
    }
}
