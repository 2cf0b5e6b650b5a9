/// Weights of the six grid points around the middle between the third and the fourth.
///
/// Lagrange interpolation of degree 5. Points of a coarse grid lie on every second fine point, so
/// a fine point either is one of them or lies in such a middle.
private let middleWeights: [Float] = [3, -25, 150, 150, -25, 3].map { $0 / 256 }

/// Coarse points that stencils reach before the first fine point.
private let leadingPoints = 2
/// Coarse points that stencils reach behind the last pair of fine points.
private let trailingPoints = 3

extension VolumeGeometry {
    /// The grid of every second point along the axes named, with room for the stencils around it.
    ///
    /// - Parameter strides: 2 for an axis to be coarsened, 1 for one to be kept.
    /// - Returns: A grid with the same axes.
    /// - Throws: ``ImagingError/degenerateGrid(shape:spacingMM:)`` for another stride.
    public func coarsened(by strides: Vector3<Int>) throws -> VolumeGeometry {
        guard [strides.x, strides.y, strides.z].allSatisfy({ 1 ... 2 ~= $0 }) else {
            throw ImagingError.degenerateGrid(shape: strides, spacingMM: spacingMM)
        }
        func count(_ n: Int, _ stride: Int) -> Int {
            stride == 1 ? n : (n - 1) / 2 + 1 + leadingPoints + trailingPoints
        }
        func first(_ stride: Int) -> Double { stride == 1 ? 0 : Double(-2 * leadingPoints) }
        return try VolumeGeometry(
            shape: Vector3(
                count(shape.x, strides.x), count(shape.y, strides.y), count(shape.z, strides.z)),
            spacingMM: Vector3(
                spacingMM.x * Double(strides.x), spacingMM.y * Double(strides.y),
                spacingMM.z * Double(strides.z)),
            originMM: positionMM(index: [first(strides.x), first(strides.y), first(strides.z)]),
            axes: axes)
    }
}

extension Volume where Scalar == Float {
    /// Returns amounts moved to the points of the coarsened grid.
    ///
    /// Each amount is shared so that its moments up to the fifth stay: whatever is a smooth
    /// function of distance to many of them stays too. Shares of neighbours may be negative.
    ///
    /// - Parameter strides: As in ``VolumeGeometry/coarsened(by:)``.
    /// - Returns: Amounts on that grid, with the same sum.
    /// - Throws: What ``VolumeGeometry/coarsened(by:)`` throws.
    public func spread(by strides: Vector3<Int>) throws -> Volume<Float> {
        var result = Volume(repeating: 0, geometry: try geometry.coarsened(by: strides))
        let (fine, coarse) = (geometry.shape, result.geometry.shape)
        let filled = FilledRows(self)
        let (acrossZ, acrossY) = (
            AxisStencil(fine: fine.z, stride: strides.z).gathered(coarse.z),
            AxisStencil(fine: fine.y, stride: strides.y).gathered(coarse.y)
        )
        let source = self
        result.updateSlices { k, slice in
            var plane = [Float](repeating: 0, count: fine.x * fine.y)
            var line = [Float](repeating: 0, count: fine.x + 2 * AxisStencil.margin)
            source.withVoxels { voxels in
                var isEmpty = true
                for (z, weight) in acrossZ[k] {
                    for y in 0 ..< fine.y {
                        let columns = filled.columns(y + fine.y * z)
                        guard !columns.isEmpty else { continue }
                        isEmpty = false
                        add(
                            voxels, at: fine.x * (y + fine.y * z), to: &plane, at: fine.x * y,
                            columns, times: weight)
                    }
                }
                guard !isEmpty else { return }
                for j in 0 ..< coarse.y {
                    for i in line.indices { line[i] = 0 }
                    for (y, weight) in acrossY[j] {
                        add(
                            plane.span, at: fine.x * y, to: &line, at: AxisStencil.margin,
                            0 ..< fine.x, times: weight)
                    }
                    AxisStencil.gather(line, into: &slice, at: coarse.x * j, coarse.x, strides.x)
                }
            }
        }
        return result
    }

