package import Quantities

/// Delivered against planned dose, as it is stored and printed.
///
/// Like a plan's document it holds no clock time and no patient identity.
package struct DeliveredDocument: Codable, Hashable, Sendable {
    package var schema = "grevy-delivered/1"
    /// Id of the plan's record.
    package var plan: String
    package var planName: String
    /// SHA-256 of the plan's document.
    package var planDigest: String
    /// Which dose the plan held against its limits: `voxel`, `partition`, `single`.
    package var planMethod: String
    package var software: PlanDocument.Software
    package var profile: PlanDocument.Profile
    package var inputs: [PlanDocument.Input]
    package var registration: PlanDocument.Registration
    package var doseGrid: PlanDocument.Grid
    package var image: Image
    package var injectedActivityGBq: Double
    package var plannedInjectedActivityGBq: Double
    package var territories: [Territory]
    package var structures: [Structure]
    package var lungs: Lungs
    /// The plan's limits, in its order; `nil` in records kept before they were held against it.
    package var limits: [Limit]?
    package var findings: [Finding]
    package var absoluteDoseDigest: String?
    package var relativeDoseDigest: String
    /// `medium` or `water` where an engine gave physical dose.
    package var doseTo: String?
}

extension DeliveredDocument {
    /// Whether somebody has looked at how the image lies; nothing is verified where nobody has.
    package var isOnCheckedRegistration: Bool {
        !findings.contains { $0.code == Finding.notVerified.code }
    }

    package struct Image: Codable, Hashable, Sendable {
        package var modality: String
        /// `Bq/mL`, or `relative` when no absolute dose follows from it.
        package var unit: String
        /// From administration to the instant the values are decay-corrected to; `nil` when
        /// neither the delivery file nor the image tells.
        package var hoursAfterAdministration: Double?
        /// `delivery file`, `image header` or `unknown`.
        package var hoursSource: String
        package var hoursInImageHeader: Double?
        package var halfLifeHoursInImageHeader: Double?
        /// In the whole image, decay-corrected to administration; `nil` for a relative image.
        package var activityGBq: Double?
        /// That over the injected activity.
        package var activityToInjectedRatio: Double?
    }

    package struct Territory: Codable, Hashable, Sendable {
        package var name: String
        package var plannedInjectedActivityGBq: Double
        /// 0 when the delivery file does not list it.
        package var injectedActivityGBq: Double
        package var lungShuntFraction: Double
        package var stasis: Bool
        /// Found inside by the image's own calibration, at administration.
        package var imageActivityGBq: Double?
        package var shareOfImageInTerritory: Double
        /// The share of its volume that the image shows.
        package var visibleShare: Double
    }

    package struct Structure: Codable, Hashable, Sendable {
        package var name: String
        package var role: String
        package var volumeML: Double
        /// By the plan's method.
        package var plannedMeanDoseGy: Double
        package var plannedVoxelMeanDoseGy: Double?
        package var plannedD95Gy: Double?
        /// From the image's Bq/mL.
        package var absoluteMeanDoseGy: Double?
        package var absoluteD95Gy: Double?
        package var absoluteToPlannedRatio: Double?
        /// From shares of counts times what was injected.
        package var relativeMeanDoseGy: Double
        package var relativeD95Gy: Double?
        package var relativeToPlannedRatio: Double?
        /// Of the means; `nil` without dose and in records kept before it was computed.
        package var absoluteUncertainty: PlanDocument.Uncertainty?
        package var relativeUncertainty: PlanDocument.Uncertainty?
    }

    /// A limit of the plan, held against what was delivered.
    package struct Limit: Codable, Hashable, Sendable {
        /// As the plan names it.
        package var name: String
        package var limitGy: Double
        package var source: String
        package var plannedGy: Double
        /// Lungs by their shunt; `nil` for a structure without a delivered dose.
        package var relative: Reached?
        /// `nil` without an absolute dose, and for the lungs.
        package var absolute: Reached?

        package struct Reached: Codable, Hashable, Sendable {
            package var valueGy: Double
            package var marginGy: Double
            package var isMet: Bool
            /// Chance that the true dose is at most the limit, 0 to 1; `nil` where nothing is known.
            package var probabilityMet: Double?
        }
    }

    /// Mean dose of the lungs: C · Σ A_inj,k · L_k / M, with the plan's shunts and lung mass.
    package struct Lungs: Codable, Hashable, Sendable {
        package var plannedMeanDoseGy: Double
        package var deliveredMeanDoseGy: Double
        package var earlierMeanDoseGy: Double
        package var lungMassKg: Double
        /// Of ``deliveredMeanDoseGy``.
        package var uncertainty: PlanDocument.Uncertainty?
    }
}
