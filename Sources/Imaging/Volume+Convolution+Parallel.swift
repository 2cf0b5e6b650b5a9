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
                    plane.take(
                        voxels, low: k >= dk ? k - dk : nil,
                        high: dk > 0 && k + dk < shape.z ? k + dk : nil, filled)
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
        margin = reach + Self.room
        width = columns + 2 * margin
        values = Array(repeating: 0, count: width * rows)
        filled = Array(repeating: 0 ..< 0, count: rows)
    }

    /// Two vectors of the most columns that `img_fold_rows` adds at once.
    private static let room = 32

    /// Takes one slice, or the sum of two, in the place of what was there.
    mutating func take(_ voxels: Span<Float>, low: Int?, high: Int?, _ rows: FilledRows) {
        isEmpty = true
        let count = filled.count
        for row in 0 ..< count {
            // Where one of the two holds something; the other is 0 there or holds something too.
            let lines = (low.map { row + count * $0 }, high.map { row + count * $0 })
            let first = lines.0.map(rows.columns) ?? 0 ..< 0
            let second = lines.1.map(rows.columns) ?? 0 ..< 0
            let range = Self.union(first, second)
            clear(row, outside: range)
            filled[row] = range
            guard !range.isEmpty else { continue }
            isEmpty = false
            write(
                voxels, line: (first.isEmpty ? lines.1 : lines.0) ?? 0,
                plus: first.isEmpty || second.isEmpty ? nil : lines.1, range, to: row)
        }
    }

    private mutating func clear(_ row: Int, outside range: Range<Int>) {
        let (old, start) = (filled[row], row * width + margin)
        for i in old.lowerBound ..< max(old.lowerBound, min(old.upperBound, range.lowerBound)) {
            values[start + i] = 0
        }
        for i in min(old.upperBound, max(old.lowerBound, range.upperBound)) ..< old.upperBound {
            values[start + i] = 0
        }
    }

    private mutating func write(
        _ voxels: Span<Float>, line: Int, plus other: Int?, _ range: Range<Int>, to row: Int
    ) {
        func source(_ line: Int) -> Range<Int> {
            columns * line + range.lowerBound ..< columns * line + range.upperBound
        }
        let start = row * width + margin + range.lowerBound
        unsafe voxels.extracting(source(line)).withUnsafeBufferPointer { first in
            unsafe values.withUnsafeMutableBufferPointer { all in
                // Rebased, so that no index is added to and the loops become vectors.
                let target = unsafe UnsafeMutableBufferPointer(
                    rebasing: all[start ..< start + first.count])
                guard let other else {
                    for i in 0 ..< first.count { unsafe target[i] = first[i] }
                    return
                }
                unsafe voxels.extracting(source(other)).withUnsafeBufferPointer { second in
                    for i in 0 ..< first.count { unsafe target[i] = first[i] + second[i] }
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
        let read =
            margin + target.lowerBound - reach
            ..< margin + target.upperBound + reach + Self.room
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
