import Dosimetry
import Imaging
import Physics
import Quantities

extension DoseRun {
    /// The dose by voxel kernels in water, scaled to the density where the activity is and, by
    /// voxel, to the mass that takes the energy.
    ///
    /// Energy that leaves the grid, and what gas would take, counts as escaped.
    static func convolved(_ decay: DecayData, _ inputs: DoseInputs) async throws -> Result {
        let grid = inputs.decays.geometry
        let concentration = inputs.decays.scaled(by: 1 / grid.voxelVolumeML)
        // Vacuum is gas to the engine, which needs a density above 0.
        var matter = inputs.density.gramsPerML
        matter.updateSlices { _, slice in
            for n in slice.indices where slice[n] <= 0 { slice[n] = .leastNormalMagnitude }
        }
        let density = DensityMap(gramsPerML: matter)
        let dose = try await VoxelKernelEngine(
            of: decay.nuclide, in: density, where: inputs.decays
        ).dose(
            decays: TimeIntegratedActivityMap(decaysPerML: concentration), density: density
        ).grays
        let joules = Energy(
            megaelectronvolts: (decay.electronKeVPerDecay + decay.photonKeVPerDecay) * 1e-3
        ).joules
        let emitted = inputs.decays.sum() * joules
        let deposited = absorbedJ(dose, matter)
        return Result(
            dose: dose, uncertainty: Volume(repeating: 0, geometry: grid), emittedJ: emitted,
            depositedJ: deposited, escapedJ: emitted - deposited, histories: 0,
            labels: [])
    }

    private static func absorbedJ(_ dose: Volume<Float>, _ density: Volume<Float>) -> Double {
        var sum = 0.0
        dose.withVoxels { grays in
            density.withVoxels { rho in
                for n in grays.indices { sum += Double(grays[n]) * Double(rho[n]) }
            }
        }
        return sum * dose.geometry.voxelVolumeML * 1e-3
    }
}
