package import Quantities

/// A computed plan as it is stored and printed: every number with its unit in the key.
///
/// It holds no clock time and no patient identity, so recomputing from the same inputs gives the
/// same bytes. Who made it and when stands in the record that keeps it.
package struct PlanDocument: Codable, Hashable, Sendable {
    package var schema = "grevy-plan/1"
    package var name: String
    package var device: String
    package var tumourEntity: String
    package var evidence: Evidence?
    package var software: Software
    package var profile: Profile
    package var inputs: [Input]
    package var registration: Registration
    package var doseGrid: Grid
    package var lungShunt: LungShunt
    package var residualFraction: Double
    package var method: String
    package var territories: [Territory]
    package var totalInjectedActivityGBq: Double
    package var totalVialActivityGBq: Double
    package var lungDoseGy: Double
    package var earlierLungDoseGy: Double
    package var structures: [Structure]
    package var limits: [Limit]
    package var bindingLimit: String?
    package var order: Order?
    package var profileComparison: [ProfileComparison]
    package var findings: [Finding]
    package var dosePerVoxelDigest: String
    /// `nil` unless the method is `bsa`.
    package var bodySurface: BodySurface?
    /// What the plan rests on beside its profile, and how well it is known.
    package var constants: [Constant]?
    /// Of an engine that follows particles; `nil` for local deposition.
    package var physicalDose: PhysicalDose?
    /// Of ``lungDoseGy``; `nil` in plans kept before it was computed.
    package var lungDoseUncertainty: Uncertainty?
}

extension PlanDocument {
    package struct Evidence: Codable, Hashable, Sendable {
        package var basis: String
        package var recordedBy: String
    }

    package struct Software: Codable, Hashable, Sendable {
        package var program: String
        package var version: String
        package var engine: String
    }

    package struct Profile: Codable, Hashable, Sendable {
        package var name: String
        package var nuclide: String
        package var doseConstantGyKgPerGBq: Double
        package var halfLifeHours: Double
        package var tissueDensityGPerML: Double
        package var lungMassKg: Double
        package var source: String
    }

    /// One thing the plan was computed from, by content.
    package struct Input: Codable, Hashable, Sendable {
        package var role: String
        package var series: String
        package var digest: String
    }

    package struct Registration: Codable, Hashable, Sendable {
        package var kind: String
        package var rotationRows: [[Double]]
        package var translationMM: [Double]
        package var rotationDegrees: Double
        package var spreadMM: Double?
        package var acceptedBy: String?
    }

    package struct Grid: Codable, Hashable, Sendable {
        package var shape: [Int]
        package var spacingMM: [Double]
        package var originMM: [Double]
        package var density: String
    }

    package struct LungShunt: Codable, Hashable, Sendable {
        package var used: String
        package var usedFraction: Double
        package var spectFraction: Double?
        package var planarFraction: Double?
        package var typedFraction: Double?
        package var visibleLungShare: Double?
        package var lungMassKg: Double
        package var lungMassSource: String
        package var ctLungMassKg: Double?
    }

    package struct Territory: Codable, Hashable, Sendable {
        package var name: String
        package var structure: String
        package var volumeML: Double
        package var lungShuntFraction: Double
        package var aim: String
        package var wishedInjectedActivityGBq: Double
        package var injectedActivityGBq: Double
        package var vialActivityGBq: Double
        package var shareOfImageInTerritory: Double
    }

    package struct Structure: Codable, Hashable, Sendable {
        package var name: String
        package var role: String
        package var volumeML: Double
        package var massG: Double
        /// The dose by the plan's method, which aims and limits use.
        package var meanDoseGy: Double
        package var voxelMeanDoseGy: Double?
        package var dosePerInjectedGBqGy: [String: Double]
        package var d98Gy: Double?
        package var d95Gy: Double?
        package var d70Gy: Double?
        package var d50Gy: Double?
        package var d2Gy: Double?
        package var tumourToNormalRatio: Double?
        package var bedGy: Double?
        /// Statistical 1 sigma of ``voxelMeanDoseGy`` of a simulated dose.
        package var statisticalSigmaGy: Double?
        /// Of ``meanDoseGy``; `nil` without dose and in plans kept before it was computed.
        package var uncertainty: Uncertainty?
    }

