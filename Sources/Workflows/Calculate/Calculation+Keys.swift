extension Calculation {
    /// What it computes, in one sentence.
    package var summary: String {
        switch self {
        case .single: "Activity or dose of one perfused volume (MIRD single compartment)."
        case .partition: "Activity or doses of tumours and normal liver in one territory."
        case .bsa: "Resin activity by body surface, reduced for the lung shunt."
        case .lungShunt: "Lung shunt from anterior and posterior planar counts."
        case .residual: "Share of a vial that was not delivered, from two dose-rate readings."
        case .vials: "Vials that reach an activity at a treatment time."
        case .bed: "Biologically effective dose of a permanent implant (a model)."
        case .voxelLocal: "Dose of one voxel by local deposition."
        }
    }

    /// The keys of the input; any other is refused.
    package var keys: [CalculationKey] {
        switch self {
        case .single: Self.singleKeys
        case .partition: Self.partitionKeys
        case .bsa: Self.bsaKeys
        case .lungShunt: Self.lungShuntKeys
        case .residual: Self.residualKeys
        case .vials: Self.vialKeys
        case .bed: Self.bedKeys
        case .voxelLocal: Self.voxelKeys
        }
    }

    /// What comes out, besides the constants used and `findings`.
    package var resultKeys: [String] {
        switch self {
        case .single:
            [
                "perfusedMassKg", "injectedActivityGBq", "vialActivityGBq", "perfusedDoseGy",
                "lungDoseGy",
            ]
        case .partition:
            [
                "injectedActivityGBq", "vialActivityGBq", "normalDoseGy", "tumourDosesGy",
                "meanPerfusedDoseGy", "lungDoseGy", "wholeLiverNormalDoseGy",
            ]
        case .bsa:
            ["bodySurfaceM2", "unreducedActivityGBq", "reductionFraction", "activityGBq"]
        case .lungShunt: ["lungShuntFraction", "arithmeticMeanLungShuntFraction"]
        case .residual: ["residualFraction", "deliveredFraction"]
        case .vials:
            [
                "options (each vialGBq, calibrationTime, hoursAfterCalibration, "
                    + "activityAtTreatmentGBq, offTargetFraction, belowNeed), closest first"
            ]
        case .bed: ["bedGy", "eqd2Gy"]
        case .voxelLocal: ["doseGy"]
        }
    }

    /// An input that works.
    package var example: String {
        switch self {
        case .single:
            #"{"targetDoseGy": 120, "perfusedVolumeML": 1456, "lungShuntFraction": 0.05, "residualFraction": 0.02}"#
        case .partition:
            #"{"targetTumourDoseGy": 300, "tumours": [{"volumeML": 200, "tumourToNormalRatio": 3}], "normalVolumeML": 800, "lungShuntFraction": 0.1, "residualFraction": 0}"#
        case .bsa:
            #"{"heightCM": 170, "weightKg": 70, "tumourVolumeML": 300, "liverVolumeML": 1800}"#
        case .lungShunt:
            #"{"lungAnteriorCounts": 52000, "lungPosteriorCounts": 61000, "liverAnteriorCounts": 910000, "liverPosteriorCounts": 720000}"#
        case .residual:
            #"{"readingBefore": 120, "readingBeforeTime": "2026-03-10T10:00:00Z", "readingsAfter": [2.1, 2.4, 2.2, 2.3], "readingAfterTime": "2026-03-10T12:00:00Z"}"#
        case .vials:
            #"{"device": "glass", "neededActivityGBq": 2.42, "treatmentTime": "2026-03-10T10:00:00+00:00"}"#
        case .bed:
            #"{"doseGy": 40, "alphaBetaGy": 2.5, "repairHalfTimeHours": 2.5, "effectiveHalfLifeHours": 64.2}"#
        case .voxelLocal:
            #"{"concentrationMBqPerML": 1.0, "hoursAfterAdministration": 20, "tissueDensityGPerML": 1.05}"#
        }
    }
}

