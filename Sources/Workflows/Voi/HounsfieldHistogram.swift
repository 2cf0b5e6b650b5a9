import Imaging

/// How often each whole CT number occurs among voxels.
struct HounsfieldHistogram {
    /// The most frequent number; `nil` without voxels.
    let peakHU: Float?
    /// Where half as many as at the peak are, below and above it.
    let halfMaximumHU: (low: Float, high: Float)

    /// Counts over five numbers at a time, so that noise makes no peak.
    init(_ voxels: [Int], of image: Volume<Float>, _ range: ClosedRange<Float>) {
        let first = Int(range.lowerBound)
        var counts = [Int](repeating: 0, count: Int(range.upperBound) - first + 1)
        image.withVoxels { values in
            for n in voxels where range.contains(values[n]) { counts[Int(values[n]) - first] += 1 }
        }
        let sums = counts.indices.map { n in
            counts[max(0, n - 2) ... min(counts.count - 1, n + 2)].reduce(0, +)
        }
        guard let most = sums.max(), most > 0, let peak = sums.firstIndex(of: most) else {
            (peakHU, halfMaximumHU) = (nil, (range.lowerBound, range.upperBound))
            return
        }
        let low = sums[..<peak].lastIndex { 2 * $0 < most } ?? 0
        let high = sums[peak...].firstIndex { 2 * $0 < most } ?? sums.count - 1
        peakHU = Float(first + peak)
        halfMaximumHU = (Float(first + low), Float(first + high))
    }
}
