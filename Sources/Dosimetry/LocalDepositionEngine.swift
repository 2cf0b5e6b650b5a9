public import Imaging
public import Physics
public import Quantities

/// Deposits all charged-particle energy in the voxel of decay.
///
/// D = ã · E / ρ, with ã the decays per volume, E the energy per decay that the profile's dose
/// constant and half-life imply, and ρ the mass density. Valid while the particle range is well
/// below the resolution of the image. With ã = A · T / (ln 2 · V) the dose is exactly C · A / m.
///
/// Source: Bolch et al., MIRD Pamphlet No. 17, J Nucl Med 1999;40:11S-36S; EANM SOP, Chiesa et
/// al., EJNMMI Phys 2021 (permanent trapping, local deposition).
public struct LocalDepositionEngine: DoseEngine {
    public static let identifier = "local-deposition/1"

    /// The energy that one decay leaves in its voxel.
    public let energyPerDecay: Energy

    /// Creates the engine of a profile.
    public init(profile: ConventionProfile) { energyPerDecay = profile.energyPerDecay }

    /// Creates an engine that follows no convention: all electron energy of the decay data stays.
    public init(physical decay: DecayData) {
        energyPerDecay = Energy(megaelectronvolts: decay.electronKeVPerDecay * 1e-3)
    }

    @concurrent
    public func dose(
        decays: TimeIntegratedActivityMap, density: DensityMap
    ) async throws -> DoseMap {
        try checkInput(decays: decays, density: density)
        let geometry = decays.decaysPerML.geometry
        try Task.checkCancellation()

        // 1 J/g = 1000 Gy.
        let scale = energyPerDecay.joules * 1000
        let sliceSize = geometry.shape.x * geometry.shape.y
        var dose = decays.decaysPerML
        dose.updateSlices { k, slice in
            density.gramsPerML.withVoxels { rho in
                for n in slice.indices {
                    slice[n] = Float(
                        Double(slice[n]) * scale / Double(rho[k * sliceSize + n]))
                }
            }
        }
        return DoseMap(grays: dose)
    }
}
