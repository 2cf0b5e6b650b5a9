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
}

/// Centres of equal parts of a voxel, relative to its centre, in voxels.
func subVoxelOffsets(_ samples: Vector3<Int>) -> [Vector3<Double>] {
    func along(_ count: Int) -> [Double] {
        (0 ..< count).map { (Double($0) + 0.5) / Double(count) - 0.5 }
    }
    return along(samples.z).flatMap { z in
        along(samples.y).flatMap { y in along(samples.x).map { Vector3($0, y, z) } }
    }
}
