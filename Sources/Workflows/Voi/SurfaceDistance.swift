package import Imaging

/// The distance of each voxel of a block to a region's surface, in millimetres.
///
/// The surface is where the coverage crosses a half between neighbouring voxels' centres, so it is
/// finer than the voxels where borders are partly covered. The edge of the grid is no border.
package struct SurfaceDistance {
    let grid: VolumeGeometry
    let box: IndexBox
    /// Over the box, `i` fastest; negative inside, infinite when there is no surface.
    package let signedMM: [Float]

    private var shape: Vector3<Int> { box.sides }

    /// Sub-samples of a border voxel along each axis when a coverage is made.
    private static let samples = 4

    init(grid: VolumeGeometry, box: IndexBox, signedMM: [Float]) {
        (self.grid, self.box, self.signedMM) = (grid, box, signedMM)
    }

    /// Measures from a region's surface, over its box and `reachMM` around it.
    ///
    /// - Parameters:
    ///   - region: The region.
    ///   - reachMM: How far round it.
    ///   - inSlices: Whether each slice is measured for itself.
    init(_ region: RegionMask, reachMM: Double, inSlices: Bool = false) {
        let box = region.box.widened(byMM: reachMM, in: region.geometry)
        self.init(region.shares(over: box), on: region.geometry, box, inSlices: inSlices)
    }

    package init(_ shares: [Float], on grid: VolumeGeometry, _ box: IndexBox, inSlices: Bool) {
        (self.grid, self.box) = (grid, box)
        let lines = LineDistances(shape: box.sides, spacingMM: grid.spacingMM)
        let axes = inSlices ? [0, 1] : [0, 1, 2]
        var nearest = [Float](repeating: .infinity, count: shares.count)
        for axis in axes {
            var squared = lines.toCrossings(shares, along: axis)
            for other in axes where other != axis { lines.spread(&squared, along: other) }
            for n in nearest.indices { nearest[n] = min(nearest[n], squared[n]) }
        }
        for n in nearest.indices {
            nearest[n] = (shares[n] >= 0.5 ? -1 : 1) * nearest[n].squareRoot()
        }
        signedMM = nearest
    }

    /// The region of what lies less than `levelMM` outside the surface (negative: deeper inside).
    ///
    /// - Throws: ``ImagingError`` never for a box of the grid.
    func region(below levelMM: Double) throws -> RegionMask {
        let half = 0.5 * grid.spacingMM.length
        let level = Float(levelMM)
        var shares = [Float](repeating: 0, count: signedMM.count)
        var n = 0
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y {
                for i in 0 ..< shape.x {
                    let distance = signedMM[n] - level
                    if distance <= Float(-half) {
                        shares[n] = 1
                    } else if distance < Float(half) {
                        shares[n] = share(i, j, k, below: level)
                    }
                    n += 1
                }
            }
        }
        return try RegionMask(geometry: grid, box: box, coverage: shares).scaled(1)
    }

    /// The share of a voxel below a level, by sub-samples between the distances of its neighbours.
    private func share(_ i: Int, _ j: Int, _ k: Int, below level: Float) -> Float {
        let count = Self.samples
        var inside = 0
        for c in 0 ..< (shape.z > 1 ? count : 1) {
            let z = shape.z > 1 ? Self.offset(c) : 0
            for b in 0 ..< count {
                for a in 0 ..< count
                where value(i, j, k, Self.offset(a), Self.offset(b), z) < level { inside += 1 }
            }
        }
        return Float(inside) / Float(count * count * (shape.z > 1 ? count : 1))
    }

    private static func offset(_ n: Int) -> Float {
        (Float(n) + 0.5) / Float(samples) - 0.5
    }

    /// The distance at an offset from a voxel's centre, linear; as at the edge beyond the block.
    private func value(
        _ i: Int, _ j: Int, _ k: Int, _ x: Float, _ y: Float, _ z: Float
    ) -> Float {
        func pair(_ n: Int, _ offset: Float, _ count: Int) -> (Int, Int, Float) {
            let other = min(max(n + (offset < 0 ? -1 : 1), 0), count - 1)
            return (n, other, abs(offset))
        }
        let (i0, i1, fx) = pair(i, x, shape.x)
        let (j0, j1, fy) = pair(j, y, shape.y)
        let (k0, k1, fz) = pair(k, z, shape.z)
        func line(_ j: Int, _ k: Int) -> Float {
            let row = shape.x * (j + shape.y * k)
            return signedMM[row + i0] + fx * (signedMM[row + i1] - signedMM[row + i0])
        }
        func plane(_ k: Int) -> Float {
            let first = line(j0, k)
            return fy == 0 ? first : first + fy * (line(j1, k) - first)
        }
        let first = plane(k0)
        return fz == 0 ? first : first + fz * (plane(k1) - first)
    }
}

extension IndexBox {
    /// Voxels along each axis.
    var sides: Vector3<Int> {
        Vector3(upper.x - lower.x, upper.y - lower.y, upper.z - lower.z)
    }

    /// The block and at least `mm` around it, one voxel if that is less, within the grid.
    func widened(byMM mm: Double, in grid: VolumeGeometry) -> IndexBox {
        // No further than the grid goes: a distance may be too many voxels for an `Int`.
        func steps(_ spacing: Double, _ count: Int) -> Int {
            1 + Int(min((max(0, mm) / spacing).rounded(.up), Double(count)))
        }
        let (x, y, z) = (
            steps(grid.spacingMM.x, grid.shape.x), steps(grid.spacingMM.y, grid.shape.y),
            steps(grid.spacingMM.z, grid.shape.z)
        )
        return IndexBox(
            lower: Vector3(max(0, lower.x - x), max(0, lower.y - y), max(0, lower.z - z)),
            upper: Vector3(
                min(grid.shape.x, upper.x + x), min(grid.shape.y, upper.y + y),
                min(grid.shape.z, upper.z + z)))
    }
}

extension RegionMask {
    /// The share of each voxel of a block, `i` fastest.
    func shares(over block: IndexBox) -> [Float] {
        var shares = [Float](repeating: 0, count: block.count)
        let sides = block.sides
        func common(_ a: Int, _ b: Int, _ c: Int, _ d: Int) -> Range<Int> {
            let low = max(a, b)
            return low ..< max(low, min(c, d))
        }
        let columns = common(box.lower.x, block.lower.x, box.upper.x, block.upper.x)
        let rows = common(box.lower.y, block.lower.y, box.upper.y, block.upper.y)
        let slices = common(box.lower.z, block.lower.z, box.upper.z, block.upper.z)
        let own = box.sides
        for k in slices {
            for j in rows {
                let from = own.x * (j - box.lower.y + own.y * (k - box.lower.z)) - box.lower.x
                let to = sides.x * (j - block.lower.y + sides.y * (k - block.lower.z))
                for i in columns { shares[to + i - block.lower.x] = coverage[from + i] }
            }
        }
        return shares
    }
}
