public import Imaging

/// Mean doses as shares of counts over mass, and how they move with borders and registration.
///
/// D_s = Σ_k w_k · c_sk/(C_k · m_s) in an arbitrary unit: c_sk counts of territory k inside
/// structure s, C_k all counts of the territory, m_s the structure's mass, w_k the activity that
/// stays in the territory. Counts and mass of a structure come from the same border, and C_k from
/// the territory's: moving a border changes all of them together, which is how their covariance
/// enters. In a territory as a whole the counts cancel and the mass alone is left; inside a region
/// of even uptake counts and mass cancel and nothing is left.
///
/// Only first derivatives by borders are taken: a border that moves by a fifth of the radius
/// changes a sphere's volume by 60 % in first order, by 73 % outwards and 49 % inwards in truth.
public struct ShareModel: Sendable {
    /// A structure of a plan.
    public struct Structure: Sendable {
        public let region: RegionMask
        /// The drawn outline that it is, or is cut from; `nil` for the whole grid.
        public let outline: Int?
        /// Drawn outlines that were cut out of it.
        public let without: [Int]

        public init(region: RegionMask, outline: Int?, without: [Int] = []) {
            self.region = region
            self.outline = outline
            self.without = without
        }
    }

    /// Tissue whose activity is known.
    public struct Territory: Sendable {
        public let region: RegionMask
        public let outline: Int?
        /// The activity that stays in it, in any unit.
        public let weight: Double

        public init(region: RegionMask, outline: Int?, weight: Double) {
            self.region = region
            self.outline = outline
            self.weight = weight
        }
    }

    let counts: Volume<Float>
    let density: Volume<Float>
    let outlines: [RegionMask]
    let structures: [Structure]
    /// Empty for absolute counts: D_s = c_s/m_s.
    let territories: [Territory]
    /// For each territory, its part of the perfused tissue in each voxel of the grid.
    let perfused: [[Float]]
    /// Doses without a shift, by structure and territory.
    private(set) var central: [[Double]] = []

    /// Creates a model of doses from shares of counts, or from counts themselves.
    ///
    /// - Parameters:
    ///   - counts: Amounts per voxel; below 0 counts as 0.
    ///   - density: Mass density on the same grid.
    ///   - outlines: Drawn outlines on the same grid, which structures and territories name by place.
    ///   - structures: Whose doses are asked for.
    ///   - territories: Where known activities went; empty when the counts are absolute.
    /// - Throws: ``DoseError/geometryMismatch(_:_:)``, ``ImagingError``.
    public init(
        counts: Volume<Float>, density: DensityMap, outlines: [RegionMask],
        structures: [Structure], territories: [Territory]
    ) throws {
        let grid = counts.geometry
        let grids =
            [density.gramsPerML.geometry] + outlines.map(\.geometry)
            + structures.map(\.region.geometry) + territories.map(\.region.geometry)
        if let other = grids.first(where: { $0 != grid }) {
            throw DoseError.geometryMismatch(grid, other)
        }
        self.counts = counts
        self.density = density.gramsPerML
        self.outlines = outlines
        self.structures = structures
        self.territories = territories
        perfused = Self.perfused(territories, grid)
        central = parts(shiftedBy: [.zero])[0]
    }

    /// χ_k / min(1, Σ χ): in a border voxel only its perfused part takes activity.
    private static func perfused(
        _ territories: [Territory], _ grid: VolumeGeometry
    ) -> [[Float]] {
        var sum = [Float](repeating: 0, count: territories.isEmpty ? 0 : grid.count)
        for territory in territories {
            territory.region.forEachVoxel { index, share in sum[index] += share }
        }
        return territories.map { territory in
            var shares = [Float](repeating: 0, count: grid.count)
            territory.region.forEachVoxel { index, share in
                shares[index] = share / min(1, sum[index])
            }
            return shares
        }
    }

    // MARK: - Doses

    /// The doses, one per structure; 0 where no counts are.
    public var doses: [Double] { central.map { $0.reduce(0, +) } }

