extension Volume where Scalar == Float {
    /// Applies taps along the three axes, target slices in parallel.
    ///
    /// For each target row the source rows that feed it are added up whole, which the compiler
    /// vectorises; then the taps along the row are applied. With a function, its values are added
    /// up in the place of the voxels.
    func separable(
        onto target: VolumeGeometry, taps: Vector3Of<AxisTaps>, outside: Float,
        changed function: RowFunction? = nil
    ) -> Volume<Float> {
        var result = Volume(repeating: outside, geometry: target)
        let source = self
        let used = taps.x.used
        result.updateSlices { k, slice in
            guard !taps.z.isEmpty(k), !used.isEmpty else { return }
            var row = [Double](repeating: 0, count: used.count)
            var line = [Float](repeating: 0, count: function == nil ? 0 : used.count)
            source.withVoxels { voxels in
                for j in 0 ..< target.shape.y where !taps.y.isEmpty(j) {
                    source.forEachRow(j, k, used: used, taps: taps) { start, weight, isFirst in
                        let values = voxels.extracting(start ..< start + used.count)
                        if let function {
                            var changed = line.mutableSpan
                            function(values, &changed)
                            accumulate(
                                line.span, times: weight, into: &row, overwriting: isFirst)
                        } else {
                            accumulate(values, times: weight, into: &row, overwriting: isFirst)
                        }
                    }
                    taps.x.apply(
                        to: row.span, startingAt: used.lowerBound, into: &slice,
                        at: j * target.shape.x)
                }
            }
        }
        return result
    }

    /// Calls `body` with the start and the weight of every source row that feeds a target row.
    @inline(__always)
    private func forEachRow(
        _ j: Int, _ k: Int, used: Range<Int>, taps: Vector3Of<AxisTaps>,
        _ body: (_ start: Int, _ weight: Double, _ isFirst: Bool) -> Void
    ) {
        var isFirst = true
        for z in taps.z.bounds[k] ..< taps.z.bounds[k + 1] {
            let sourceK = taps.z.first[k] + z - taps.z.bounds[k]
            for y in taps.y.bounds[j] ..< taps.y.bounds[j + 1] {
                let sourceJ = taps.y.first[j] + y - taps.y.bounds[j]
                body(
                    geometry.offset(used.lowerBound, sourceJ, sourceK),
                    taps.z.weights[z] * taps.y.weights[y], isFirst)
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
