package import Foundation

/// What is true of a synthetic patient; the content of `truth.json`.
///
/// Volumes and doses are closed forms, not measured on any grid. Keys name units.
package struct PhantomTruth: Codable, Sendable {
    package struct Structure: Codable, Sendable {
        package var name: String
        package var volumeML: Double
        package var densityGPerML: Double
        package var massG: Double
    }

    package struct Tumour: Codable, Sendable {
        package var name: String
        package var territory: String
        package var diameterMM: Double
        /// In the frame of the diagnostic CT (LPS).
        package var centreMM: [Double]
        package var volumeML: Double
        package var massG: Double
        package var tumourToNormalRatio: Double
    }

    /// p′ = rotation · p + translation, from the diagnostic CT's frame to the other frame.
    package struct Transform: Codable, Sendable {
        package var rotationRows: [[Double]]
        package var translationMM: [Double]
        /// Rotation = Rz · Ry · Rx in fixed LPS axes.
        package var eulerDegreesXYZ: [Double]
        package var rotationAngleDegrees: Double
    }

    /// Activity in one compartment and, where uniform, its concentration.
    package struct Compartment: Codable, Sendable {
        package var name: String
        package var activityMBq: Double
        package var concentrationMBqPerML: Double?
    }

    package struct Planar: Codable, Sendable {
        package var blurFWHMMM: Double
        package var attenuationPerMM: Double
        package var slabThicknessMM: Double
        package var lungRegion: PlanarViews.Region
        package var liverRegion: PlanarViews.Region
        /// What a noise-free geometric mean over the regions gives; the method's bias is in it.
        package var expectedGeometricMeanLungShuntFraction: Double
    }

    package struct WorkUp: Codable, Sendable {
        package var nuclide: String
        package var halfLifeHours: Double
        package var administeredMBq: Double
        package var hoursAfterAdministration: Double
        /// At the time of imaging.
        package var compartments: [Compartment]
        package var lungShuntFraction: Double
        package var extrahepaticFraction: Double
        package var spectBlurFWHMMM: Double
        package var spectCountsPerMBq: Double
        package var spectCutsTheLungs: Bool
        package var planar: Planar
    }

    package struct Injection: Codable, Sendable {
        package var territory: String
        package var vialActivityGBq: Double
        package var plannedResidualFraction: Double
        package var plannedInjectedActivityGBq: Double
        package var deliveredResidualFraction: Double
        package var deliveredInjectedActivityGBq: Double
        package var deliveredStrayFraction: Double
    }

    package struct Treatment: Codable, Sendable {
        package var nuclide: String
        package var administrationDateTime: String
        package var injections: [Injection]
        /// At administration.
        package var plannedCompartments: [Compartment]
        /// At administration.
        package var deliveredCompartments: [Compartment]
        package var petHoursAfterAdministration: Double
        /// In the whole body at the start of the PET.
        package var petTotalActivityMBq: Double
        package var petBlurFWHMMM: Double
    }

    /// Mean dose of a structure: all energy of the activity inside it, over its mass.
    package struct Dose: Codable, Sendable {
        package var structure: String
        package var massG: Double
        package var plannedMeanDoseGy: Double
        package var deliveredMeanDoseGy: Double
    }

    /// Compartment truth without blur: local deposition, no cross-fire.
    package struct Doses: Codable, Sendable {
        package var label: String
        package var profile: String
        package var doseConstantGyKgPerGBq: Double
        package var halfLifeHours: Double
        package var tissueDensityGPerML: Double
        package var means: [Dose]
        /// With the profile's conventional lung mass instead of the true one.
        package var conventionalLungMassKg: Double
        package var plannedLungDoseGyConventionalMass: Double
        package var deliveredLungDoseGyConventionalMass: Double
    }

    /// Mean doses by Monte Carlo from the analytic activity, cross-fire included; physical dose.
    package struct TransportedDoses: Codable, Sendable {
        package struct Mean: Codable, Sendable {
            package var structure: String
            package var plannedMeanDoseGy: Double
            package var deliveredMeanDoseGy: Double
            /// 1 sigma, statistical.
            package var relativeUncertainty: Double
        }

        package var note: String
        package var decayData: String
        package var histories: Int
        package var means: [Mean]
    }

    package var format: String
    package var note: String
    package var phantomCase: String
    package var seed: UInt64
    package var isHalfSize: Bool
    package var structures: [Structure]
    package var tumours: [Tumour]
    package var diagnosticCTToSpectCT: Transform
    package var diagnosticCTToPetCT: Transform
    package var workUp: WorkUp
    package var treatment: Treatment
    package var localDepositionDoses: Doses
    package var transportedDoses: TransportedDoses

    /// The document, sorted keys, same bytes for the same values.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data([0x0a])
    }
}
