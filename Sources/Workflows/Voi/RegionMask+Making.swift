package import Imaging

/// Ways to make a region from others, from a point, or from an image. Distances in millimetres.
extension RegionMask {
    /// Sub-samples of a border voxel of a sphere along each axis.
    private static let sphereSamples = 6

    /// A sphere; what lies outside the grid is cut off.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when none of it lies in the grid.
    package static func sphere(
        centreMM: Vector3<Double>, diameterMM: Double, on grid: VolumeGeometry
    ) throws -> RegionMask {
        let radius = diameterMM / 2
        let centre = grid.index(positionMM: centreMM)
        func range(_ middle: Double, _ spacing: Double, _ count: Int) -> Range<Int> {
            // Compared as numbers first: a typed position may be too large for an `Int`.
            let first = min(max((middle - radius / spacing - 0.5).rounded(.up), 0), Double(count))
            let last = min(max((middle + radius / spacing + 0.5).rounded(.up), 0), Double(count))
            return Int(first) ..< max(Int(first), Int(last))
        }
        let x = range(centre.x, grid.spacingMM.x, grid.shape.x)
        let y = range(centre.y, grid.spacingMM.y, grid.shape.y)
        let z = range(centre.z, grid.spacingMM.z, grid.shape.z)
        guard !x.isEmpty, !y.isEmpty, !z.isEmpty else {
            throw WorkflowError.refused(sentence: "The sphere lies outside the planning CT.")
        }
        let half = 0.5 * grid.spacingMM.length
        var shares: [Float] = []
        shares.reserveCapacity(x.count * y.count * z.count)
        for k in z {
            for j in y {
                for i in x {
                    let offset = Vector3(
                        (Double(i) - centre.x) * grid.spacingMM.x,
                        (Double(j) - centre.y) * grid.spacingMM.y,
                        (Double(k) - centre.z) * grid.spacingMM.z)
                    let distance = offset.length - radius
                    shares.append(
                        distance <= -half
                            ? 1
                            : distance >= half
                                ? 0 : share(of: radius, at: offset, grid.spacingMM))
                }
            }
        }
        let box = IndexBox(
            lower: Vector3(x.lowerBound, y.lowerBound, z.lowerBound),
            upper: Vector3(x.upperBound, y.upperBound, z.upperBound))
        return try RegionMask(geometry: grid, box: box, coverage: shares).scaled(1)
    }

    private static func share(
        of radius: Double, at offset: Vector3<Double>, _ spacing: Vector3<Double>
    ) -> Float {
        let steps = (0 ..< sphereSamples).map {
            (Double($0) + 0.5) / Double(sphereSamples) - 0.5
        }
        var inside = 0
        for c in steps {
            for b in steps {
                for a in steps {
                    let p = offset + Vector3(a * spacing.x, b * spacing.y, c * spacing.z)
                    if p.x * p.x + p.y * p.y + p.z * p.z < radius * radius { inside += 1 }
                }
            }
        }
        return Float(inside) / Float(sphereSamples * sphereSamples * sphereSamples)
    }

    /// The region with its surface moved out by `marginMM`, or in where that is negative.
    ///
    /// The edge of the grid is no surface: what reaches it is not shrunk there.
    package func withMargin(_ marginMM: Double) throws -> RegionMask {
        guard marginMM != 0, !isEmpty else { return self }
        return try SurfaceDistance(self, reachMM: marginMM).region(below: marginMM)
    }

    /// The region opened and then closed with a ball: what a ball of that radius does not fit into
    /// goes away, then what it does not fit into from outside is filled.
    ///
    /// Surfaces whose radius of curvature is nowhere smaller stay where they are; a sphere does not
    /// shrink, as it would under a mean. Source: J. Serra, Image Analysis and Mathematical Morphology,
    /// Academic Press 1982, chapters II and X.
    package func smoothed(_ radiusMM: Double) throws -> RegionMask {
        let inner = try withMargin(-radiusMM)
        guard !inner.isEmpty else {
            throw WorkflowError.refused(
                sentence: "The volume is nowhere thicker than twice \(radiusMM) mm; nothing would "
                    + "be left.")
        }
        // Out by the ball to open, and by it again to close.
        return try inner.withMargin(2 * radiusMM).withMargin(-radiusMM)
    }

