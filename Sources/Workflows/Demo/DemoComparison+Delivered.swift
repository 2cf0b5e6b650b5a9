import Foundation
import Imaging
import Phantom
import Physics
import Quantities

/// Holds what the post-treatment PET of the synthetic patient showed against its truth.
struct DemoDelivered {
    let truth: PhantomTruth
    let options: PhantomOptions
    let delivered: DeliveredResult

    private var document: DeliveredDocument { delivered.document }

    func add(to table: inout DemoTable) throws {
        let injected = truth.treatment.injections.reduce(0) {
            $0 + $1.deliveredInjectedActivityGBq
        }
        if let imaged = document.image.activityGBq {
            table.add(
                "activity in the PET", "GBq", truth: injected, got: imaged, bound: 0.02 * injected,
                because: "2 %: noise of the whole image")
        }
        addLungs(to: &table)
        try addTerritories(to: &table)
    }

    /// Delivered activity times the plan's shunt, so the error is that of the shunt.
    private func addLungs(to table: inout DemoTable) {
        let exact = truth.localDepositionDoses.deliveredLungDoseGyConventionalMass
        let shunt = table.rows.first { $0.quantity == "lung shunt, SPECT" }
        let perPoint = shunt.map { exact / $0.truth }
        table.add(
            "lung dose delivered", "Gy", truth: exact,
            expected: shunt.flatMap { row in
                row.expectedFromImage.flatMap { expected in perPoint.map { $0 * expected } }
            }, got: document.lungs.deliveredMeanDoseGy,
            bound: shunt.flatMap { row in
                row.bound.flatMap { bound in perPoint.map { $0 * bound } }
            }, because: "the bound of the shunt")
    }

    /// Mean doses by the PET's own Bq/mL: C · A / M with the activity that the blur leaves inside.
    private func addTerritories(to table: inout DemoTable) throws {
        let simulation = Simulation(options: options)
        let profile = delivered.profile
        let halfLife = try ConventionProfile.named(Scenario.profileName).halfLife
        let expectedPet = try simulation.expectedPet(halfLife: halfLife)
        let image = BlurredTruth(
            image: expectedPet, registration: try document.registration.transform)
        let voxelML = expectedPet.geometry.voxelVolumeML
        let atAdministration = exp2(Scenario.petDelay.hours / halfLife.hours)
        let noise = try simulation.petNoise()
        for (structure, name) in [("Territory right", "right"), ("Territory left", "left")] {
            guard
                let exact = truth.localDepositionDoses.means.first(where: {
                    $0.structure == structure
                }),
                let region = delivered.ground.regions.named(name),
                let got = document.structures.first(where: { $0.name == name })?
                    .absoluteMeanDoseGy,
                let inside = image.sum(in: structure),
                let variance = image.sum(
                    in: structure,
                    of: { share, value in
                        let deviation = share * noise(value)
                        return deviation * deviation
                    })
            else { continue }
            let grayPerBqPerML =
                voxelML * atAdministration * 1e-9 * profile.doseConstantGyKgPerGBq
                / (exact.massG / 1000)
            let expected = grayPerBqPerML * inside
            let gridding = region.mask.shareMoved(by: extraBlurMM(expectedPet.geometry))
            table.add(
                "delivered, PET, \(structure)", "Gy", truth: exact.deliveredMeanDoseGy,
                expected: expected, got: got,
                bound: 3 * grayPerBqPerML * variance.squareRoot() + (gridding + 0.01) * expected,
                because: "3 σ of the noise, blur of putting the PET on the dose grid, 1 % of volume"
            )
        }
    }

    /// By how much the dose grid widens σ.
    ///
    /// The PET's own σ holds its blur and the mean over its voxels (h² / 12). Spreading a voxel over
    /// a grid turned against it adds at most the box of a PET voxel and that of a dose voxel.
    private func extraBlurMM(_ pet: VolumeGeometry) -> Double {
        let blurMM = Scenario.petBlurMM / GaussianBlur.widthPerSigma
        let voxel = pet.spacingMM.x * pet.spacingMM.x / 12
        let grid = delivered.ground.grid.spacingMM.x
        let own = blurMM * blurMM + voxel
        return (own + voxel + grid * grid / 12).squareRoot() - own.squareRoot()
    }
}

extension RegionMask {
    /// The share of an even concentration that a wider blur carries out of the region.
    ///
    /// A flat face of area S loses S · σ / √(2π) times the concentration. S sums the steps of the
    /// mask along the three axes, which is never below the true area.
    fileprivate func shareMoved(by sigmaMM: Double) -> Double {
        let spacing = geometry.spacingMM
        var areaMM2 = 0.0
        for k in box.lower.z ..< box.upper.z + 1 {
            for j in box.lower.y ..< box.upper.y + 1 {
                for i in box.lower.x ..< box.upper.x + 1 {
                    let here = Double(self[i, j, k])
                    areaMM2 += abs(here - Double(self[i - 1, j, k])) * spacing.y * spacing.z
                    areaMM2 += abs(here - Double(self[i, j - 1, k])) * spacing.x * spacing.z
                    areaMM2 += abs(here - Double(self[i, j, k - 1])) * spacing.x * spacing.y
                }
            }
        }
        return areaMM2 * sigmaMM / (2 * Double.pi).squareRoot() / (volumeML * 1000)
    }
}
