public import Imaging
public import Physics

/// Convolves decays with the dose that one voxel gives another in an infinite medium.
///
/// Distances are served by octaves: near offsets on the dose grid itself, those of the photon
/// tail on grids of twice, four times, … the voxel, each with its own kernel from the same point
/// kernel. Neighbouring octaves blend over a ramp, so their sum is the whole kernel. What is
/// convolved is energy: the sum over voxels is that of the point kernel whatever the density.
///
/// Right where density varies slowly over the electron range. Within that range of a lung or bone
/// border it is not: compare dose-point-kernel scaling with Monte Carlo before trusting it there.
///
/// Source: MIRD Pamphlet No. 17, J Nucl Med 1999;40:11S (voxel S values); Dieudonné et al.,
/// J Nucl Med 2013;54:236 (division by the density of the target voxel).
public struct VoxelKernelEngine: DoseEngine {
    public static let identifier = "voxel-kernel/1"

    /// What happens to the energy that a voxel absorbs.
    public enum DensityCorrection: String, Hashable, Sendable, CaseIterable {
        /// The dose of the homogeneous medium, whatever the voxel is made of.
        case none
        /// The energy that the homogeneous medium would take, divided by the voxel's own mass.
        case voxelMass = "voxel-mass"
    }

    public let point: PointKernel
    public let correction: DensityCorrection

    /// What the electrons of every nuclide here stay within, in mm at 1 g/mL: Y-90 goes 11.
    static let electronRangeMM = 12.0

    public init(point: PointKernel, correction: DensityCorrection = .voxelMass) {
        self.point = point
        self.correction = correction
    }

    @concurrent
    public func dose(
        decays: TimeIntegratedActivityMap, density: DensityMap
    ) async throws -> DoseMap {
        try checkInput(decays: decays, density: density)
        let geometry = decays.decaysPerML.geometry
        let octaves = KernelOctaves(
            point, electronRangeMM: Self.electronRangeMM / point.densityGPerML,
            sidesMM: geometry.spacingMM, shape: geometry.shape)
        var levels: [Volume<Float>] = []
        var amount = decays.decaysPerML
        for octave in octaves.levels {
            try Task.checkCancellation()
            if !levels.isEmpty { amount = try amount.sharedAmongBlocks() }
            let kernel = try octave.kernel(scale: geometry.voxelVolumeML)
            levels.append(amount.convolved(with: kernel))
        }
        while levels.count > 1, let coarse = levels.popLast() {
            levels[levels.count - 1].addInterpolated(halved: coarse)
        }
        guard var dose = levels.first else { throw DoseError.emptyRegion(name: "dose grid") }
        if correction == .voxelMass { divide(&dose, by: density) }
        return DoseMap(grays: dose)
    }

    private func divide(_ dose: inout Volume<Float>, by density: DensityMap) {
        let size = dose.geometry.shape.x * dose.geometry.shape.y
        let reference = Float(point.densityGPerML)
        dose.updateSlices { k, slice in
            density.gramsPerML.withVoxels { rho in
                for n in slice.indices { slice[n] *= reference / rho[k * size + n] }
            }
        }
    }
}
