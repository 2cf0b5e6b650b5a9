extension Volume where Scalar == Float {
    /// Shares out parts of each voxel over a turned grid, slabs of the target in parallel.
    ///
    /// Each part is a box along the target's axes, as wide along each as the part's extents add up
    /// to in quadrature: exact where the grids are not turned, whole in sum always. A part that
    /// went whole where its centre lies gave neighbouring voxels 3 or 4 parts by turns, a pattern
    /// of ±12 % along every axis in the dose of a 4.4 mm SPECT on a 3 mm grid.
    ///
    /// Every slab goes through the voxels that reach it in the order of storage, so a target voxel
    /// adds its parts in one order, whatever the slabs and the number of threads.
    func scattered(
        onto target: VolumeGeometry, through transform: RigidTransform
    ) -> Volume<Float> {
        let parts = VoxelParts(from: geometry, onto: target, through: transform)
        let source = self
        var result = Volume(repeating: 0, geometry: target)
        result.updateSlabs(of: VoxelParts.slabThickness) { slices, slab in
            var amounts = [Double](repeating: 0, count: slab.count)
            source.withVoxels { voxels in
                var sums = amounts.mutableSpan
                parts.add(voxels, to: &sums, slices: slices)
            }
            for n in slab.indices { slab[n] = Float(amounts[n]) }
        }
        return result
    }
}

/// How the voxels of one grid fall into parts over another.
private struct VoxelParts: Sendable {
    private let source: VolumeGeometry
    private let target: VolumeGeometry
    private let map: IndexMap
    /// Centres of the parts from the centre of their voxel, in target voxels.
    private let offsets: [Vector3<Double>]
    /// Half the width of a part, in target voxels.
    private let half: Vector3<Double>
    /// How far the parts of a voxel reach from its centre, in target voxels.
    private let reach: Vector3<Double>

    /// Slices of a slab: a voxel reaches into two or three, so few voxels are in several slabs.
    static let slabThickness = 8

    init(
        from source: VolumeGeometry, onto target: VolumeGeometry,
        through transform: RigidTransform
    ) {
        (self.source, self.target) = (source, target)
        map = IndexMap(from: source, to: target, through: transform.inverse)
        let columns = map.matrix.transposed.rows
        func parts(_ column: Vector3<Double>) -> Int {
            Int(min(8, max(3, (3 * column.length).rounded(.up))))
        }
        let samples = Vector3(parts(columns.x), parts(columns.y), parts(columns.z))
        let matrix = map.matrix
        offsets = subVoxelOffsets(samples).map { matrix * $0 }
        let half = halfExtent(
            of: matrix, parts: Vector3(Double(samples.x), Double(samples.y), Double(samples.z)))
        self.half = half
        reach =
            offsets.reduce(Vector3(0.0, 0, 0)) {
                Vector3(max($0.x, abs($1.x)), max($0.y, abs($1.y)), max($0.z, abs($1.z)))
            } + half
    }

