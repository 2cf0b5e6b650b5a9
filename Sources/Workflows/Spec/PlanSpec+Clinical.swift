package import Foundation
import Therapy

/// Reading of what concerns the patient, the limits and the order.
extension PlanSpec {
    /// Reads the section `patient`.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``, ``TherapyError``.
    static func patient(_ section: SpecReader) throws -> PatientFacts {
        var facts = PatientFacts()
        for fact in PatientFacts.Fact.allCases where fact.isAsked {
            if fact.isFlag {
                if let flag = try section.optionalFlag(fact.rawValue) {
                    try facts.set(fact, flag ? 1 : 0)
                }
            } else if let value = try section.optionalDecimal(fact.rawValue) {
                try facts.set(fact, value)
            }
        }
        if let milligrams = try section.optionalDecimal("bilirubinMgPerDL") {
            guard facts.values[.bilirubinUmolPerL] == nil else {
                throw WorkflowError.refused(
                    sentence:
                        "Give 'patient.bilirubinUmolPerL' or 'patient.bilirubinMgPerDL', not both.")
            }
            try facts.set(
                .bilirubinUmolPerL, milligrams * PatientFacts.bilirubinUmolPerLPerMgPerDL)
        }
        return facts
    }

    /// Reads the section `bsa`.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    static func bodySurface(_ section: SpecReader) throws -> BodySurfaceChoice {
        BodySurfaceChoice(
            heightCM: try positive(section, "heightCM"),
            weightKg: try positive(section, "weightKg"),
            shuntReduction: try section.choice("shuntReduction", default: .apply))
    }

    /// Refuses the body-surface rule where it has no meaning.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    func refuseMisplacedBodySurface() throws {
        guard method == .bsa else {
            guard bodySurface == nil else {
                throw WorkflowError.refused(sentence: "'bsa' is for 'method: bsa' alone.")
            }
            return
        }
        guard device == .resin else {
            throw WorkflowError.refused(
                sentence:
                    "'method: bsa' is a rule for resin alone: it was made with resin's activity per sphere, and \(device.rawValue) carries another activity in each sphere, so that the same activity has another effect."
            )
        }
        guard bodySurface != nil else {
            throw WorkflowError.refused(
                sentence: "'method: bsa' needs 'bsa' with 'heightCM' and 'weightKg'.")
        }
        guard structures.liver != nil, !structures.tumours.isEmpty else {
            throw WorkflowError.refused(
                sentence: "'method: bsa' needs 'structures.liver' and 'structures.tumours'.")
        }
    }

    /// Reads one entry of `limits`.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    static func limit(_ section: SpecReader) throws -> LimitChoice {
        let structure = try section.string("structure")
        let threshold = try section.optionalString("threshold")
        let mean = try section.optionalDecimal("meanDoseGy")
        let point = try section.optionalDecimal("hottestPercent")
        let volume = try section.optionalDecimal("volumePercent")
        let given = [threshold != nil, mean != nil, point != nil, volume != nil].count { $0 }
        guard given == 1 else {
            throw WorkflowError.refused(
                sentence:
                    "The limit of '\(structure)' needs exactly one of 'threshold', 'meanDoseGy', 'hottestPercent' (with 'doseGy') and 'volumePercent' (with 'aboveDoseGy')."
            )
        }
        if let threshold {
            return LimitChoice(structure: structure, value: .threshold(threshold))
        }
        let source = try section.string("source")
        if mean != nil {
            return LimitChoice(
                structure: structure,
                value: .meanDoseGy(try positive(section, "meanDoseGy"), source: source))
        }
        let (percent, key) =
            point.map { ($0, "doseGy") } ?? (volume ?? 0, "aboveDoseGy")
        guard percent >= 0, percent < 100 else {
            throw WorkflowError.refused(
                sentence:
                    "The limit of '\(structure)' must leave a share of its volume from 0 to below 100 %, not \(percent)."
            )
        }
        return LimitChoice(
            structure: structure,
            value: .hottestPercent(
                percent, doseGy: try positive(section, key), source: source))
    }

    /// Reads the section `order`.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    static func order(_ section: SpecReader) throws -> OrderChoice {
        let hours =
            try section.optionalSection("workingHours") {
                let days = try $0.strings("weekdays")
                return OrderChoice.Hours(
                    first: try $0.decimal("first"), last: try $0.decimal("last"),
                    weekdays: try days.map(weekday))
            } ?? .office
        guard hours.first >= 0, hours.first < hours.last, hours.last <= 24, !hours.weekdays.isEmpty
        else {
            throw WorkflowError.refused(
                sentence:
                    "'order.workingHours' needs 'first' below 'last', both from 0 to 24, and at least one of 'weekdays'."
            )
        }
        let tolerance = try section.optionalDecimal("tolerance") ?? 0.10
        guard tolerance > 0, tolerance <= 1 else {
            throw WorkflowError.refused(
                sentence: "'order.tolerance' must lie above 0 and up to 1, not \(tolerance).")
        }
        try checkTimes(section)
        return OrderChoice(
            treatmentTime: try section.string("treatmentTime"),
            otherTreatmentTimes: try section.strings("otherTreatmentTimes"),
            calibrationTime: try section.optionalString("calibrationTime"), workingHours: hours,
            tolerance: tolerance)
    }

    /// Times are checked when the file is read, not minutes later when the order is made.
    private static func checkTimes(_ section: SpecReader) throws {
        let single = [
            ("treatmentTime", try section.string("treatmentTime")),
            ("calibrationTime", try section.optionalString("calibrationTime")),
        ]
        let others = try section.strings("otherTreatmentTimes")
        for (key, text) in single + others.map({ ("otherTreatmentTimes", $0) }) {
            guard let text, (try? ZonedTime(iso8601: text, key: key)) == nil else { continue }
            throw section.refusal(
                key,
                "a date and time with its zone, like 2026-03-10T10:00:00-04:00 or 2026-03-10T14:00:00Z"
            )
        }
    }

    private static func weekday(_ name: String) throws -> Int {
        let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        guard let day = names.firstIndex(of: name) else {
            throw WorkflowError.refused(
                sentence:
                    "'order.workingHours.weekdays' knows \(names.joined(separator: ", ")), not '\(name)'."
            )
        }
        return day
    }
}

extension PlanSpec.OrderChoice {
    /// The treatment's date and time to the minute, `2026-03-10T10:00`, and their offset from UTC,
    /// `-04:00`, as forms ask for them.
    ///
    /// - Throws: A refusal that names `order.treatmentTime` where it is no time with its zone.
    package var timeAndZone: (time: String, zone: String) {
        get throws {
            let text = try treatment.iso8601
            let zone = text.hasSuffix("Z") ? "+00:00" : String(text.suffix("-04:00".count))
            return (String(text.prefix("2026-03-10T10:00".count)), zone)
        }
    }

    /// Whether the treatment has still to come.
    ///
    /// - Throws: As ``timeAndZone``.
    package func isToCome(at now: Date) throws -> Bool { try treatment.instant > now }

    private var treatment: ZonedTime {
        get throws { try ZonedTime(iso8601: treatmentTime, key: "order.treatmentTime") }
    }
}
