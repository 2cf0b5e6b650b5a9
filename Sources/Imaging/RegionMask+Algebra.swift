extension RegionMask {
    /// Whether no voxel is touched.
    public var isEmpty: Bool { !coverage.contains { $0 > 0 } }

    /// The share inside of voxel `(i, j, k)`; zero outside the box.
    public subscript(i: Int, j: Int, k: Int) -> Float {
        guard
            i >= box.lower.x, j >= box.lower.y, k >= box.lower.z, i < box.upper.x,
            j < box.upper.y, k < box.upper.z
        else { return 0 }
        return coverage[box.offset(i, j, k)]
    }

    /// Returns what lies in either region: the greater share in each voxel.
    ///
    /// For regions known to lie beside each other use ``adding(_:)``, which fills the voxels that
    /// they share.
    ///
    /// - Throws: ``ImagingError/geometryMismatch(_:_:)`` when the grids differ.
    public func union(_ other: RegionMask) throws -> RegionMask {
        try combined(with: other, box: box.enclosing(other.box)) { max($0, $1) }
    }

    /// Returns what lies in both regions: the lesser share in each voxel.
    ///
    /// - Throws: ``ImagingError/geometryMismatch(_:_:)`` when the grids differ.
    public func intersection(_ other: RegionMask) throws -> RegionMask {
        try combined(with: other, box: box.common(other.box)) { min($0, $1) }
    }

    /// Returns what lies in this region and not in the other.
    ///
    /// Its volume and that of the intersection add up to this region's.
    ///
    /// - Throws: ``ImagingError/geometryMismatch(_:_:)`` when the grids differ.
    public func subtracting(_ other: RegionMask) throws -> RegionMask {
        try combined(with: other, box: box) { max(0, $0 - $1) }
    }

    /// Returns two regions that do not overlap as one: shares add up, to 1 at most.
    ///
    /// - Throws: ``ImagingError/geometryMismatch(_:_:)`` when the grids differ.
    public func adding(_ other: RegionMask) throws -> RegionMask {
        try combined(with: other, box: box.enclosing(other.box)) { min(1, $0 + $1) }
    }

    /// Returns the region with every share multiplied by `factor`, within 0 and 1.
    public func scaled(_ factor: Float) -> RegionMask {
        precondition(factor >= 0, "a share cannot be negative, factor \(factor)")
        return RegionMask(geometry, box, coverage.map { min(1, $0 * factor) }).trimmed()
    }

    private func combined(
        with other: RegionMask, box target: IndexBox, _ rule: (Float, Float) -> Float
    ) throws -> RegionMask {
        guard geometry == other.geometry else {
            throw ImagingError.geometryMismatch(geometry, other.geometry)
        }
        var result: [Float] = []
        result.reserveCapacity(target.count)
        for k in target.lower.z ..< target.upper.z {
            for j in target.lower.y ..< target.upper.y {
                for i in target.lower.x ..< target.upper.x {
                    result.append(rule(self[i, j, k], other[i, j, k]))
                }
            }
        }
        return RegionMask(geometry, target, result).trimmed()
    }

    /// The same region in the smallest box.
    func trimmed() -> RegionMask {
        // From the outside inwards, because most masks are trimmed already or nearly so.
        let (x, y, z) = (
            box.lower.x ..< box.upper.x, box.lower.y ..< box.upper.y, box.lower.z ..< box.upper.z
        )
        guard let k0 = z.first(where: { isTouched(x, y, $0 ..< $0 + 1) }),
            let k1 = z.last(where: { isTouched(x, y, $0 ..< $0 + 1) }),
            let j0 = y.first(where: { isTouched(x, $0 ..< $0 + 1, k0 ..< k1 + 1) }),
            let j1 = y.last(where: { isTouched(x, $0 ..< $0 + 1, k0 ..< k1 + 1) })
        else { return RegionMask(empty: geometry) }
        let columns = touchedColumns(j0 ..< j1 + 1, k0 ..< k1 + 1)
        let low = Vector3(columns.lowerBound, j0, k0)
        let high = Vector3(columns.upperBound, j1 + 1, k1 + 1)
        let inner = IndexBox(lower: low, upper: high)
        guard inner != box else { return self }
        var shares: [Float] = []
        shares.reserveCapacity(inner.count)
        for k in low.z ..< high.z {
            for j in low.y ..< high.y {
                let start = box.offset(low.x, j, k)
                shares.append(contentsOf: coverage[start ..< start + high.x - low.x])
            }
        }
        return RegionMask(geometry, inner, shares)
    }

    private func isTouched(_ x: Range<Int>, _ y: Range<Int>, _ z: Range<Int>) -> Bool {
        let shares = coverage.span
        for k in z {
            for j in y {
                let start = box.offset(x.lowerBound, j, k)
                for n in start ..< start + x.count where shares[n] > 0 { return true }
            }
        }
        return false
    }

    /// The columns that rows touch, of which one at least must be touched.
    private func touchedColumns(_ y: Range<Int>, _ z: Range<Int>) -> Range<Int> {
        let shares = coverage.span
        var (low, end) = (box.upper.x, box.lower.x)
        for k in z {
            for j in y {
                let start = box.offset(0, j, k)
                var i = box.lower.x
                while i < low, shares[start + i] <= 0 { i += 1 }
                low = i
                i = box.upper.x
                while i > end, shares[start + i - 1] <= 0 { i -= 1 }
                end = i
            }
        }
        return low ..< end
    }
}

extension IndexBox {
    /// The place of voxel `(i, j, k)` of the grid in the block's storage.
    func offset(_ i: Int, _ j: Int, _ k: Int) -> Int {
        let columns = upper.x - lower.x
        return i - lower.x + columns * (j - lower.y + (upper.y - lower.y) * (k - lower.z))
    }

    /// The smallest block that holds both; an empty block counts for nothing.
    func enclosing(_ other: IndexBox) -> IndexBox {
        if count == 0 { return other }
        if other.count == 0 { return self }
        return IndexBox(
            lower: Vector3(
                min(lower.x, other.lower.x), min(lower.y, other.lower.y),
                min(lower.z, other.lower.z)),
            upper: Vector3(
                max(upper.x, other.upper.x), max(upper.y, other.upper.y),
                max(upper.z, other.upper.z)))
    }

    /// The block that both share; empty when there is none.
    func common(_ other: IndexBox) -> IndexBox {
        let low = Vector3(
            max(lower.x, other.lower.x), max(lower.y, other.lower.y),
            max(lower.z, other.lower.z))
        let high = Vector3(
            min(upper.x, other.upper.x), min(upper.y, other.upper.y),
            min(upper.z, other.upper.z))
        guard low.x < high.x, low.y < high.y, low.z < high.z else { return .empty }
        return IndexBox(lower: low, upper: high)
    }
}
