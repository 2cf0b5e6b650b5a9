package import Quantities

/// Delivered against planned dose, as it is stored and printed.
package struct DeliveredDocument: Codable, Hashable, Sendable {
    package var schema = "grevy-delivered/1"
    package var plan: String
    package var planDigest: String
    package var software: PlanDocument.Software
    package var profile: PlanDocument.Profile
    package var inputs: [PlanDocument.Input]
    package var registration: PlanDocument.Registration
    package var hoursAfterAdministration: Double
    package var hoursSource: String
    package var injectedActivityGBq: Double
    /// Activity in the whole image, decay-corrected to administration; `nil` for relative images.
    package var imageActivityGBq: Double?
    package var structures: [Structure]
    package var lungDoseGy: Lungs
    package var findings: [Finding]
    package var absoluteDoseDigest: String?
    package var relativeDoseDigest: String

    package struct Structure: Codable, Hashable, Sendable {
        package var name: String
        package var role: String
        package var volumeML: Double
        package var plannedMeanDoseGy: Double
        package var absoluteMeanDoseGy: Double?
        package var relativeMeanDoseGy: Double
        package var absoluteD95Gy: Double?
        package var relativeD95Gy: Double?
    }

    package struct Lungs: Codable, Hashable, Sendable {
        package var plannedGy: Double
        package var deliveredGy: Double
    }
}
