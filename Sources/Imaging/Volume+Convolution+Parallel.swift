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
    private typealias Vector = SIMD8<Float>
    /// Two chains of sums beside each other: a sum waits for the one before it.
    private typealias Pair = SIMD16<Float>
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
        var start = (low.isEmpty ? row + dj : row - dj) * width + margin
        if !low.isEmpty, !high.isEmpty {
            let first = (row - dj) * width
            let second = (row + dj) * width
            // Whatever vectors of the targets read.
            let read = margin + target.lowerBound - reach ..< margin + target.upperBound + reach + 8
            unsafe values.withUnsafeBufferPointer { all in
                unsafe line.withUnsafeMutableBufferPointer { line in
                    let (from, end) = (read.lowerBound, read.upperBound)
                    let sums = unsafe UnsafeMutableBufferPointer(rebasing: line[from ..< end])
                    let one = unsafe UnsafeBufferPointer(
                        rebasing: all[first + from ..< first + end])
                    let other = unsafe UnsafeBufferPointer(
                        rebasing: all[second + from ..< second + end])
                    for i in 0 ..< read.count { unsafe sums[i] = one[i] + other[i] }
                }
            }
            start = margin
            unsafe line.withUnsafeBufferPointer { line in
                unsafe Self.fold(line, start, taps, target, into: &slice, at: row * columns)
            }
        } else {
            unsafe values.withUnsafeBufferPointer { line in
                unsafe Self.fold(line, start, taps, target, into: &slice, at: row * columns)
            }
        }
    }

    private static func fold(
        _ line: UnsafeBufferPointer<Float>, _ start: Int, _ taps: ArraySlice<Float>,
        _ target: Range<Int>, into slice: inout MutableSpan<Float>, at place: Int
    ) {
        // Reads go from start - reach to start + columns + reach + 7 at most, which the margins of
        // reach + 16 on both sides of a row hold; writes end at target.upperBound, within the row.
        let raw = UnsafeRawBufferPointer(line)
        unsafe taps.withUnsafeBufferPointer { weight in
            unsafe slice.withUnsafeMutableBufferPointer { result in
                let sums = UnsafeMutableRawBufferPointer(result)
                // Written out for both widths: operators of generic vectors go lane by lane.
                func pair(_ i: Int) -> Pair {
                    let start = 4 &* (start &+ i)
                    var sum =
                        unsafe raw.loadUnaligned(fromByteOffset: start, as: Pair.self) * weight[0]
                    var (left, right) = (start, start)
                    for d in 1 ..< max(1, weight.count) {
                        left &-= 4
                        right &+= 4
                        let low = unsafe raw.loadUnaligned(fromByteOffset: left, as: Pair.self)
                        let high = unsafe raw.loadUnaligned(fromByteOffset: right, as: Pair.self)
                        unsafe sum += (low + high) * weight[d]
                    }
                    return sum
                }
                func vector(_ i: Int) -> Vector {
                    let start = 4 &* (start &+ i)
                    var sum =
                        unsafe raw.loadUnaligned(fromByteOffset: start, as: Vector.self) * weight[0]
                    var (left, right) = (start, start)
                    for d in 1 ..< max(1, weight.count) {
                        left &-= 4
                        right &+= 4
                        let low = unsafe raw.loadUnaligned(fromByteOffset: left, as: Vector.self)
                        let high = unsafe raw.loadUnaligned(fromByteOffset: right, as: Vector.self)
                        unsafe sum += (low + high) * weight[d]
                    }
                    return sum
                }
                var i = target.lowerBound
                while i + Pair.scalarCount <= target.upperBound {
                    let at = 4 * (place + i)
                    unsafe sums.storeBytes(
                        of: sums.loadUnaligned(fromByteOffset: at, as: Pair.self) + pair(i),
                        toByteOffset: at, as: Pair.self)
                    i += Pair.scalarCount
                }
                while i < target.upperBound {
                    let sum = vector(i)
                    if i + Vector.scalarCount <= target.upperBound {
                        let at = 4 * (place + i)
                        unsafe sums.storeBytes(
                            of: sums.loadUnaligned(fromByteOffset: at, as: Vector.self) + sum,
                            toByteOffset: at, as: Vector.self)
                    } else {
                        for lane in 0 ..< target.upperBound - i {
                            unsafe result[place + i + lane] += sum[lane]
                        }
                    }
                    i += Vector.scalarCount
                }
            }
        }
    }
}
