import Foundation
import Quantities
import Therapy

/// What was given to one territory, as it is kept; every number with its unit in the key.
///
/// Times are ISO 8601 with the offset in which they were read. It names no patient: the record
/// that keeps it says whose it is.
package struct TreatmentSheet: Codable, Hashable, Sendable {
    package var schema = "grevy-treatment/1"
    /// Id of the plan, and SHA-256 of what the three signed.
    package var plan: String
    package var planSHA256: String
    package var plannedTerritory: String
    /// Where it was given.
    package var territory: String
    package var vialID: String
    package var vialLot: String
    package var calibratedActivityGBq: Double
    package var calibrationTime: String
    package var measuredActivityGBq: Double
    package var measurementTime: String
    /// By the calibration, at the time of the measurement.
    package var expectedAtMeasurementGBq: Double
    package var catheterPosition: String
    package var start: String
    package var end: String
    /// The measured activity, at the start.
    package var activityAtStartGBq: Double
    package var residualActivityGBq: Double
    package var residualTime: String
    /// The residual at the start, over the activity at the start.
    package var residualFraction: Double
    /// What entered the patient, at the start.
    package var administeredActivityGBq: Double
    package var plannedVialActivityGBq: Double
    package var plannedInjectedActivityGBq: Double
    /// Whether the infusion ended early because flow stopped.
    package var stasis: Bool
    package var administeredBy: String
    /// How vial or territory differ from the plan, one sentence each.
    package var deviations: [String]
    package var deviationReason: String?
    /// Why an earlier version of this sheet was not right.
    package var correctionReason: String?
    package var nuclide: String
    package var halfLifeHours: Double
}

extension TreatmentSheet {
    /// How ``administeredActivityGBq`` comes from what was measured.
    package static let administeredFormula =
        "administered is the measured activity less the residual, both brought to the start by the "
        + "half-life"
}

/// How much is left of an activity: A(t) = A₀ · 2^(−(t − t₀)/T½).
struct Decay: Sendable {
    let halfLifeHours: Double

    /// - Parameters:
    ///   - activityGBq: At `from`.
    ///   - from: The time at which the activity is known.
    ///   - to: Earlier or later.
    /// - Returns: The activity at `to`, in GBq.
    func activityGBq(_ activityGBq: Double, from: ZonedTime, to: ZonedTime) -> Double {
        activityGBq * exp2(-to.since(from).hours / halfLifeHours)
    }
}
