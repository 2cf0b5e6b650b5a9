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
        var low = box.upper
        var high = box.lower
        var n = 0
        for k in box.lower.z ..< box.upper.z {
            for j in box.lower.y ..< box.upper.y {
                for i in box.lower.x ..< box.upper.x {
                    if coverage[n] > 0 {
                        low = Vector3(min(low.x, i), min(low.y, j), min(low.z, k))
                        high = Vector3(max(high.x, i + 1), max(high.y, j + 1), max(high.z, k + 1))
                    }
                    n += 1
                }
            }
        }
        guard low.x < high.x else { return RegionMask(empty: geometry) }
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
