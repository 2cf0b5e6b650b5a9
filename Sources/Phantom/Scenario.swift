package import Imaging
package import Quantities

/// The numbers of the case: what is given, when, how it is imaged.
package enum Scenario {
    // MARK: Work-up with Tc-99m MAA

    package static let lungShuntFraction = 0.055
    package static let maaAdministered = Activity(megabecquerels: 185)
    package static let maaDelay = TimeSpan(hours: 1)
    /// Half-life of Tc-99m: 6.0067(10) h by DDEP; ENSDF 2023 has 6.0072(9) h.
    package static let technetiumHalfLife = TimeSpan(hours: 6.0067)
    /// The share of the liver's MAA that went to the right territory.
    package static let maaRightShare = 0.68

    /// Where the MAA sits, at the time of imaging.
    package static func maa(extrahepaticFraction: Double) -> ActivityModel {
        let present = maaAdministered.decayed(over: maaDelay, halfLife: technetiumHalfLife)
        let liver = (1 - lungShuntFraction - extrahepaticFraction) * present
        return ActivityModel(
            right: maaRightShare * liver, left: (1 - maaRightShare) * liver,
            lungs: lungShuntFraction * present, stomach: extrahepaticFraction * present)
    }

    package static let spectBlurMM = 14.0
    /// Counts of the whole SPECT per activity in its field of view.
    package static let spectCountsPerMBq = 48000.0

    package static let planarBlurMM = 8.0
    package static let planarSensitivityPerMBqSecond = 70.0
    package static let planarDuration = TimeSpan(seconds: 300)
    /// Attenuation of the slab that stands for the patient, per millimetre (broad beam, 140 keV).
    package static let planarAttenuationPerMM = 0.012
    /// Thickness of the slab, in millimetres; the depth of the trunk.
    package static let planarSlabMM = 256.0

    // MARK: Treatment with Y-90

    package static let profileName = "eanm2022"

    /// What was ordered and what was given, per territory.
    package struct Injection: Sendable {
        package let territory: Anatomy.Territory
        package let vial: Activity
        package let plannedResidualFraction: Double
        package let deliveredResidualFraction: Double
        /// Share of what entered this artery that reached the other territory.
        package let strayFraction: Double

        package var planned: Activity { (1 - plannedResidualFraction) * vial }
        package var delivered: Activity { (1 - deliveredResidualFraction) * vial }
    }

    package static let injections = [
        Injection(
            territory: .right, vial: Activity(gigabecquerels: 2.6), plannedResidualFraction: 0.01,
            deliveredResidualFraction: 0.02, strayFraction: 0.05),
        Injection(
            territory: .left, vial: Activity(gigabecquerels: 1.1), plannedResidualFraction: 0.01,
            deliveredResidualFraction: 0.02, strayFraction: 0),
    ]

    /// Where the plan puts the Y-90, at administration.
    package static let planned = model(injections.map { ($0.territory, $0.planned, 0) })

    /// Where the Y-90 went, at administration.
    package static let delivered = model(
        injections.map { ($0.territory, $0.delivered, $0.strayFraction) })

    private static func model(
        _ given: [(territory: Anatomy.Territory, injected: Activity, stray: Double)]
    ) -> ActivityModel {
        var right = Activity.zero
        var left = Activity.zero
        var lungs = Activity.zero
        for (territory, injected, stray) in given {
            let liver = (1 - lungShuntFraction) * injected
            lungs = lungs + lungShuntFraction * injected
            let (own, other) = ((1 - stray) * liver, stray * liver)
            right = right + (territory == .right ? own : other)
            left = left + (territory == .right ? other : own)
        }
        return ActivityModel(right: right, left: left, lungs: lungs)
    }

    /// From administration to the start of the PET.
    package static let petDelay = TimeSpan(hours: 20)
    package static let petBlurMM = 6.0
    /// Standard deviation of a voxel of 66 µL without activity, in Bq/mL.
    package static let petBackgroundNoise = 20000.0
    /// Added variance per concentration, in Bq/mL, for a voxel of 66 µL.
    package static let petNoisePerConcentration = 62500.0

    // MARK: Tissue

    package static let tissueGramsPerML = 1.03
    /// What the lung's CT number stands for: 1 − 730/1000.
    package static let lungGramsPerML = 0.27

    // MARK: Frames of reference

    package static let spectEulerDegrees: Vector3<Double> = [0.5, -0.8, 1.2]
    package static let petEulerDegrees: Vector3<Double> = [-0.6, 0.5, -0.9]

    /// From the frame of the diagnostic CT to the frame of the SPECT/CT.
    package static let toSpect = RigidTransform(
        rotation: Trigonometry.rotation(eulerDegreesXYZ: spectEulerDegrees),
        translationMM: [8, -6, 11])

    /// From the frame of the diagnostic CT to the frame of the PET/CT.
    package static let toPet = RigidTransform(
        rotation: Trigonometry.rotation(eulerDegreesXYZ: petEulerDegrees),
        translationMM: [-5, 7, -9])
}
