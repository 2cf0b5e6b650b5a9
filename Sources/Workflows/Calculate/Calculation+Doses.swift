import Dosimetry
import Physics
import Quantities
import Therapy

extension Calculation {
    static func single(_ input: CalculationInput) throws -> CalculationResult {
        let profile = try input.profile()
        let aim = try input.exactlyOne(of: ["targetDoseGy", "vialActivityGBq"])
        let model = try SingleCompartment(
            perfusedVolumeML: try input.number("perfusedVolumeML"),
            lungShuntFraction: try input.number("lungShuntFraction"),
            residualFraction: try input.number("residualFraction"), profile: profile)
        let value = try input.number(aim)
        let activities =
            aim == "targetDoseGy"
            ? try model.activities(forPerfusedDose: AbsorbedDose(grays: value))
            : try model.activities(forVial: Activity(gigabecquerels: value))
        let lung = model.lungDose(activities)

        var result = CalculationResult(.single)
        try result.add("perfusedMassKg", model.perfusedMass.kilograms)
        try result.add(activities, given: aim == "vialActivityGBq" ? value : nil)
        try result.add("perfusedDoseGy", model.perfusedDose(activities).grays)
        try result.add("lungDoseGy", lung.grays)
        try result.add(constants: profile)
        try result.check(profile, shunt: model.lungShuntFraction, lung: lung)
        return result
    }

    static func partition(_ input: CalculationInput) throws -> CalculationResult {
        let profile = try input.profile()
        let aim = try input.exactlyOne(of: partitionAims)
        let model = try PartitionModel(
            tumours: try tumours(input), normalVolumeML: try input.number("normalVolumeML"),
            lungShuntFraction: try input.number("lungShuntFraction"),
            residualFraction: try input.number("residualFraction"), profile: profile)
        let other = try input.optionalNumber("otherTumourVolumeML") ?? 0
        let liver = try input.optionalNumber("liverVolumeML").map {
            try LiverVolumes(liverVolumeML: $0, otherTumourVolumeML: other)
        }
        if liver == nil { _ = try LiverVolumes(liverVolumeML: 1, otherTumourVolumeML: other) }
        let value = try input.number(aim)
        let activities = try activities(model, aim: aim, value: value, liver: liver)
        let doses = model.doses(activities)

        var result = CalculationResult(.partition)
        try result.add(activities, given: aim == "vialActivityGBq" ? value : nil)
        try result.add("normalDoseGy", doses.normal.grays)
        try result.add("tumourDosesGy", doses.tumours.map(\.grays))
        try result.add("meanPerfusedDoseGy", doses.meanPerfused.grays)
        try result.add("lungDoseGy", doses.lung.grays)
        if let liver {
            try result.add(
                "wholeLiverNormalDoseGy",
                model.wholeLiverNormalDose(doses.normal, liver: liver).grays)
        } else {
            result.add("wholeLiverNormalDoseGy", .null)
        }
        try result.add(constants: profile)
        try result.check(profile, shunt: model.lungShuntFraction, lung: doses.lung)
        let rails = try GuardRails()
        for (n, tumour) in model.tumours.enumerated() {
            result.add(
                rails.check(
                    .tumourToNormalRatio, tumour.tumourToNormalRatio, subject: "tumours[\(n)]"))
        }
        return result
    }

    static let partitionAims = [
        "targetTumourDoseGy", "targetNormalDoseGy", "targetWholeLiverNormalDoseGy",
        "vialActivityGBq",
    ]

    static let tumourKeys = [
        CalculationKey("volumeML", "volume of the tumour inside the territory"),
        CalculationKey(
            "tumourToNormalRatio", "activity per mass over that of normal liver, above 0"),
    ]

    private static func tumours(_ input: CalculationInput) throws -> [PartitionModel.Tumour] {
        try input.array("tumours").enumerated().map { index, value in
            let tumour = try CalculationInput(
                value, known: tumourKeys, owner: "a tumour", prefix: "tumours[\(index)].")
            return PartitionModel.Tumour(
                volumeML: try tumour.number("volumeML"),
                tumourToNormalRatio: try tumour.number("tumourToNormalRatio"))
        }
    }

