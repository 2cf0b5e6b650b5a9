extension RegionMask {
    /// Creates the region of the voxels whose value fulfils a condition.
    public init<Scalar>(of volume: Volume<Scalar>, where isInside: (Scalar) -> Bool) {
        let shares: [Float] = volume.withVoxels { voxels in
            voxels.indices.map { isInside(voxels[$0]) ? 1 : 0 }
        }
        self = RegionMask(volume.geometry, volume.geometry.box, shares).trimmed()
    }

    /// The centre of mass, in millimetres; `nil` for an empty region.
    public var centroidMM: Vector3<Double>? {
        var sum = Vector3<Double>.zero
        var total = 0.0
        var n = 0
        for k in box.lower.z ..< box.upper.z {
            for j in box.lower.y ..< box.upper.y {
                for i in box.lower.x ..< box.upper.x {
                    let share = Double(coverage[n])
                    n += 1
                    guard share > 0 else { continue }
                    sum = sum + share * Vector3(Double(i), Double(j), Double(k))
                    total += share
                }
            }
        }
        guard total > 0 else { return nil }
        return geometry.positionMM(index: (1 / total) * sum)
    }

    /// The coverage as a volume over the whole grid.
    public func volume() -> Volume<Float> {
        var result = Volume<Float>(repeating: 0, geometry: geometry)
        forEachVoxel { index, share in result.storage[index] = share }
        return result
    }

    /// Returns the region on another grid.
    ///
    /// Trilinear on the coverage, averaged over as many samples per new voxel as old voxels lie
    /// across it, so that the volume is kept within what the two grids can show. What lies
    /// outside the old grid is outside the region.
    ///
    /// - Parameters:
    ///   - target: The new grid.
    ///   - transform: Takes points of the new grid's frame into this region's frame.
    /// - Returns: The region; empty when the grids do not meet.
    public func interpolated(
        onto target: VolumeGeometry, through transform: RigidTransform = .identity
    ) -> RegionMask {
        guard
            let padded = paddedVolume(),
            let box = target.box(touchedBy: padded.geometry, through: transform),
            let block = try? target.cropped(to: box)
        else { return RegionMask(empty: target) }
        let map = IndexMap(from: block, to: padded.geometry, through: transform)
        let samples = map.samplesPerTargetVoxel()
        let shares = padded.sampled(
            onto: block, through: transform, samples: samples, outside: 0, outsideIsZero: true)
        return RegionMask(target, box, shares.storage.map { min(1, max(0, $0)) }).trimmed()
    }

    /// The box's coverage inside a border of one empty voxel.
    func paddedVolume() -> Volume<Float>? {
        guard !isEmpty else { return nil }
        let wide = IndexBox(
            lower: Vector3(box.lower.x - 1, box.lower.y - 1, box.lower.z - 1),
            upper: Vector3(box.upper.x + 1, box.upper.y + 1, box.upper.z + 1))
        guard let grid = try? geometry.cropped(to: wide) else { return nil }
        var volume = Volume<Float>(repeating: 0, geometry: grid)
        var n = 0
        for k in box.lower.z ..< box.upper.z {
            for j in box.lower.y ..< box.upper.y {
                for i in box.lower.x ..< box.upper.x {
                    volume.storage[wide.offset(i, j, k)] = coverage[n]
                    n += 1
                }
            }
        }
        return volume
    }
}

extension VolumeGeometry {
    /// The block of this grid that another grid touches; `nil` when there is none.
    func box(touchedBy other: VolumeGeometry, through transform: RigidTransform) -> IndexBox? {
        let back = transform.inverse
        let corners = other.cornersMM.map { index(positionMM: back($0)) }
        func range(_ values: [Double], _ count: Int) -> Range<Int> {
            let low = (values.reduce(.infinity, min) - 0.5).rounded(.down)
            let high = (values.reduce(-.infinity, max) + 0.5).rounded(.up)
            let first = Int(min(max(low, 0), Double(count)))
            let last = Int(min(max(high + 1, 0), Double(count)))
            return first ..< max(first, last)
        }
        let x = range(corners.map(\.x), shape.x)
        let y = range(corners.map(\.y), shape.y)
        let z = range(corners.map(\.z), shape.z)
        guard !x.isEmpty, !y.isEmpty, !z.isEmpty else { return nil }
        return IndexBox(
            lower: Vector3(x.lowerBound, y.lowerBound, z.lowerBound),
            upper: Vector3(x.upperBound, y.upperBound, z.upperBound))
    }
}