    /// Returns the doses when the counts are shifted by whole voxels.
    ///
    /// A shift by `n` shows at voxel x what lies at x − n; beyond the grid its outermost voxel
    /// goes on.
    ///
    /// - Returns: For each shift, one dose per structure; 0 where no counts are.
    public func doses(shiftedBy shifts: [Vector3<Int>]) -> [[Double]] {
        parts(shiftedBy: shifts).map { $0.map { $0.reduce(0, +) } }
    }

    /// Doses by territory: `[shift][structure][territory]`; structures side by side.
    func parts(shiftedBy shifts: [Vector3<Int>]) -> [[[Double]]] {
        let totals = concurrentMap(count: territories.count) {
            WeightedBox(territories[$0].region).sums(of: counts, shifts: shifts)
        }
        let doses = concurrentMap(count: structures.count) {
            parts(of: structures[$0], shiftedBy: shifts, totals: totals)
        }
        return shifts.indices.map { n in doses.map { $0[n] } }
    }

    /// Doses of one structure: `[shift][territory]`.
    private func parts(
        of structure: Structure, shiftedBy shifts: [Vector3<Int>], totals: [[Double]]
    ) -> [[Double]] {
        let mass = density.sum(over: structure.region)
        let inside =
            perfused.isEmpty
            ? [WeightedBox(structure.region).sums(of: counts, shifts: shifts)]
            : perfused.map {
                WeightedBox(structure.region, times: $0).sums(of: counts, shifts: shifts)
            }
        return shifts.indices.map { n in
            inside.indices.map { k in
                guard mass > 0 else { return 0 }
                guard !territories.isEmpty else { return inside[k][n] / mass }
                let total = totals[k][n]
                return total > 0 ? territories[k].weight * inside[k][n] / (total * mass) : 0
            }
        }
    }
}

/// Weights over the box of a region, to sum shifted voxels with.
private struct WeightedBox {
    private let box: IndexBox
    private let weights: [Float]
    private let isEmpty: Bool

    init(_ region: RegionMask) {
        box = region.box
        weights = region.coverage
        isEmpty = region.isEmpty
    }

    init(_ region: RegionMask, times map: [Float]) {
        var product = region.coverage
        var n = 0
        for k in region.box.lower.z ..< region.box.upper.z {
            for j in region.box.lower.y ..< region.box.upper.y {
                var index = region.geometry.offset(region.box.lower.x, j, k)
                for _ in region.box.lower.x ..< region.box.upper.x {
                    product[n] *= map[index]
                    n += 1
                    index += 1
                }
            }
        }
        box = region.box
        weights = product
        isEmpty = !product.contains { $0 > 0 }
    }

    /// Σ weight · max(0, counts) for each shift.
    ///
    /// All shifts side by side: each sum waits for the addition before it.
    func sums(of counts: Volume<Float>, shifts: [Vector3<Int>]) -> [Double] {
        var sums = [Double](repeating: 0, count: shifts.count)
        guard !isEmpty else { return sums }
        let shape = counts.geometry.shape
        var rows = [Int](repeating: 0, count: shifts.count)
        counts.withVoxels { voxels in
            var n = 0
            for k in box.lower.z ..< box.upper.z {
                for j in box.lower.y ..< box.upper.y {
                    for s in shifts.indices {
                        rows[s] = counts.geometry.offset(
                            0, min(max(j - shifts[s].y, 0), shape.y - 1),
                            min(max(k - shifts[s].z, 0), shape.z - 1))
                    }
                    for i in box.lower.x ..< box.upper.x {
                        let weight = Double(weights[n])
                        n += 1
                        guard weight != 0 else { continue }
                        for s in shifts.indices {
                            let from = rows[s] + min(max(i - shifts[s].x, 0), shape.x - 1)
                            sums[s] += weight * Double(max(0, voxels[from]))
                        }
                    }
                }
            }
        }
        return sums
    }
}

extension Volume where Scalar == Float {
    /// Σ value · share over a region.
    func sum(over region: RegionMask) -> Double {
        withVoxels { voxels in
            var sum = 0.0
            region.forEachVoxel { index, share in sum += Double(voxels[index]) * Double(share) }
            return sum
        }
    }
}