    /// How physical dose was computed, and how it compares with the profile's convention.
    package struct PhysicalDose: Codable, Hashable, Sendable {
        package var decayData: String
        /// What the nuclide's electrons would give if they stayed where they start.
        package var doseConstantGyKgPerGBq: Double
        package var halfLifeHours: Double
        /// The profile's dose constant over the physical one.
        package var conventionOverPhysical: Double
        package var runs: [Run]
        /// `medium` or `water`; `nil`, to the medium, in plans kept before one could choose.
        package var doseTo: String?

        package struct Run: Codable, Hashable, Sendable {
            package var territory: String
            /// Decays that were simulated; a run of so many gives the same bytes.
            package var histories: Int
            package var seed: UInt64
        }
    }

    package struct Limit: Codable, Hashable, Sendable {
        /// The structure, followed by the point of its histogram unless it is the mean.
        package var name: String
        package var structure: String?
        /// `mean`, or `D30` for the least dose of the hottest 30 %.
        package var measure: String?
        package var limitGy: Double
        package var valueGy: Double
        package var marginGy: Double
        package var maximumTotalInjectedActivityGBq: Double?
        package var isBinding: Bool
        package var isMet: Bool
        package var source: String
        /// Chance that the true dose is at most the limit, 0 to 1; `nil` where nothing is known.
        package var probabilityMet: Double?
    }

    package struct Order: Codable, Hashable, Sendable {
        package var treatmentTime: String
        package var options: [VialOption]
    }

    package struct VialOption: Codable, Hashable, Sendable {
        /// The territory it is for; `all` when one vial may serve several.
        package var territory: String
        package var neededActivityGBq: Double
        package var vialGBq: Double
        package var calibrationTime: String
        package var hoursAfterCalibration: Double
        package var activityAtTreatmentGBq: Double
        package var offTargetFraction: Double
        package var belowNeed: Bool
        /// Perfused mean dose when all of the vial but the residual is given.
        package var perfusedDoseGy: Double?
        package var perfusedDoseFourHoursLaterGy: Double?
        /// When it would be given; `nil` in plans kept before several times could be named.
        package var treatmentTime: String?
        /// Mean doses of the plan's structures with this vial and the other territories as planned.
        package var deliveredDosesGy: [String: Double]?
        package var deliveredDosesFourHoursLaterGy: [String: Double]?
        package var deliveredDosesFourHoursEarlierGy: [String: Double]?
        /// Limits on means that this vial would exceed.
        package var limitsExceeded: [String]?
        /// Whether it may still be given four hours later.
        package var isUsableFourHoursLater: Bool?
        package var sphereCount: Double?
        /// For resin: the share of the vial to draw; above 1 when it does not hold enough.
        package var drawFraction: Double?
    }

    package struct ProfileComparison: Codable, Hashable, Sendable {
        package var profile: String
        package var totalInjectedActivityGBq: Double
        package var lungDoseGy: Double
        package var meanDosesGy: [String: Double]
    }

    /// Resin's activity by body surface, with and without the reduction for lung shunt.
    package struct BodySurface: Codable, Hashable, Sendable {
        package var heightCM: Double
        package var weightKg: Double
        package var bodySurfaceM2: Double
        package var isReductionApplied: Bool
        package var territories: [Territory]
        package var reductionTable: [Step]
        package var unreducedActivityGBq: Double
        package var reducedActivityGBq: Double
        package var unreducedLungDoseGy: Double
        package var reducedLungDoseGy: Double
        package var allowedLungDoseGy: Double

        package struct Territory: Codable, Hashable, Sendable {
            package var name: String
            package var volumeML: Double
            package var tumourVolumeML: Double
            package var lungShuntFraction: Double
            package var reductionFraction: Double
            package var unreducedActivityGBq: Double
            package var reducedActivityGBq: Double
        }

        /// From this lung shunt on, this share of the activity is taken away.
        package struct Step: Codable, Hashable, Sendable {
            package var fromLungShuntFraction: Double
            package var reductionFraction: Double
        }
    }

    /// A constant beside the profile's.
    package struct Constant: Codable, Hashable, Sendable {
        package var id: String
        package var what: String
        package var values: [String: [Double]]
        /// `checked`, `unchecked` or `house`.
        package var status: String
        package var source: String
        package var tableDate: String
    }
}
