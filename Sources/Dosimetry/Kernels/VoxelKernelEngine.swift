public import Imaging
public import Physics

/// Convolves decays with the dose that one voxel gives another in an infinite medium.
///
/// Near offsets are served on the dose grid itself with exact voxel-to-voxel doses, the photon
/// tail on grids of twice, four times, … the voxel (see `KernelLevels`). What is convolved is
/// energy: its sum over voxels is that of the point kernels whatever the density.
///
/// Right where density varies slowly over the electron range. Within that range of a lung or bone
/// border it is not: the first 4 mm of lung get 85 % too much of Y-90's dose, the next nearly
/// nothing. Composition is that of the kernels' medium everywhere, 1 % in soft tissue.
///
/// Source: MIRD Pamphlet No. 17, J Nucl Med 1999;40:11S (voxel S values); Dieudonné et al.,
/// J Nucl Med 2013;54:236 (division by the density of the target voxel).
public struct VoxelKernelEngine: DoseEngine {
    public static let identifier = "voxel-kernel/2"

    /// What happens to the energy that a voxel absorbs.
    public enum DensityCorrection: String, Hashable, Sendable, CaseIterable {
        /// The dose of the homogeneous medium, whatever the voxel is made of.
        case none
        /// The energy that the homogeneous medium would take, divided by the voxel's own mass.
        ///
        /// Voxels thinner than ``DensityMap/gasFloorGPerML`` get no dose: divided by the mass of
        /// gas, energy that blur puts there would be a dose of no meaning.
        case voxelMass = "voxel-mass"
    }

    /// At the density of the medium.
    public let kernels: NuclideKernels
    public let correction: DensityCorrection

    public init(kernels: NuclideKernels, correction: DensityCorrection = .voxelMass) {
        self.kernels = kernels
        self.correction = correction
    }

    /// Creates the engine of a nuclide for the tissue that holds the activity.
    ///
    /// - Parameters:
    ///   - nuclide: Whose kernels in water are taken.
    ///   - density: Their density becomes its median where the activity is.
    ///   - activity: The weights of that median, on the grid of `density`.
    /// - Throws: `PhysicsError` when the kernels do not allow it.
    public init(of nuclide: Nuclide, in density: DensityMap, where activity: Volume<Float>) throws {
        self.init(
            kernels: try NuclideKernels.inWater(nuclide).scaled(
                toGPerML: density.median(weightedBy: activity)))
    }

    @concurrent
    public func dose(
        decays: TimeIntegratedActivityMap, density: DensityMap
    ) async throws -> DoseMap {
        try checkInput(decays: decays, density: density)
        return try dose(
            decays: decays, density: density, by: prepared(for: decays.decaysPerML.geometry))
    }

    /// Computes the dose with kernels that were integrated before.
    ///
    /// - Throws: ``DoseError``; `CancellationError`.
    public func dose(
        decays: TimeIntegratedActivityMap, density: DensityMap, by prepared: Prepared
    ) throws -> DoseMap {
        try checkInput(decays: decays, density: density)
        var dose = try prepared.homogeneous(decays)
        if correction == .voxelMass { divide(&dose.grays, by: density) }
        return dose
    }

    /// Integrates the kernels for the voxels of a grid, to be used for any number of maps on it.
    ///
    /// - Throws: `PhysicsError` when the kernels do not allow it.
    public func prepared(for geometry: VolumeGeometry) throws -> Prepared {
        Prepared(geometry: geometry, levels: try KernelLevels(kernels, geometry: geometry))
    }

    /// The kernels of one grid.
    public struct Prepared: Sendable {
        public let geometry: VolumeGeometry
        private let levels: KernelLevels

        init(geometry: VolumeGeometry, levels: KernelLevels) {
            self.geometry = geometry
            self.levels = levels
        }

        /// Returns the dose that the decays would give in the kernels' medium without borders.
        ///
        /// - Throws: ``DoseError/geometryMismatch(_:_:)`` for another grid; `CancellationError`.
        public func homogeneous(_ decays: TimeIntegratedActivityMap) throws -> DoseMap {
            guard decays.decaysPerML.geometry == geometry else {
                throw DoseError.geometryMismatch(decays.decaysPerML.geometry, geometry)
            }
            var amount = decays.decaysPerML
            var doses: [Volume<Float>] = []
            for level in levels.levels {
                try Task.checkCancellation()
                if !doses.isEmpty { amount = try amount.spread(by: level.strides) }
                doses.append(amount.convolved(with: level.kernel))
            }
            var strides = levels.levels.map(\.strides)
            while doses.count > 1, let coarse = doses.popLast(), let stride = strides.popLast() {
                doses[doses.count - 1].addInterpolated(coarse, by: stride)
            }
            // A plan has one level at least.
            var dose = doses[0]
            let perVoxel = Float(geometry.voxelVolumeML)
            dose.updateSlices { _, slice in
                for n in slice.indices { slice[n] *= perVoxel }
            }
            return DoseMap(grays: dose)
        }
    }

    private func divide(_ dose: inout Volume<Float>, by density: DensityMap) {
        let size = dose.geometry.shape.x * dose.geometry.shape.y
        let reference = Float(kernels.electrons.densityGPerML)
        let floor = Float(DensityMap.gasFloorGPerML)
        dose.updateSlices { k, slice in
            density.gramsPerML.withVoxels { rho in
                for n in slice.indices {
                    let own = rho[k * size + n]
                    slice[n] = own < floor ? 0 : slice[n] * reference / own
                }
            }
        }
    }
}