    /// Adds what falls into some slices of the target; `sums` are the amounts in these.
    func add(_ voxels: Span<Float>, to sums: inout MutableSpan<Double>, slices: Range<Int>) {
        let shape = source.shape
        let offsets = offsets.span
        let firstVoxel = target.offset(0, 0, slices.lowerBound)
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y where isNear(row: j, k, slices) {
                let start = source.offset(0, j, k)
                for i in 0 ..< shape.x {
                    let amount = Double(voxels[start + i]) / Double(offsets.count)
                    guard amount != 0 else { continue }
                    let centre = map(Vector3(Double(i), Double(j), Double(k)))
                    guard isNear(centre, slices) else { continue }
                    if isInside(centre, slices) {
                        for n in offsets.indices {
                            shareInside(
                                amount, at: centre + offsets[n], into: &sums, from: firstVoxel)
                        }
                    } else {
                        for n in offsets.indices {
                            share(amount, at: centre + offsets[n], into: &sums, slices)
                        }
                    }
                }
            }
        }
    }

    /// Whether any voxel of a row may reach the slices.
    private func isNear(row j: Int, _ k: Int, _ slices: Range<Int>) -> Bool {
        let first = map(Vector3(0, Double(j), Double(k))).z
        let last = map(Vector3(Double(source.shape.x - 1), Double(j), Double(k))).z
        // More than what the ends of a long row round to.
        let slack = reach.z + 1e-3
        return max(first, last) + slack > Double(slices.lowerBound) - 0.5
            && min(first, last) - slack < Double(slices.upperBound) - 0.5
    }

    /// Whether the parts of a voxel reach the grid and the slices.
    @inline(__always)
    private func isNear(_ centre: Vector3<Double>, _ slices: Range<Int>) -> Bool {
        centre.x + reach.x > -0.5 && centre.x - reach.x < Double(target.shape.x) - 0.5
            && centre.y + reach.y > -0.5 && centre.y - reach.y < Double(target.shape.y) - 0.5
            && centre.z + reach.z > Double(slices.lowerBound) - 0.5
            && centre.z - reach.z < Double(slices.upperBound) - 0.5
    }

    /// Whether all parts of a voxel lie inside the grid and the slices.
    private func isInside(_ centre: Vector3<Double>, _ slices: Range<Int>) -> Bool {
        centre.x - reach.x > 0 && centre.x + reach.x < Double(target.shape.x - 1)
            && centre.y - reach.y > 0 && centre.y + reach.y < Double(target.shape.y - 1)
            && centre.z - reach.z > Double(slices.lowerBound)
            && centre.z + reach.z < Double(slices.upperBound - 1)
    }

    /// Adds an amount to the voxels that a part overlaps, by overlap; what lies outside is left out.
    private func share(
        _ amount: Double, at index: Vector3<Double>, into sums: inout MutableSpan<Double>,
        _ slices: Range<Int>
    ) {
        let z = AxisShare(at: index.z, half: half.z)
        guard z.first < slices.upperBound && z.first + z.count > slices.lowerBound else { return }
        let x = AxisShare(at: index.x, half: half.x)
        let y = AxisShare(at: index.y, half: half.y)
        let (columns, rows) = (target.shape.x, target.shape.y)
        for c in 0 ..< z.count where slices.contains(z.first &+ c) {
            for b in 0 ..< y.count where (0 ..< rows).contains(y.first &+ b) {
                let part = amount * z.weight(c) * y.weight(b)
                let row =
                    columns &* (y.first &+ b &+ rows &* (z.first &+ c &- slices.lowerBound))
                for a in 0 ..< x.count where (0 ..< columns).contains(x.first &+ a) {
                    sums[row &+ x.first &+ a] += part * x.weight(a)
                }
            }
        }
    }

    /// The same, in the same order, for a part that lies inside with all that it overlaps.
    ///
    /// Written out, because loops of one or two turns cost as much as the additions in them.
    @inline(__always)
    private func shareInside(
        _ amount: Double, at index: Vector3<Double>, into sums: inout MutableSpan<Double>,
        from firstVoxel: Int
    ) {
        let x = AxisShare(at: index.x, half: half.x)
        let y = AxisShare(at: index.y, half: half.y)
        let z = AxisShare(at: index.z, half: half.z)
        let columns = target.shape.x
        let plane = columns &* target.shape.y
        @inline(__always)
        func addRow(_ part: Double, at voxel: Int) {
            sums[voxel] += part * x.weight(0)
            if x.count == 2 { sums[voxel &+ 1] += part * x.weight(1) }
        }
        @inline(__always)
        func addSlice(_ part: Double, at voxel: Int) {
            addRow(part * y.weight(0), at: voxel)
            if y.count == 2 { addRow(part * y.weight(1), at: voxel &+ columns) }
        }
        let voxel = x.first &+ columns &* y.first &+ plane &* z.first &- firstVoxel
        addSlice(amount * z.weight(0), at: voxel)
        if z.count == 2 { addSlice(amount * z.weight(1), at: voxel &+ plane) }
    }
}

/// The one or two voxels along an axis that a short interval overlaps.
private struct AxisShare {
    let first: Int
    let count: Int
    private let inFirst: Double

    /// Added to a number far smaller, the whole number nearest to that; its last bits are it.
    private static let rounding = 0x1.8p52

    /// `half` is at most half a voxel.
    @inline(__always)
    init(at position: Double, half: Double) {
        // Rounded down by hand, for millions of parts: the library's way is a call, and a
        // conversion to Int checks what cannot be.
        let start = position - half + 0.5
        var low = (start + Self.rounding) - Self.rounding
        if low > start { low -= 1 }
        first = Int(
            truncatingIfNeeded: (low + Self.rounding).bitPattern &- Self.rounding.bitPattern)
        let boundary = low + 0.5
        if position + half > boundary {
            count = 2
            inFirst = (boundary - position + half) / (2 * half)
        } else {
            count = 1
            inFirst = 1
        }
    }

    @inline(__always)
    func weight(_ n: Int) -> Double { n == 0 ? inFirst : 1 - inFirst }
}

/// Half the width of a part of a source voxel along each target axis, half a voxel at most.
private func halfExtent(of matrix: Matrix3, parts: Vector3<Double>) -> Vector3<Double> {
    func along(_ row: Vector3<Double>) -> Double {
        let part = Vector3(row.x / parts.x, row.y / parts.y, row.z / parts.z)
        return min(0.5, part.length / 2)
    }
    return Vector3(along(matrix.rows.x), along(matrix.rows.y), along(matrix.rows.z))
}
