/// Which source voxels feed each target voxel along one axis, and with what weight.
struct AxisTaps: Sendable {
    private(set) var first: [Int] = []
    private(set) var bounds: [Int] = [0]
    private(set) var weights: [Double] = []

    /// The source indices that are used at all.
    var used: Range<Int> {
        var lower = Int.max
        var upper = 0
        for t in first.indices where !isEmpty(t) {
            lower = min(lower, first[t])
            upper = max(upper, first[t] + bounds[t + 1] - bounds[t])
        }
        return lower < upper ? lower ..< upper : 0 ..< 0
    }

    func isEmpty(_ t: Int) -> Bool { bounds[t] == bounds[t + 1] }

    private mutating func append(first start: Int, _ taps: [Double]) {
        let leading = taps.firstIndex { $0 != 0 } ?? taps.count
        let trailing = taps.lastIndex { $0 != 0 } ?? leading - 1
        first.append(start + leading)
        weights.append(contentsOf: taps[leading ..< max(leading, trailing + 1)])
        bounds.append(weights.count)
    }

    /// Taps of linear interpolation, averaged over `samples` points across each target voxel.
    ///
    /// Within the outer half of the border voxels the border value holds; beyond them a point is
    /// outside and has no tap.
    ///
    /// `scale` is source voxels per target voxel and may be negative, `shift` the source index of
    /// target index 0. Samples outside count as zero if so wanted, else they are left out of the
    /// mean.
    static func linear(
        targets: Int, sources: Int, scale: Double, shift: Double, samples: Int = 1,
        outsideIsZero: Bool = false
    ) -> AxisTaps {
        var result = AxisTaps()
        for t in 0 ..< targets {
            let start = shift + scale * (Double(t) - 0.5 + 0.5 / Double(samples))
            let step = scale / Double(samples)
            let all: [Double] = (0 ..< samples).map { start + step * Double($0) }
            let points = all.filter { isInside($0, count: sources) }
            guard let least = points.min(), let greatest = points.max() else {
                result.append(first: 0, [])
                continue
            }
            let lower = Int(clamped(least, count: sources))
            let upper = min(sources - 1, Int(clamped(greatest, count: sources)) + 1)
            var taps = [Double](repeating: 0, count: upper - lower + 1)
            let share = 1 / Double(outsideIsZero ? samples : points.count)
            for point in points {
                let position = clamped(point, count: sources)
                let base = Int(position)
                let fraction = position - Double(base)
                taps[base - lower] += share * (1 - fraction)
                if fraction > 0 { taps[base + 1 - lower] += share * fraction }
            }
            result.append(first: lower, taps)
        }
        return result
    }

    /// Taps that share each source voxel out over the target voxels by overlap.
    ///
    /// With `asMean` the taps of each target voxel are scaled to add up to 1.
    static func overlap(
        targets: Int, sources: Int, scale: Double, shift: Double, asMean: Bool
    ) -> AxisTaps {
        var result = AxisTaps()
        for t in 0 ..< targets {
            let a = shift + scale * (Double(t) - 0.5)
            let b = shift + scale * (Double(t) + 0.5)
            let low = max(min(a, b), -0.5)
            let high = min(max(a, b), Double(sources) - 0.5)
            guard high - low > 1e-9 * abs(scale) else {
                result.append(first: 0, [])
                continue
            }
            let start = min(sources - 1, max(0, Int((low + 0.5).rounded(.down))))
            let end = min(sources - 1, Int((high + 0.5).rounded(.down)))
            var taps = (start ... max(start, end)).map { s in
                max(0, min(high, Double(s) + 0.5) - max(low, Double(s) - 0.5))
            }
            if asMean {
                let total = taps.reduce(0, +)
                for n in taps.indices { taps[n] /= total }
            }
            result.append(first: start, taps)
        }
        return result
    }

    private static func isInside(_ position: Double, count: Int) -> Bool {
        // The slack lets a grid sampled on itself keep its outermost faces despite rounding.
        position >= -0.5 - 1e-6 && position <= Double(count) - 0.5 + 1e-6
    }

    private static func clamped(_ position: Double, count: Int) -> Double {
        min(max(position, 0), Double(count - 1))
    }
}
