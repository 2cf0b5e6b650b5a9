extension Volume where Scalar == Float {
    /// Trilinear samples on a grid that is turned against this one, target slices in parallel.
    func gathered(
        onto target: VolumeGeometry, map: IndexMap, samples: Vector3<Int>, outside: Float,
        outsideIsZero: Bool
    ) -> Volume<Float> {
        var result = Volume(repeating: outside, geometry: target)
        let source = self
        let offsets = subVoxelOffsets(samples).map { map.matrix * $0 }
        let step = map.matrix.transposed.rows.x
        result.updateSlices { k, slice in
            source.withVoxels { voxels in
                for j in 0 ..< target.shape.y {
                    let start = map(Vector3(0, Double(j), Double(k)))
                    for i in 0 ..< target.shape.x {
                        let centre = start + Double(i) * step
                        var sum = 0.0
                        var inside = 0
                        for offset in offsets {
                            guard let value = source.trilinear(voxels, at: centre + offset)
                            else { continue }
                            sum += value
                            inside += 1
                        }
                        guard inside > 0 else { continue }
                        let count = outsideIsZero ? offsets.count : inside
                        slice[i + target.shape.x * j] = Float(sum / Double(count))
                    }
                }
            }
        }
        return result
    }

    /// The trilinear value at a fractional index; `nil` beyond the outer voxel faces or at NaN.
    @inline(__always)
    func trilinear(_ voxels: Span<Float>, at index: Vector3<Double>) -> Double? {
        let shape = geometry.shape
        guard
            index.x >= -0.5, index.y >= -0.5, index.z >= -0.5, index.x <= Double(shape.x) - 0.5,
            index.y <= Double(shape.y) - 0.5, index.z <= Double(shape.z) - 0.5
        else { return nil }
        let x = min(max(index.x, 0), Double(shape.x - 1))
        let y = min(max(index.y, 0), Double(shape.y - 1))
        let z = min(max(index.z, 0), Double(shape.z - 1))
        let (i, j, k) = (Int(x), Int(y), Int(z))
        let (fx, fy, fz) = (x - Double(i), y - Double(j), z - Double(k))
        let right = i + 1 < shape.x ? 1 : 0
        let down = j + 1 < shape.y ? shape.x : 0
        let next = k + 1 < shape.z ? shape.x * shape.y : 0
        let n = geometry.offset(i, j, k)
        func line(_ start: Int) -> Double {
            let a = Double(voxels[start])
            return a + fx * (Double(voxels[start + right]) - a)
        }
        let near = line(n) + fy * (line(n + down) - line(n))
        let far = line(n + next) + fy * (line(n + next + down) - line(n + next))
        return near + fz * (far - near)
    }

    /// Shares out parts of each voxel over a turned grid.
    ///
    /// Each part is a box along the target's axes, as wide along each as the part's extents add up
    /// to in quadrature: exact where the grids are not turned, whole in sum always. A part that
    /// went whole where its centre lies gave neighbouring voxels 3 or 4 parts by turns, a pattern
    /// of ±12 % along every axis in the dose of a 4.4 mm SPECT on a 3 mm grid.
    func scattered(
        onto target: VolumeGeometry, through transform: RigidTransform
    ) -> Volume<Float> {
        let map = IndexMap(from: geometry, to: target, through: transform.inverse)
        let columns = map.matrix.transposed.rows
        func parts(_ column: Vector3<Double>) -> Int {
            min(8, max(3, Int((3 * column.length).rounded(.up))))
        }
        let samples = Vector3(parts(columns.x), parts(columns.y), parts(columns.z))
        let offsets = subVoxelOffsets(samples).map { map.matrix * $0 }
        let half = halfExtent(
            of: map.matrix, parts: Vector3(Double(samples.x), Double(samples.y), Double(samples.z)))
        // How far the parts of a voxel reach from its centre, along each axis of the target.
        let reach =
            offsets.reduce(Vector3(0.0, 0, 0)) {
                Vector3(max($0.x, abs($1.x)), max($0.y, abs($1.y)), max($0.z, abs($1.z)))
            } + half
        var amounts = [Double](repeating: 0, count: target.count)
        withVoxels { voxels in
            var n = 0
            for k in 0 ..< geometry.shape.z {
                for j in 0 ..< geometry.shape.y {
                    for i in 0 ..< geometry.shape.x {
                        let amount = Double(voxels[n]) / Double(offsets.count)
                        n += 1
                        guard amount != 0 else { continue }
                        let centre = map(Vector3(Double(i), Double(j), Double(k)))
                        guard target.isNear(centre, within: reach) else { continue }
                        for offset in offsets {
                            target.share(amount, at: centre + offset, half: half, into: &amounts)
                        }
                    }
                }
            }
        }
        var result = Volume(repeating: 0, geometry: target)
        result.storage = amounts.map { Float($0) }
        return result
    }
}

extension VolumeGeometry {
    /// Whether a box around an index overlaps the grid.
    @inline(__always)
    fileprivate func isNear(_ index: Vector3<Double>, within reach: Vector3<Double>) -> Bool {
        index.x + reach.x > -0.5 && index.x - reach.x < Double(shape.x) - 0.5
            && index.y + reach.y > -0.5 && index.y - reach.y < Double(shape.y) - 0.5
            && index.z + reach.z > -0.5 && index.z - reach.z < Double(shape.z) - 0.5
    }

    /// Adds an amount to the voxels that a box overlaps, by overlap; what lies outside is left out.
    @inline(__always)
    fileprivate func share(
        _ amount: Double, at index: Vector3<Double>, half: Vector3<Double>,
        into amounts: inout [Double]
    ) {
        let (x, y, z) = (
            AxisShare(at: index.x, half: half.x), AxisShare(at: index.y, half: half.y),
            AxisShare(at: index.z, half: half.z)
        )
        for c in 0 ..< z.count where (0 ..< shape.z).contains(z.first + c) {
            for b in 0 ..< y.count where (0 ..< shape.y).contains(y.first + b) {
                let part = amount * z.weight(c) * y.weight(b)
                let row = offset(0, y.first + b, z.first + c)
                for a in 0 ..< x.count where (0 ..< shape.x).contains(x.first + a) {
                    amounts[row + x.first + a] += part * x.weight(a)
                }
            }
        }
    }
}

/// The one or two voxels along an axis that a short interval overlaps.
private struct AxisShare {
    let first: Int
    let count: Int
    private let inFirst: Double

    /// `half` is at most half a voxel.
    @inline(__always)
    init(at position: Double, half: Double) {
        let low = (position - half + 0.5).rounded(.down)
        first = Int(low)
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

/// Centres of equal parts of a voxel, relative to its centre, in voxels.
private func subVoxelOffsets(_ samples: Vector3<Int>) -> [Vector3<Double>] {
    func along(_ count: Int) -> [Double] {
        (0 ..< count).map { (Double($0) + 0.5) / Double(count) - 0.5 }
    }
    return along(samples.z).flatMap { z in
        along(samples.y).flatMap { y in along(samples.x).map { Vector3($0, y, z) } }
    }
}