    /// Adds what a function given on the coarsened grid is at the points of this one.
    ///
    /// Interpolates with polynomials of degree 5: the transpose of ``spread(by:)``.
    ///
    /// - Parameters:
    ///   - coarse: On the grid that ``VolumeGeometry/coarsened(by:)`` makes of this one.
    ///   - strides: The same strides.
    public mutating func addInterpolated(_ coarse: Volume<Float>, by strides: Vector3<Int>) {
        let (fine, size) = (geometry.shape, coarse.geometry.shape)
        let acrossZ = AxisStencil(fine: fine.z, stride: strides.z).points
        let acrossY = AxisStencil(fine: fine.y, stride: strides.y).points
        updateSlices { k, slice in
            var plane = [Float](repeating: 0, count: size.x * size.y)
            var row = [Float](repeating: 0, count: size.x)
            coarse.withVoxels { voxels in
                for (z, weight) in acrossZ[k] {
                    add(
                        voxels, at: size.x * size.y * z, to: &plane, at: 0,
                        0 ..< size.x * size.y, times: weight)
                }
            }
            for j in 0 ..< fine.y {
                for i in row.indices { row[i] = 0 }
                for (y, weight) in acrossY[j] {
                    add(
                        plane.span, at: size.x * y, to: &row, at: 0, 0 ..< size.x, times: weight)
                }
                AxisStencil.expand(row.span, onto: &slice, at: fine.x * j, fine.x, strides.x)
            }
        }
    }
}

private func add(
    _ source: Span<Float>, at from: Int, to target: inout [Float], at to: Int,
    _ range: Range<Int>, times weight: Float
) {
    let values = source.extracting(from + range.lowerBound ..< from + range.upperBound)
    var sums = target.mutableSpan
    let start = to + range.lowerBound
    for n in values.indices { sums[start + n] += weight * values[n] }
}

/// Which coarse points stand for each fine point along one axis.
private struct AxisStencil {
    /// By fine point: coarse points and their weights.
    let points: [[(Int, Float)]]
    /// Zeros that ``gather(_:into:at:_:_:)`` needs on both sides of a row.
    static let margin = 16

    init(fine count: Int, stride: Int) {
        points = (0 ..< count).map { i in
            if stride == 1 { return [(i, 1)] }
            // Coarse points are counted from the first, which lies before the fine grid.
            if i % 2 == 0 { return [(i / 2 + leadingPoints, 1)] }
            return middleWeights.indices.map { (i / 2 + $0, middleWeights[$0]) }
        }
    }

    /// By coarse point: fine points and their weights.
    func gathered(_ count: Int) -> [[(Int, Float)]] {
        var result = [[(Int, Float)]](repeating: [], count: count)
        for (i, stencil) in points.enumerated() {
            for (c, weight) in stencil { result[c].append((i, weight)) }
        }
        return result
    }

    /// Sums a row of fine amounts into coarse points.
    static func gather(
        _ line: [Float], into slice: inout MutableSpan<Float>, at start: Int, _ count: Int,
        _ stride: Int
    ) {
        if stride == 1 {
            for c in 0 ..< count { slice[start + c] = line[margin + c] }
            return
        }
        let line = line.span
        for c in 0 ..< count {
            let own = margin + 2 * (c - leadingPoints)
            var sum = line[own]
            for t in 0 ..< 6 { sum += middleWeights[t] * line[own + 5 - 2 * t] }
            slice[start + c] = sum
        }
    }

    /// Adds the interpolated row to a row of fine points.
    static func expand(
        _ row: Span<Float>, onto slice: inout MutableSpan<Float>, at start: Int, _ count: Int,
        _ stride: Int
    ) {
        if stride == 1 {
            for i in 0 ..< count { slice[start + i] += row[i] }
            return
        }
        let (a, b, c) = (middleWeights[0], middleWeights[1], middleWeights[2])
        for q in 0 ..< (count + 1) / 2 {
            slice[start + 2 * q] += row[q + leadingPoints]
            guard 2 * q + 1 < count else { return }
            slice[start + 2 * q + 1] +=
                a * (row[q] + row[q + 5]) + b * (row[q + 1] + row[q + 4])
                + c * (row[q + 2] + row[q + 3])
        }
    }
}
