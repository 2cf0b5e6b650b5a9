extension Volume where Scalar == Float {
    /// Applies taps along the three axes, target slices in parallel.
    ///
    /// For each target row the source rows that feed it are added up whole, which the compiler
    /// vectorises; then the taps along the row are applied.
    func separable(
        onto target: VolumeGeometry, taps: Vector3Of<AxisTaps>, outside: Float
    ) -> Volume<Float> {
        var result = Volume(repeating: outside, geometry: target)
        let source = self
        let used = taps.x.used
        result.updateSlices { k, slice in
            guard !taps.z.isEmpty(k), !used.isEmpty else { return }
            var row = [Double](repeating: 0, count: used.count)
            source.withVoxels { voxels in
                for j in 0 ..< target.shape.y where !taps.y.isEmpty(j) {
                    source.addRows(to: &row, voxels, used: used, taps: taps, j: j, k: k)
                    taps.x.apply(
                        to: row.span, startingAt: used.lowerBound, into: &slice,
                        at: j * target.shape.x)
                }
            }
        }
        return result
    }

    private func addRows(
        to row: inout [Double], _ voxels: Span<Float>, used: Range<Int>,
        taps: Vector3Of<AxisTaps>, j: Int, k: Int
    ) {
        var isFirst = true
        for z in taps.z.bounds[k] ..< taps.z.bounds[k + 1] {
            let sourceK = taps.z.first[k] + z - taps.z.bounds[k]
            for y in taps.y.bounds[j] ..< taps.y.bounds[j + 1] {
                let sourceJ = taps.y.first[j] + y - taps.y.bounds[j]
                let start = geometry.offset(used.lowerBound, sourceJ, sourceK)
                let line = voxels.extracting(start ..< start + used.count)
                let weight = taps.z.weights[z] * taps.y.weights[y]
                accumulate(line, times: weight, into: &row, overwriting: isFirst)
                isFirst = false
            }
        }
    }
}

private func accumulate(
    _ line: Span<Float>, times weight: Double, into row: inout [Double], overwriting: Bool
) {
    var sums = row.mutableSpan
    let count = min(line.count, sums.count)
    if overwriting {
        for i in 0 ..< count { sums[i] = weight * Double(line[i]) }
    } else {
        for i in 0 ..< count { sums[i] += weight * Double(line[i]) }
    }
}

extension AxisTaps {
    /// Writes one target row from the summed source row, whose first element is source `start`.
    fileprivate func apply(
        to row: Span<Double>, startingAt start: Int, into slice: inout MutableSpan<Float>,
        at position: Int
    ) {
        for t in first.indices {
            let low = bounds[t]
            let high = bounds[t + 1]
            guard low < high else { continue }
            var sum = 0.0
            let base = first[t] - start - low
            for n in low ..< high { sum += weights[n] * row[base + n] }
            slice[position + t] = Float(sum)
        }
    }
}
