import Imaging

/// Exact squared distances on a block of voxels, one axis after the other.
///
/// Source: P. Felzenszwalb, D. Huttenlocher, Distance transforms of sampled functions, Theory of
/// Computing 2012;8:415-428, algorithm 1, with the lattice's own spacing.
struct LineDistances {
    let shape: Vector3<Int>
    let spacingMM: Vector3<Double>

    /// The voxels of one line along an axis: those `stride` apart from each start.
    private func lines(along axis: Int) -> (starts: [Int], stride: Int, count: Int, mm: Double) {
        let (nx, ny, nz) = (shape.x, shape.y, shape.z)
        switch axis {
        case 0: return ((0 ..< ny * nz).map { $0 * nx }, 1, nx, spacingMM.x)
        case 1:
            let starts = (0 ..< nz).flatMap { k in (0 ..< nx).map { $0 + nx * ny * k } }
            return (starts, nx, ny, spacingMM.y)
        default: return (Array(0 ..< nx * ny), nx * ny, nz, spacingMM.z)
        }
    }

    /// The squared distance (mm²) along one axis to where the shares cross a half.
    ///
    /// The crossing lies between two voxels' centres as their shares say; infinite on lines
    /// without one.
    func toCrossings(_ shares: [Float], along axis: Int) -> [Float] {
        var squared = [Float](repeating: .infinity, count: shares.count)
        let (starts, stride, count, mm) = lines(along: axis)
        for start in starts {
            var crossings: [Double] = []
            for n in 0 ..< max(0, count - 1) {
                let (a, b) = (shares[start + n * stride], shares[start + (n + 1) * stride])
                guard (a >= 0.5) != (b >= 0.5) else { continue }
                crossings.append((Double(n) + Double((0.5 - a) / (b - a))) * mm)
            }
            guard !crossings.isEmpty else { continue }
            var next = 0
            for n in 0 ..< count {
                let at = Double(n) * mm
                while next + 1 < crossings.count,
                    abs(crossings[next + 1] - at) <= abs(crossings[next] - at)
                { next += 1 }
                let distance = crossings[next] - at
                squared[start + n * stride] = Float(distance * distance)
            }
        }
        return squared
    }

    /// Spreads squared distances along an axis: the lower envelope of a parabola over each voxel.
    func spread(_ squared: inout [Float], along axis: Int) {
        let (starts, stride, count, mm) = lines(along: axis)
        var heights = [Double](repeating: 0, count: count)
        var roots = [Int](repeating: 0, count: count)
        var limits = [Double](repeating: 0, count: count + 1)
        for start in starts {
            var top = -1
            for n in 0 ..< count {
                let height = Double(squared[start + n * stride])
                heights[n] = height
                guard height.isFinite else { continue }
                let x = Double(n) * mm
                var limit = -Double.infinity
                while top >= 0 {
                    let p = Double(roots[top]) * mm
                    limit = (height + x * x - heights[roots[top]] - p * p) / (2 * (x - p))
                    guard limit <= limits[top] else { break }
                    top -= 1
                }
                top += 1
                roots[top] = n
                limits[top] = top == 0 ? -.infinity : limit
                limits[top + 1] = .infinity
            }
            guard top >= 0 else { continue }
            var part = 0
            for n in 0 ..< count {
                let x = Double(n) * mm
                while limits[part + 1] < x { part += 1 }
                let distance = x - Double(roots[part]) * mm
                squared[start + n * stride] = Float(distance * distance + heights[roots[part]])
            }
        }
    }
}
