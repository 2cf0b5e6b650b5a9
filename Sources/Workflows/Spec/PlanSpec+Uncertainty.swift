package import Dosimetry

extension PlanSpec {
    /// What a site says about how well it knows what a dose rests on; `nil` takes the table's value.
    package struct UncertaintyChoice: Hashable, Sendable {
        /// One standard deviation of the activity meter, a fraction.
        package var calibration: Double?
        /// The same of the camera's factor to Bq/mL, for absolute delivered doses alone.
        package var imageCalibration: Double?
        /// One standard deviation of where a drawn border lies as a whole.
        package var contourMM: Double?
        /// One standard deviation of the activity image's place along each axis.
        package var registrationMM: Double?
        /// One standard deviation of the lung shunt, a fraction of it.
        package var lungShunt: Double?
        /// The site's own recovery by diameter.
        package var recovery: RecoveryCurve?

        package static let defaults = UncertaintyChoice()
    }

    /// Reads the section `uncertainty`.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``, ``DoseError``.
    static func uncertainty(_ section: SpecReader) throws -> UncertaintyChoice {
        let points = try section.sections("recovery") {
            RecoveryCurve.Point(
                diameterMM: try positive($0, "diameterMM"), recovery: try positive($0, "recovery"),
                sigma: try notNegative($0, "sigma") ?? 0)
        }
        return UncertaintyChoice(
            calibration: try notNegative(section, "calibrationPercent").map { $0 / 100 },
            imageCalibration: try notNegative(section, "imageCalibrationPercent").map { $0 / 100 },
            contourMM: try notNegative(section, "contourMM"),
            registrationMM: try notNegative(section, "registrationMM"),
            lungShunt: try notNegative(section, "lungShuntPercent").map { $0 / 100 },
            recovery: points.isEmpty ? nil : try RecoveryCurve(points))
    }

    private static func notNegative(_ section: SpecReader, _ key: String) throws -> Double? {
        guard let value = try section.optionalDecimal(key) else { return nil }
        guard value >= 0 else {
            throw WorkflowError.refused(sentence: "'\(key)' must be 0 or more, not \(value).")
        }
        return value
    }
}