    private static func activities(
        _ model: PartitionModel, aim: String, value: Double, liver: LiverVolumes?
    ) throws -> ActivityChain {
        let dose = AbsorbedDose(grays: value)
        switch aim {
        case "targetTumourDoseGy": return try model.activities(forTumourDose: dose)
        case "targetNormalDoseGy": return try model.activities(forNormalDose: dose)
        case "targetWholeLiverNormalDoseGy":
            guard let liver else {
                throw WorkflowError.refused(
                    sentence:
                        "'liverVolumeML' is missing; 'targetWholeLiverNormalDoseGy' needs it.")
            }
            return try model.activities(forWholeLiverNormalDose: dose, liver: liver)
        default: return try model.activities(forVial: Activity(gigabecquerels: value))
        }
    }

    static func voxelLocal(_ input: CalculationInput) throws -> CalculationResult {
        let profile = try input.profile()
        let concentration = try input.number("concentrationMBqPerML")
        let dose = try profile.localDose(
            concentrationMBqPerML: concentration,
            after: TimeSpan(hours: try input.number("hoursAfterAdministration")))
        var result = CalculationResult(.voxelLocal)
        try result.add("doseGy", dose.grays)
        try result.add(constants: profile, [.doseConstant, .halfLife, .density])
        if concentration < 0 {
            result.add(
                Finding(
                    "voxel.negative-concentration", .note,
                    "The concentration is negative, which only image noise can be; so is the dose."
                ))
        }
        return result
    }

    static func bed(_ input: CalculationInput) throws -> CalculationResult {
        let doseGy = try input.number("doseGy")
        let parameters = try [
            "alphaBetaGy", "repairHalfTimeHours", "effectiveHalfLifeHours",
        ].map { (key: $0, value: try input.number($0)) }
        guard doseGy >= 0 else {
            throw TherapyError.outOfRange(key: "doseGy", value: doseGy, allowed: "0 or above")
        }
        for (key, value) in parameters where !(value > 0) {
            throw TherapyError.outOfRange(key: key, value: value, allowed: "above 0")
        }
        let model = try BEDModel(
            alphaBetaGy: parameters[0].value,
            repairHalfTime: TimeSpan(hours: parameters[1].value),
            effectiveHalfLife: TimeSpan(hours: parameters[2].value))

        var result = CalculationResult(.bed)
        try result.add("bedGy", model.bedGy(doseGy: doseGy))
        try result.add("eqd2Gy", model.eqd2Gy(doseGy: doseGy))
        for (key, value) in parameters { try result.add(key, value) }
        result.add(
            Finding(
                "bed.model", .note,
                "BED and EQD2 are a linear-quadratic model for research; no parameters for NET are known."
            ))
        return result
    }
}

extension CalculationResult {
    /// Adds injected and vial activity; a vial that was given is echoed digit by digit.
    fileprivate mutating func add(_ activities: ActivityChain, given vialGBq: Double?) throws {
        try add("injectedActivityGBq", activities.injected.gigabecquerels)
        try add("vialActivityGBq", vialGBq ?? activities.vial.gigabecquerels)
    }

    /// Adds the constants that the calculation used.
    mutating func add(
        constants profile: ConventionProfile,
        _ used: [CalculationKey] = [.doseConstant, .density, .lungMass]
    ) throws {
        add("nuclide", .string(profile.nuclide.rawValue))
        for key in used {
            switch key {
            case .doseConstant: try add(key.name, profile.doseConstantGyKgPerGBq)
            case .halfLife: try add(key.name, profile.halfLife.hours)
            case .density: try add(key.name, profile.tissueDensityGPerML)
            case .lungMass: try add(key.name, profile.lungMass.kilograms)
            default: break
            }
        }
    }

    /// Adds what the guard rails say about lung shunt, lung dose and constants.
    fileprivate mutating func check(
        _ profile: ConventionProfile, shunt: Double, lung: AbsorbedDose
    ) throws {
        let rails = try GuardRails()
        let usual = profile.nuclide == .ho166 ? 15.87 : 49.67
        add(rails.check(.lungShuntFraction, shunt))
        add(rails.check(.lungDoseGy, lung.grays))
        add(
            rails.check(
                .doseConstantDeviationFraction, abs(profile.doseConstantGyKgPerGBq / usual - 1)))
    }
}
