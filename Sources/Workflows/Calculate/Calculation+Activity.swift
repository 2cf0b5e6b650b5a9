import Foundation
import Physics
import Quantities
import Therapy

extension Calculation {
    static func bsa(_ input: CalculationInput) throws -> CalculationResult {
        let lobeKeys = ["lobeVolumeML", "lobeTumourVolumeML"]
        if let missing = lobeKeys.first(where: { !input.has($0) }),
            lobeKeys.contains(where: input.has)
        {
            throw WorkflowError.refused(
                sentence: "'\(missing)' is missing; the two lobe volumes come together.")
        }
        let lobe = try input.optionalNumber("lobeVolumeML").map {
            try BSAMethod.Lobe(
                volumeML: $0, tumourVolumeML: try input.number("lobeTumourVolumeML"))
        }
        let method = try BSAMethod(
            heightCM: try input.number("heightCM"), weightKg: try input.number("weightKg"),
            tumourVolumeML: try input.number("tumourVolumeML"),
            liverVolumeML: try input.number("liverVolumeML"), lobe: lobe)
        let shunt = try input.optionalNumber("lungShuntFraction") ?? 0
        let reduction = try BSAMethod.reductionFraction(lungShuntFraction: shunt)

        var result = CalculationResult(.bsa)
        try result.add("bodySurfaceM2", method.bodySurfaceM2)
        try result.add("unreducedActivityGBq", method.unreducedActivity.gigabecquerels)
        try result.add("reductionFraction", reduction)
        try result.add(
            "activityGBq", (1 - reduction) * method.unreducedActivity.gigabecquerels)
        try result.add("duBoisFactor", BSAMethod.duBoisFactor)
        try result.add("duBoisHeightExponent", BSAMethod.duBoisHeightExponent)
        try result.add("duBoisWeightExponent", BSAMethod.duBoisWeightExponent)
        try result.add("surfaceOffsetM2", BSAMethod.surfaceOffset)
        try result.add("lungShuntFraction", shunt)
        result.add(reductionFindings(reduction))
        return result
    }

    private static func reductionFindings(_ reduction: Double) -> [Finding] {
        guard reduction > 0 else { return [] }
        guard reduction < 1 else {
            return [
                Finding(
                    "bsa.lung-shunt-too-high", .error,
                    "The lung shunt is above 20 %: the resin rule leaves no activity to give.")
            ]
        }
        return [
            Finding(
                "bsa.reduced", .warning,
                "The lung shunt takes activity away. Response fell with this rule (13 against 56 %, Ward 2015): look at the lung dose too."
            )
        ]
    }

    static func lungShunt(_ input: CalculationInput) throws -> CalculationResult {
        let backgroundKeys = Self.backgroundKeys
        let given = backgroundKeys.filter(input.has)
        if let missing = backgroundKeys.first(where: { !input.has($0) }), !given.isEmpty {
            throw WorkflowError.refused(
                sentence: "'\(missing)' is missing; the four background counts come together.")
        }
        func counts(_ region: String, background: Bool) throws -> ConjugateCounts {
            let tail = background ? "BackgroundCounts" : "Counts"
            guard !background || !given.isEmpty else {
                return ConjugateCounts(anterior: 0, posterior: 0)
            }
            return ConjugateCounts(
                anterior: try input.number("\(region)Anterior\(tail)"),
                posterior: try input.number("\(region)Posterior\(tail)"))
        }
        let shunt = try PlanarLungShunt(
            lung: counts("lung", background: false), liver: counts("liver", background: false),
            lungBackground: counts("lung", background: true),
            liverBackground: counts("liver", background: true))

        var result = CalculationResult(.lungShunt)
        try result.add("lungShuntFraction", shunt.lungShuntFraction)
        try result.add("arithmeticMeanLungShuntFraction", shunt.arithmeticMeanFraction)
        try result.add("lungGeometricMeanCounts", shunt.lungGeometricMeanCounts)
        try result.add("liverGeometricMeanCounts", shunt.liverGeometricMeanCounts)
        result.add(try GuardRails().check(.lungShuntFraction, shunt.lungShuntFraction))
        result.add(
            Finding(
                "lung-shunt.planar", .note,
                "Planar views are corrected for neither attenuation nor scatter; the shunt is usually too high."
            ))
        return result
    }

    static let backgroundKeys = [
        "lungAnteriorBackgroundCounts", "lungPosteriorBackgroundCounts",
        "liverAnteriorBackgroundCounts", "liverPosteriorBackgroundCounts",
    ]

    static func residual(_ input: CalculationInput) throws -> CalculationResult {
        let profile = try input.profile()
        let before = try input.time("readingBeforeTime")
        let after = try input.time("readingAfterTime")
        let measurement = try ResidualMeasurement(
            before: try input.number("readingBefore"), beforeTime: before.instant,
            after: try input.numbers("readingsAfter"), afterTime: after.instant,
            background: try input.optionalNumber("backgroundReading") ?? 0,
            halfLife: profile.halfLife)

        var result = CalculationResult(.residual)
        try result.add("residualFraction", measurement.residualFraction)
        try result.add("deliveredFraction", 1 - measurement.residualFraction)
        try result.add("hoursBetweenReadings", after.since(before).hours)
        try result.add(constants: profile, [.halfLife])
        if measurement.isBelowBackground {
            result.add(
                Finding(
                    "residual.below-background", .warning,
                    "The waste does not read above background: the residual is taken as 0."))
        }
        return result
    }
}
