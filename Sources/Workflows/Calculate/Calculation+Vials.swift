import Foundation
import Physics
import Quantities
import Therapy

extension Calculation {
    static func vials(_ input: CalculationInput) throws -> CalculationResult {
        let name = try input.string("device")
        guard let device = SIRTDevice(rawValue: name) else {
            throw WorkflowError.refused(
                sentence: "'device' must be \"glass\", \"resin\" or \"holmium\", not another.")
        }
        if let nuclide = try input.nuclide(), nuclide != device.nuclide {
            throw WorkflowError.refused(
                sentence: "'nuclide' \(nuclide.rawValue) does not fit 'device' \(name), "
                    + "which carries \(device.nuclide.rawValue).")
        }
        let profile = try input.profile(defaultNuclide: device.nuclide)
        let neededGBq = try input.number("neededActivityGBq")
        let treatment = try input.time("treatmentTime")
        let calibration = input.has("calibrationTime") ? try input.time("calibrationTime") : nil
        let options = try VialSearch.options(
            device: device, needed: Activity(gigabecquerels: neededGBq), treatment: treatment,
            calibration: calibration, halfLife: profile.halfLife)

        var result = CalculationResult(.vials)
        result.add("options", .array(try options.map(json)))
        result.add("device", .string(name))
        try result.add("neededActivityGBq", neededGBq)
        result.add("treatmentTime", .string(treatment.iso8601))
        try result.add(constants: profile, [.halfLife])
        result.add(findings(options, device: device, calibration: calibration))
        return result
    }

    private static func json(_ option: VialOption) throws -> JSONValue {
        for (key, value) in [
            ("vialGBq", option.vial.gigabecquerels),
            ("activityAtTreatmentGBq", option.activityAtTreatment.gigabecquerels),
            ("offTargetFraction", option.offTargetFraction),
        ] where !value.isFinite {
            throw TherapyError.notFinite(result: key)
        }
        return .object([
            .init("vialGBq", .number(option.vial.gigabecquerels)),
            .init("calibrationTime", .string(option.calibration.iso8601)),
            .init("hoursAfterCalibration", .number(option.hoursAfterCalibration)),
            .init("activityAtTreatmentGBq", .number(option.activityAtTreatment.gigabecquerels)),
            .init("offTargetFraction", .number(option.offTargetFraction)),
            .init("belowNeed", .bool(option.isBelowNeed)),
        ])
    }

    private static func findings(
        _ options: [VialOption], device: SIRTDevice, calibration: ZonedTime?
    ) -> [Finding] {
        var findings: [Finding] = []
        if options.allSatisfy(\.isBelowNeed) {
            findings.append(
                Finding(
                    "vials.none-reaches-need", .warning, "No single vial reaches the need.",
                    subject: device.rawValue))
        }
        if device == .glass, let calibration, !GlassCalendar.isCalibration(calibration) {
            findings.append(
                Finding(
                    "vials.unusual-calibration", .warning,
                    "The calibration time is not a Sunday 12:00 in New York.",
                    subject: device.rawValue))
        }
        if device == .holmium, let hours = options.first?.hoursAfterCalibration,
            !device.usableHours.contains(hours)
        {
            findings.append(
                Finding(
                    "vials.outside-shelf-life", .warning,
                    "Treatment is not within 0 to 72 h after calibration.",
                    subject: device.rawValue))
        }
        findings.append(
            Finding(
                "vials.check-instructions", .note,
                "Sizes, calibration times and shelf lives are to be checked against the manufacturer's current instructions."
            ))
        return findings
    }
}