extension Calculation {
    private static let singleKeys: [CalculationKey] = [
        .init("targetDoseGy", .oneOf, "mean dose of the perfused volume"),
        .init("vialActivityGBq", .oneOf, "vial activity at administration"),
        .init("perfusedVolumeML", "perfused volume, tumour included"),
        .lungShunt, .residual, .nuclide, .doseConstant, .density, .lungMass,
    ]

    private static let partitionKeys: [CalculationKey] = [
        .init("targetTumourDoseGy", .oneOf, "mass-weighted mean dose of all tumours"),
        .init("targetNormalDoseGy", .oneOf, "mean dose of normal liver in the territory"),
        .init(
            "targetWholeLiverNormalDoseGy", .oneOf,
            "mean dose of all normal liver; needs liverVolumeML"),
        .init("vialActivityGBq", .oneOf, "vial activity at administration"),
        .init("tumours", "list of {volumeML, tumourToNormalRatio}, inside the territory"),
        .init("normalVolumeML", "liver without tumour inside the territory"),
        .lungShunt, .residual,
        .init(
            "liverVolumeML", .optional("wholeLiverNormalDoseGy is null"),
            "whole liver with all tumour"),
        .init("otherTumourVolumeML", .optional("0"), "tumour outside the territory"),
        .nuclide, .doseConstant, .density, .lungMass,
    ]

    private static let bsaKeys: [CalculationKey] = [
        .init("heightCM", "body height, 50 to 260"), .init("weightKg", "body weight, 3 to 500"),
        .init("tumourVolumeML", "all tumour in the liver"),
        .init("liverVolumeML", "whole liver with tumour"),
        .init("lobeVolumeML", .optional("whole liver"), "treated lobe with tumour"),
        .init("lobeTumourVolumeML", .optional("whole liver"), "tumour in the treated lobe"),
        .init("lungShuntFraction", .optional("0"), "for the reduction, [0, 1)"),
    ]

    private static let lungShuntKeys: [CalculationKey] =
        [
            .init("lungAnteriorCounts", "both lungs, anterior view"),
            .init("lungPosteriorCounts", "both lungs, posterior view"),
            .init("liverAnteriorCounts", "liver, anterior view"),
            .init("liverPosteriorCounts", "liver, posterior view"),
        ]
        + backgroundKeys.map {
            .init(
                $0, .optional("none"), "background scaled to that region's area; all four or none")
        }

    private static let residualKeys: [CalculationKey] = [
        .init("readingBefore", "dose rate of the full vial, any unit"),
        .init("readingBeforeTime", "ISO 8601 with zone"),
        .init("readingsAfter", "list of dose rates of the waste, same unit; averaged"),
        .init("readingAfterTime", "ISO 8601 with zone"),
        .init("backgroundReading", .optional("0"), "dose rate without source"),
        .nuclide, .halfLife,
    ]

    private static let vialKeys: [CalculationKey] = [
        .init("device", "glass, resin or holmium"),
        .init("neededActivityGBq", "vial activity at treatmentTime, residual included"),
        .init("treatmentTime", "ISO 8601 with zone"),
        .init(
            "calibrationTime",
            .optional(
                "glass: Sundays 12:00 New York, 0 to 288 h; resin: -72, -48, -24, 0, 24 h; "
                    + "holmium: treatmentTime"),
            "ISO 8601 with zone; this calibration only"),
        .init("nuclide", .optional("the device's"), "must fit the device"), .halfLife,
    ]

    private static let bedKeys: [CalculationKey] = [
        .init("doseGy", "absorbed dose, 0 or above"), .init("alphaBetaGy", "alpha/beta"),
        .init("repairHalfTimeHours", "half-time of repair"),
        .init("effectiveHalfLifeHours", "half-life of the dose rate"),
    ]

    private static let voxelKeys: [CalculationKey] = [
        .init(
            "concentrationMBqPerML",
            "as present in the tissue then, not decay-corrected; may be negative"),
        .init("hoursAfterAdministration", "from administration to the image, 0 or above"),
        .nuclide, .doseConstant, .halfLife, .density,
    ]
}
