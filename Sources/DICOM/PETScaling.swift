package import Quantities

/// What a PET series says about its unit, its decay correction and its SUV.
///
/// Rules as in `calculate-suv` (cornerstonejs) and the QIBA vendor-neutral SUV pseudocode:
/// SUVbw = f · value with f = 1000 · weight in kg / (injected activity · 2^(−t / T½)), t from
/// injection to the instant the images are decay-corrected to.
package struct PETScaling: Sendable {
    /// The value's unit and the factor that takes a rescaled stored value to it.
    package var quantity: ImageSeries.Quantity
    package var factor: Double
    package var radiopharmaceutical: Radiopharmaceutical
    package var findings: [Finding]

    /// Reads the unit, the times and the injected activity from the headers of a series.
    package init(headers: [DataSet]) {
        let first = headers.first ?? DataSet()
        var findings: [Finding] = []
        (quantity, factor) = Self.unit(first, &findings)
        let injection = InjectionTiming(headers: headers)
        findings += injection.findings
        radiopharmaceutical = injection.radiopharmaceutical
        if quantity == .becquerelsPerML {
            do {
                _ = try Self.suvbwFactor(headers: headers)
            } catch DicomError.refused(let code, let reason) {
                findings.append(
                    Finding(
                        code, .note, "SUV is withheld: \(reason).", subject: first.seriesSubject))
            } catch {
                // Nothing else is thrown there.
            }
        }
        self.findings = findings
    }

    /// Returns the factor from a rescaled stored value to the SUV by body weight.
    ///
    /// In g/Bq for series in Bq/mL, 1 for series that are SUV already, the scanner's own factor
    /// for Philips counts.
    ///
    /// - Parameter headers: The headers of all slices: the earliest acquisition counts.
    /// - Returns: SUV per rescaled stored value.
    /// - Throws: ``DicomError/refused(code:reason:)`` with `pet.suv-withheld` and what is missing.
    package static func suvbwFactor(headers: [DataSet]) throws -> Double {
        guard let first = headers.first else { throw withheld("there is no header") }
        let philipsSUV = positive(first, .philipsSUVScaleFactor)
        switch first.term(.units) {
        case "GML" where isBodyWeight(first): return 1
        case "CNTS":
            if let philipsSUV { return philipsSUV }
            guard let toActivity = positive(first, .philipsActivityConcentrationScaleFactor) else {
                throw withheld("the unit is counts and the scanner's factors are absent")
            }
            return try toActivity * factorFromBecquerels(headers)
        case "BQML": return try factorFromBecquerels(headers)
        case let unit: throw withheld("the unit is \(unit ?? "not stated")")
        }
    }

    /// Returns the SUV by body weight that one unit of the series' values is, ``quantity`` being Bq/mL.
    ///
    /// - Parameter headers: The headers of all slices.
    /// - Returns: SUV per Bq/mL.
    /// - Throws: ``DicomError/refused(code:reason:)`` with `pet.suv-withheld` and what is missing.
    package static func suvPerBecquerelPerML(headers: [DataSet]) throws -> Double {
        let perStored = try suvbwFactor(headers: headers)
        var findings: [Finding] = []
        let (quantity, factor) = unit(headers.first ?? DataSet(), &findings)
        guard quantity == .becquerelsPerML else { throw withheld("the values are not in Bq/mL") }
        return perStored / factor
    }

    private static func factorFromBecquerels(_ headers: [DataSet]) throws -> Double {
        let timing = InjectionTiming(headers: headers)
        let agent = timing.radiopharmaceutical
        guard let weight = agent.patientWeightKg else { throw withheld("no patient weight") }
        guard let dose = agent.injectedBecquerels else { throw withheld("no injected activity") }
        // Below 0.1 MBq nothing can be imaged: the number is in MBq or mCi, or a placeholder.
        guard dose >= 1e5 else {
            throw withheld("an injected activity of \(shown(dose)) Bq is not possible")
        }
        guard let halfLife = agent.halfLifeSeconds else { throw withheld("no half-life") }
        guard agent.decayCorrection == "START" || agent.decayCorrection == "ADMIN" else {
            throw withheld("decay correction is \(agent.decayCorrection ?? "not stated")")
        }
        guard let elapsed = agent.secondsFromInjectionToReference else {
            throw withheld(timing.missing ?? "no injection time")
        }
        guard elapsed >= 0, elapsed <= 10 * halfLife else {
            throw withheld(
                "\(shown(elapsed)) s from injection to the reference time is not possible")
        }
        let gramsPerKg = 1000.0
        return gramsPerKg * weight / (dose * DecayFactor.remaining(elapsed, halfLife: halfLife))
    }

    private static func unit(
        _ header: DataSet, _ findings: inout [Finding]
    ) -> (ImageSeries.Quantity, Double) {
        switch header.term(.units) {
        case "BQML": return (.becquerelsPerML, 1)
        case "GML" where isBodyWeight(header): return (.standardisedUptakeValue, 1)
        case "GML": return (.other(unit: "g/mL \(header.term(.suvType) ?? "")"), 1)
        case "CNTS":
            if let factor = positive(header, .philipsActivityConcentrationScaleFactor) {
                findings.append(
                    Finding(
                        "pet.philips-counts", .note,
                        "Counts were turned into Bq/mL with the scanner's own factor "
                            + "(7053,1009).", subject: header.seriesSubject))
                return (.becquerelsPerML, factor)
            }
            if let factor = positive(header, .philipsSUVScaleFactor) {
                findings.append(
                    Finding(
                        "pet.philips-suv-only", .warning,
                        "The file has counts and a factor to SUV (7053,1000) but none to Bq/mL: "
                            + "read as SUV, no absolute activity.",
                        subject: header.seriesSubject))
                return (.standardisedUptakeValue, factor)
            }
            return (.counts, 1)
        case let unit:
            let text = unit ?? ""
            findings.append(
                Finding(
                    "pet.unit", .warning,
                    text.isEmpty
                        ? "The file does not state a unit: no activity can be derived."
                        : "The unit \(text) is neither Bq/mL nor SUV nor counts: no activity "
                            + "can be derived.", subject: header.seriesSubject))
            return (.other(unit: text), 1)
        }
    }

    private static func isBodyWeight(_ header: DataSet) -> Bool {
        // Absent means body weight (PS3.3 §C.8.9.1.1.3).
        header.term(.suvType).map { $0 == "BW" } ?? true
    }

    private static func positive(_ header: DataSet, _ attribute: Attribute) -> Double? {
        header.decimal(attribute).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
    }

    private static func withheld(_ reason: String) -> DicomError {
        .refused(code: "pet.suv-withheld", reason: reason)
    }
}
