/// A volume of interest on a voxel grid: for each voxel, the share of it that lies inside.
///
/// Only the bounding box is stored. `coverage` runs over the box, `i` fastest.
public struct RegionMask: Hashable, Sendable {
    /// The whole grid the region belongs to.
    public let geometry: VolumeGeometry

    /// The part of the grid that the region touches; empty when the region is empty.
    public let box: IndexBox

    /// The share of each voxel of the box that lies inside, 0 to 1.
    public let coverage: [Float]

    /// Creates a region.
    ///
    /// - Throws: ``ImagingError/voxelCountMismatch(expected:found:)`` when `coverage` does not
    ///   fill the box.
    public init(geometry: VolumeGeometry, box: IndexBox, coverage: [Float]) throws {
        precondition(box.fits(in: geometry.shape), "box \(box) outside grid \(geometry.shape)")
        guard coverage.count == box.count else {
            throw ImagingError.voxelCountMismatch(expected: box.count, found: coverage.count)
        }
        self.geometry = geometry
        self.box = box
        self.coverage = coverage
    }

    /// Creates a region from parts known to fit together.
    init(_ geometry: VolumeGeometry, _ box: IndexBox, _ coverage: [Float]) {
        precondition(
            coverage.count == box.count, "\(coverage.count) shares for \(box.count) voxels")
        self.geometry = geometry
        self.box = box
        self.coverage = coverage
    }

    /// Creates a region that touches nothing.
    public init(empty geometry: VolumeGeometry) {
        self.init(geometry, .empty, [])
    }

    /// The volume inside, in millilitres.
    public var volumeML: Double {
        var total = 0.0
        for share in coverage { total += Double(share) }
        return total * geometry.voxelVolumeML
    }

    /// Calls `body` for every voxel that the region touches.
    ///
    /// - Parameter body: Receives the storage index in the whole grid and the share inside.
    @inlinable
    public func forEachVoxel(_ body: (_ index: Int, _ share: Float) throws -> Void) rethrows {
        var n = 0
        for k in box.lower.z ..< box.upper.z {
            for j in box.lower.y ..< box.upper.y {
                var index = geometry.offset(box.lower.x, j, k)
                for _ in box.lower.x ..< box.upper.x {
                    if coverage[n] > 0 { try body(index, coverage[n]) }
                    n += 1
                    index += 1
                }
            }
        }
    }
}

/// A block of voxel indices, lower bound inside and upper bound outside.
public struct IndexBox: Hashable, Sendable {
    public let lower: Vector3<Int>
    public let upper: Vector3<Int>

    public init(lower: Vector3<Int>, upper: Vector3<Int>) {
        precondition(
            lower.x <= upper.x && lower.y <= upper.y && lower.z <= upper.z,
            "box bounds crossed: \(lower), \(upper)")
        self.lower = lower
        self.upper = upper
    }

    public static let empty = IndexBox(lower: [0, 0, 0], upper: [0, 0, 0])

    /// The number of voxels in the block.
    public var count: Int {
        (upper.x - lower.x) * (upper.y - lower.y) * (upper.z - lower.z)
    }

    func fits(in shape: Vector3<Int>) -> Bool {
        lower.smallest >= 0 && upper.x <= shape.x && upper.y <= shape.y && upper.z <= shape.z
    }
}
