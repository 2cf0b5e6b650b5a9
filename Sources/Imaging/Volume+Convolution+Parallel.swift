import CImagingShim

extension Volume where Scalar == Float {
    /// Returns the sum of copies of this volume, shifted by every offset and weighted.
    ///
    /// Outside the grid the volume is 0. Direct, and sparse: rows without a value cost nothing.
    /// The four rows that share weights are added before the taps along the row are applied.
    /// The order of additions is fixed, so the bytes do not depend on the number of threads, nor on
    /// how many columns the processor can add at once (`img_fold_rows`).
    ///
    /// Touches raw memory like ``updateSlices(_:)``: the taps read whole vectors from one padded
    /// row.
    public func convolved(with kernel: SymmetricKernel) -> Volume<Float> {
        var result = Volume(repeating: 0, geometry: geometry)
        let filled = FilledRows(self)
        let shape = geometry.shape
        let source = self
        result.updateSlices { k, slice in
            var plane = PaddedPlane(columns: shape.x, rows: shape.y, reach: kernel.reach.x)
            var line = [Float](repeating: 0, count: plane.width)
            source.withVoxels { voxels in
                for dk in 0 ... kernel.reach.z {
                    plane.clear()
                    if k >= dk { plane.add(voxels, slice: k - dk, filled) }
                    if dk > 0, k + dk < shape.z { plane.add(voxels, slice: k + dk, filled) }
                    guard !plane.isEmpty else { continue }
                    for dj in 0 ... kernel.reach.y {
                        let taps = kernel.row(dj, dk)
                        guard !taps.isEmpty else { continue }
                        for j in 0 ..< shape.y {
                            plane.apply(taps, shiftedBy: dj, line: &line, into: &slice, row: j)
                        }
                    }
                }
            }
        }
        return result
    }
}

/// Slices that share weights, added; rows have room for the kernel and two vectors on both sides.
private struct PaddedPlane {
    private var values: [Float]
    /// By row, the columns outside which it is 0.
    private var filled: [Range<Int>]
    private let columns: Int
    private let margin: Int
    /// Values of a row with its margins.
    let width: Int
    private(set) var isEmpty = true

    init(columns: Int, rows: Int, reach: Int) {
        self.columns = columns
        margin = reach + 16
        width = columns + 2 * margin
        values = Array(repeating: 0, count: width * rows)
        filled = Array(repeating: 0 ..< 0, count: rows)
    }

    mutating func clear() {
        guard !isEmpty else { return }
        isEmpty = true
        for row in filled.indices where !filled[row].isEmpty {
            let start = row * width + margin
            for i in filled[row] { values[start + i] = 0 }
            filled[row] = 0 ..< 0
        }
    }

    mutating func add(_ voxels: Span<Float>, slice: Int, _ rows: FilledRows) {
        let count = filled.count
        for row in 0 ..< count {
            let range = rows.columns(row + count * slice)
            guard !range.isEmpty else { continue }
            isEmpty = false
            filled[row] = Self.union(filled[row], range)
            let from = columns * (row + count * slice)
            let source = voxels.extracting(
                from + range.lowerBound ..< from + range.upperBound)
            let start = row * width + margin + range.lowerBound
            unsafe source.withUnsafeBufferPointer { source in
                unsafe values.withUnsafeMutableBufferPointer { all in
                    // Rebased, so that no index is added to and the loop becomes vectors.
                    let sums = unsafe UnsafeMutableBufferPointer(
                        rebasing: all[start ..< start + source.count])
                    for i in 0 ..< source.count { unsafe sums[i] += source[i] }
                }
            }
        }
    }

    private static func union(_ a: Range<Int>, _ b: Range<Int>) -> Range<Int> {
        if a.isEmpty { return b }
        return b.isEmpty ? a : min(a.lowerBound, b.lowerBound) ..< max(a.upperBound, b.upperBound)
    }

    /// Adds the rows at that distance on both sides, folded with the taps, to a row of the result.
    ///
    /// `line` is room for ``width`` values.
    func apply(
        _ taps: ArraySlice<Float>, shiftedBy dj: Int, line: inout [Float],
        into slice: inout MutableSpan<Float>, row: Int
    ) {
        let low = row >= dj ? filled[row - dj] : 0 ..< 0
        let high = dj > 0 && row + dj < filled.count ? filled[row + dj] : 0 ..< 0
        let range = Self.union(low, high)
        guard !range.isEmpty else { return }
        let reach = taps.count - 1
        let target = max(0, range.lowerBound - reach) ..< min(columns, range.upperBound + reach)
        // What vectors of the targets read, those of the last beyond it included.
        let read = margin + target.lowerBound - reach ..< margin + target.upperBound + reach + 16
        let first = (low.isEmpty ? row + dj : row - dj) * width
        let second = low.isEmpty || high.isEmpty ? nil : (row + dj) * width
        unsafe values.withUnsafeBufferPointer { all in
            unsafe line.withUnsafeMutableBufferPointer { line in
                unsafe taps.withUnsafeBufferPointer { weights in
                    unsafe slice.withUnsafeMutableBufferPointer { result in
                        let start = row * columns + target.lowerBound
                        let targets = unsafe UnsafeMutableBufferPointer(
                            rebasing: result[start ..< start + target.count])
                        func values(of row: Int) -> UnsafeBufferPointer<Float> {
                            unsafe UnsafeBufferPointer(
                                rebasing: all[row + read.lowerBound ..< row + read.upperBound])
                        }
                        unsafe img_fold_rows(
                            values(of: first).baseAddress,
                            second.flatMap { unsafe values(of: $0).baseAddress },
                            line.baseAddress, weights.baseAddress, weights.count,
                            targets.baseAddress, targets.count)
                    }
                }
            }
        }
    }
}
