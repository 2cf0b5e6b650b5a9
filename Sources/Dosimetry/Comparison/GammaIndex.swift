public import Imaging

/// By how much two doses may differ, and over what distance.
public struct GammaCriteria: Hashable, Sendable {
    /// What the dose difference is a share of.
    public enum Normalisation: String, Hashable, Sendable, CaseIterable {
        /// The highest reference dose.
        case global
        /// The reference dose of the voxel itself.
        case local
    }

    /// Dose difference, as a fraction.
    public var doseShare: Double
    /// Distance to agreement, in mm.
    public var distanceMM: Double
    public var normalisation: Normalisation
    /// Voxels below this share of the highest reference dose are not looked at.
    public var thresholdShare: Double

    public init(
        doseShare: Double = 0.02, distanceMM: Double, normalisation: Normalisation = .global,
        thresholdShare: Double = 0.1
    ) {
        self.doseShare = doseShare
        self.distanceMM = distanceMM
        self.normalisation = normalisation
        self.thresholdShare = thresholdShare
    }
}

/// The gamma index of one dose against another.
///
/// γ of a reference voxel is the least √((Δr/DTA)² + (ΔD/tolerance)²) over places of the evaluated
/// dose, which is interpolated linearly in steps of a tenth of the distance to agreement or less.
/// Values above ``highest`` are not told apart.
///
/// Source: Low, Harms, Mutic, Purdy, Med Phys 1998;25:656-661.
public struct GammaIndex: Sendable {
    /// The search ends here.
    public static let highest = 2.0

    /// γ of every voxel that was looked at, -1 elsewhere.
    public let map: Volume<Float>
    /// Voxels that were looked at.
    public let evaluated: Int
    /// The share of them with γ of 1 or less; 1 when there are none.
    public let passRate: Double
    public let mean: Double

    /// Compares two doses on one grid.
    ///
    /// - Parameters:
    ///   - reference: The dose that is held true.
    ///   - evaluated: The dose that is tested.
    ///   - criteria: What agrees.
    ///   - region: Voxels looked at; `nil` for all.
    /// - Throws: ``DoseError/geometryMismatch(_:_:)``,
    ///   ``DoseError/outOfRange(parameter:value:)`` for criteria that are not positive,
    ///   ``DoseError/nonFiniteValue(atVoxel:)``.
    public init(
        reference: DoseMap, evaluated: DoseMap, criteria: GammaCriteria, region: RegionMask? = nil
    ) throws {
        let (truth, tested) = (reference.grays, evaluated.grays)
        let grid = truth.geometry
        for other in [tested.geometry, region?.geometry ?? grid] where other != grid {
            throw DoseError.geometryMismatch(grid, other)
        }
        for (name, value) in [
            ("doseShare", criteria.doseShare), ("distanceMM", criteria.distanceMM),
        ] where !(value > 0 && value.isFinite) {
            throw DoseError.outOfRange(parameter: name, value: value)
        }
        for volume in [truth, tested] {
            if let voxel = volume.firstIndex(where: { !$0.isFinite }) {
                throw DoseError.nonFiniteValue(atVoxel: voxel)
            }
        }
        let wanted = Self.wanted(region, count: grid.count)
        let top = truth.withVoxels { s in s.indices.reduce(0) { max($0, Double(s[$1])) } }
        let search = GammaSearch(criteria, in: tested)
        var map = Volume<Float>(repeating: -1, geometry: grid)
        let (width, size) = (grid.shape.x, grid.shape.x * grid.shape.y)
        map.updateSlices { k, slice in
            for n in slice.indices where wanted.isEmpty || wanted[k * size + n] {
                let dose = Double(truth[n % width, n / width, k])
                guard dose > 0, dose >= criteria.thresholdShare * top else { continue }
                let scale = criteria.normalisation == .global ? top : dose
                slice[n] = Float(
                    search.gamma(
                        dose, at: Vector3(n % width, n / width, k),
                        tolerance: criteria.doseShare * scale))
            }
        }
        let values = map.voxels.filter { $0 >= 0 }
        self.map = map
        self.evaluated = values.count
        passRate =
            values.isEmpty
            ? 1 : Double(values.count { $0 <= 1 }) / Double(values.count)
        mean = values.isEmpty ? 0 : values.reduce(0) { $0 + Double($1) } / Double(values.count)
    }

    private static func wanted(_ region: RegionMask?, count: Int) -> [Bool] {
        guard let region else { return [] }
        var wanted = [Bool](repeating: false, count: count)
        region.forEachVoxel { index, share in wanted[index] = share >= 0.5 }
        return wanted
    }
}