    /// The region with the volumes filled that it encloses; with `inSlices` the areas that it
    /// encloses in a slice.
    ///
    /// Two voxels hang together by their faces. Filling again changes nothing.
    package func filled(inSlices: Bool = false) throws -> RegionMask {
        guard !isEmpty else { return self }
        let wide = box.widened(byMM: 0, in: geometry)
        let sides = wide.sides
        let shares = shares(over: wide)
        let outside = VoxelParts(sides: sides, inSlices: inSlices).reached(
            fromEdge: { shares[$0] < 0.5 })
        var result = shares
        for k in 0 ..< sides.z {
            for j in 0 ..< sides.y {
                for i in 0 ..< sides.x {
                    let n = i + sides.x * (j + sides.y * k)
                    guard !outside[n], shares[n] < 1 else { continue }
                    // Where the outside touches, a voxel's part is the border's own.
                    let isBorder = Self.touches(outside, i, j, k, sides, inSlices: inSlices)
                    if shares[n] < 0.5 || !isBorder { result[n] = 1 }
                }
            }
        }
        return try RegionMask(geometry: geometry, box: wide, coverage: result).scaled(1)
    }

    private static func touches(
        _ outside: [Bool], _ i: Int, _ j: Int, _ k: Int, _ sides: Vector3<Int>, inSlices: Bool
    ) -> Bool {
        let slices = inSlices ? k ... k : max(0, k - 1) ... min(sides.z - 1, k + 1)
        for c in slices {
            for b in max(0, j - 1) ... min(sides.y - 1, j + 1) {
                for a in max(0, i - 1) ... min(sides.x - 1, i + 1)
                where outside[a + sides.x * (b + sides.y * c)] { return true }
            }
        }
        return false
    }

    /// The region with the slices between drawn ones filled in.
    ///
    /// Between two slices the signed distance to the outline goes over linearly from the one to the
    /// other. Source: S. P. Raya, J. K. Udupa, Shape-based interpolation of multidimensional
    /// objects, IEEE Trans Med Imaging 1990;9:32-42.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when there is nothing between drawn slices.
    package func interpolatedBetweenSlices() throws -> RegionMask {
        let area = (box.upper.x - box.lower.x) * (box.upper.y - box.lower.y)
        let drawn = (box.lower.z ..< box.upper.z).filter { k in
            let start = (k - box.lower.z) * area
            return coverage[start ..< start + area].contains { $0 >= 0.5 }
        }
        let gaps = zip(drawn, drawn.dropFirst()).filter { $1 - $0 > 1 }
        guard !gaps.isEmpty else {
            throw WorkflowError.refused(
                sentence: "There is no empty slice between drawn ones; draw every third slice or "
                    + "so, then fill in between.")
        }
        var result = self
        for (first, last) in gaps {
            let (from, to) = (try distances(inSlice: first), try distances(inSlice: last))
            for k in first + 1 ..< last {
                let part = Float(k - first) / Float(last - first)
                let mixed = zip(from.signedMM, to.signedMM).map { $0 + part * ($1 - $0) }
                let plane = IndexBox(
                    lower: Vector3(from.box.lower.x, from.box.lower.y, k),
                    upper: Vector3(from.box.upper.x, from.box.upper.y, k + 1))
                let slice = try SurfaceDistance(grid: geometry, box: plane, signedMM: mixed)
                    .region(below: 0)
                result = try result.union(slice)
            }
        }
        return result
    }

    private func distances(inSlice k: Int) throws -> SurfaceDistance {
        let wide = box.widened(byMM: 0, in: geometry)
        let plane = IndexBox(
            lower: Vector3(wide.lower.x, wide.lower.y, k),
            upper: Vector3(wide.upper.x, wide.upper.y, k + 1))
        return SurfaceDistance(shares(over: plane), on: geometry, plane, inSlices: true)
    }

    /// The part of the region where an image's values lie in a range.
    ///
    /// A voxel counts whole where at least half of it lies in the region.
    ///
    /// - Parameters:
    ///   - image: In its own grid and frame; linear between its voxels.
    ///   - transform: From the region's frame to the image's.
    ///   - limits: Told the highest value in the region, gives the range.
    /// - Returns: The part, in whole voxels.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the image does not reach the region;
    ///   what `limits` throws.
    package func thresholded(
        _ image: Volume<Float>, through transform: RigidTransform = .identity,
        limits: (_ highest: Float) throws -> ClosedRange<Float>
    ) throws -> RegionMask {
        guard !isEmpty else { return self }
        let values = image.interpolated(
            onto: try geometry.cropped(to: box), through: transform, outside: .nan)
        return try values.withVoxels { values in
            var highest = -Float.infinity
            for n in coverage.indices where coverage[n] >= 0.5 && values[n] > highest {
                highest = values[n]
            }
            guard highest.isFinite else {
                throw WorkflowError.refused(sentence: "The image does not reach the region.")
            }
            let range = try limits(highest)
            let shares: [Float] = coverage.indices.map {
                coverage[$0] >= 0.5 && range.contains(values[$0]) ? 1 : 0
            }
            return try RegionMask(geometry: geometry, box: box, coverage: shares).scaled(1)
        }
    }
}
