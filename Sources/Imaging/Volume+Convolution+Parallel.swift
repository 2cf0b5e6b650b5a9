extension Volume where Scalar == Float {
    /// Returns the sum of copies of this volume, shifted by every offset and weighted.
    ///
    /// Outside the grid the volume is 0. Direct, and sparse: rows without a value cost nothing.
    /// The four rows that share weights are added before the taps along the row are applied.
    /// The order of additions is fixed, so the bytes do not depend on the number of threads.
    ///
    /// Touches raw memory like ``updateSlices(_:)``: the taps read whole vectors from one padded
    /// row, which bounds checks per element would halve.
    public func convolved(with kernel: SymmetricKernel) -> Volume<Float> {
        var result = Volume(repeating: 0, geometry: geometry)
        let rows = FilledRows(self)
        let shape = geometry.shape
        let source = self
        result.updateSlices { k, slice in
            var line = PaddedLine(count: shape.x, reach: kernel.reach.x)
            source.withVoxels { voxels in
                for dk in 0 ... kernel.reach.z {
                    let slices = mirrored(k, dk, count: shape.z)
                    guard !slices.isEmpty else { continue }
                    for dj in 0 ... kernel.reach.y {
                        let taps = kernel.row(dj, dk)
                        guard !taps.isEmpty else { continue }
                        for j in 0 ..< shape.y {
                            let across = mirrored(j, dj, count: shape.y)
                            line.clear()
                            for z in slices {
                                for y in across {
                                    line.add(voxels, row: y + shape.y * z, filled: rows)
                                }
                            }
                            line.apply(taps, into: &slice, at: j * shape.x)
                        }
                    }
                }
            }
        }
        return result
    }
}

/// The positions `centre − offset` and `centre + offset` that exist, each once.
private func mirrored(_ centre: Int, _ offset: Int, count: Int) -> [Int] {
    let low = centre - offset
    let high = centre + offset
    return (low >= 0 ? [low] : []) + (offset > 0 && high < count ? [high] : [])
}

/// For each row of a volume the span of columns outside which it is 0.
private struct FilledRows: Sendable {
    let first: [Int32]
    let end: [Int32]

    init(_ volume: Volume<Float>) {
        let shape = volume.geometry.shape
        var first = [Int32](repeating: 0, count: shape.y * shape.z)
        var end = first
        volume.withVoxels { voxels in
            for row in 0 ..< shape.y * shape.z {
                let start = row * shape.x
                guard let low = (0 ..< shape.x).first(where: { voxels[start + $0] != 0 }),
                    let high = (0 ..< shape.x).last(where: { voxels[start + $0] != 0 })
                else { continue }
                first[row] = Int32(clamping: low)
                end[row] = Int32(clamping: high + 1)
            }
        }
        self.first = first
        self.end = end
    }
}

/// A row with room for the kernel and one vector on both sides, and the span that is not 0.
private struct PaddedLine {
    private var values: [Float]
    private let count: Int
    private let margin: Int
    private var low = 0
    private var high = 0

    init(count: Int, reach: Int) {
        self.count = count
        margin = reach + 8
        values = Array(repeating: 0, count: count + 2 * margin)
    }

    mutating func clear() {
        for i in low ..< high { values[margin + i] = 0 }
        low = 0
        high = 0
    }

    mutating func add(_ voxels: Span<Float>, row: Int, filled: FilledRows) {
        let from = Int(filled.first[row])
        let to = Int(filled.end[row])
        guard from < to else { return }
        let start = row * count
        for i in from ..< to { values[margin + i] += voxels[start + i] }
        low = low == high ? from : min(low, from)
        high = max(high, to)
    }

    /// Adds the row, folded with the taps, to a row of the result.
    func apply(_ taps: ArraySlice<Float>, into slice: inout MutableSpan<Float>, at start: Int) {
        guard low < high else { return }
        let reach = taps.count - 1
        let from = max(0, low - reach)
        let to = min(count, high + reach)
        let base = margin
        unsafe values.withUnsafeBufferPointer { line in
            unsafe taps.withUnsafeBufferPointer { weight in
                let raw = unsafe UnsafeRawBufferPointer(line)
                func vector(_ i: Int) -> SIMD8<Float> {
                    unsafe raw.loadUnaligned(fromByteOffset: 4 * (base + i), as: SIMD8<Float>.self)
                }
                var i = from
                while i < to {
                    var sum = unsafe vector(i) * weight[0]
                    for d in 1 ..< max(1, weight.count) {
                        unsafe sum += (vector(i - d) + vector(i + d)) * weight[d]
                    }
                    for lane in 0 ..< min(8, to - i) { slice[start + i + lane] += sum[lane] }
                    i += 8
                }
            }
        }
    }
}
