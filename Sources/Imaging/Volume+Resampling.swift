/// What a redistribution of an amount gave.
public struct Redistribution: Sendable {
    /// The amount in each voxel of the new grid.
    public let volume: Volume<Float>

    /// The part of the amount that lay outside the new grid and is not in it.
    public let outside: Double
}

extension Volume where Scalar == Float {
    /// Returns a concentration (HU, Bq/mL, Gy) at the voxel centres of another grid.
    ///
    /// Trilinear. The border value holds up to the outer face of the border voxels. The same
    /// bytes result whatever the number of threads. For a grid much coarser than this one use
    /// ``averaged(onto:through:outside:)``, which leaves no voxel out.
    ///
    /// - Parameters:
    ///   - target: The grid of the result.
    ///   - transform: Takes points of the target's frame into this volume's frame.
    ///   - outside: The value where this volume has none.
    /// - Returns: The concentration on the new grid.
    public func interpolated(
        onto target: VolumeGeometry, through transform: RigidTransform = .identity,
        outside: Float
    ) -> Volume<Float> {
        sampled(onto: target, through: transform, samples: [1, 1, 1], outside: outside)
    }

    /// Returns the mean of a concentration over each voxel of another grid.
    ///
    /// Exact volume-weighted mean where the axes run along each other; else the mean of trilinear
    /// samples, as many per voxel as source voxels lie across it (8 along an axis at most). A
    /// voxel partly outside gets the mean of the part inside.
    ///
    /// - Parameters:
    ///   - target: The grid of the result.
    ///   - transform: Takes points of the target's frame into this volume's frame.
    ///   - outside: The value where this volume has none.
    /// - Returns: The concentration on the new grid.
    public func averaged(
        onto target: VolumeGeometry, through transform: RigidTransform = .identity,
        outside: Float
    ) -> Volume<Float> {
        averaged(onto: target, through: transform, outside: outside, changed: nil)
    }

    /// Returns the mean of a function of a concentration over each voxel of another grid.
    ///
    /// As ``averaged(onto:through:outside:)`` of the volume that the function makes of this one,
    /// which along the axes is never held whole.
    ///
    /// - Parameters:
    ///   - target: The grid of the result.
    ///   - outside: The value where this volume has none; not changed by the function.
    ///   - function: Writes what it makes of some voxels to as many others. Called several times
    ///     for the same voxels, by several threads.
    /// - Returns: The mean on the new grid.
    public func averaged(
        onto target: VolumeGeometry, outside: Float, of function: @escaping RowFunction
    ) -> Volume<Float> {
        averaged(onto: target, through: .identity, outside: outside, changed: function)
    }

    /// Writes values made from some voxels to as many others.
    public typealias RowFunction = @Sendable (Span<Float>, inout MutableSpan<Float>) -> Void

    private func averaged(
        onto target: VolumeGeometry, through transform: RigidTransform, outside: Float,
        changed function: RowFunction?
    ) -> Volume<Float> {
        let map = IndexMap(from: target, to: geometry, through: transform)
        guard map.isAligned(over: target.shape) else {
            return (function.map { changed(by: $0) } ?? self).sampled(
                onto: target, through: transform, samples: map.samplesPerTargetVoxel(),
                outside: outside)
        }
        return separable(
            onto: target, taps: overlapTaps(map, target.shape, asMean: true), outside: outside,
            changed: function)
    }

    private func changed(by function: RowFunction) -> Volume<Float> {
        var result = Volume(repeating: 0, geometry: geometry)
        let size = geometry.shape.x * geometry.shape.y
        let source = self
        result.updateSlices { k, slice in
            source.withVoxels { voxels in
                function(voxels.extracting(k * size ..< (k + 1) * size), &slice)
            }
        }
        return result
    }

    /// Returns an amount (counts, decays per voxel) shared out over the voxels of another grid.
    ///
    /// By exact overlap of volumes where the axes run along each other; else each voxel is split
    /// into parts, at least three along every axis and target voxel, that are shared out by the
    /// overlap of boxes. The sum of the result and of what fell outside is the sum of this volume.
    ///
    /// - Parameters:
    ///   - target: The grid of the result.
    ///   - transform: Takes points of the target's frame into this volume's frame.
    /// - Returns: The amount per voxel of the new grid, and what fell outside.
    public func redistributed(
        onto target: VolumeGeometry, through transform: RigidTransform = .identity
    ) -> Redistribution {
        let volume = shared(onto: target, through: transform)
        return Redistribution(volume: volume, outside: outsideAmount(given: volume))
    }

    /// As ``redistributed(onto:through:)``, without asking what fell outside.
    package func shared(
        onto target: VolumeGeometry, through transform: RigidTransform
    ) -> Volume<Float> {
        let map = IndexMap(from: target, to: geometry, through: transform)
        return map.isAligned(over: target.shape)
            ? separable(
                onto: target, taps: overlapTaps(map, target.shape, asMean: false), outside: 0)
            : scattered(onto: target, through: transform)
    }

    /// What is missing in `volume`, without the rounding of single voxels.
    private func outsideAmount(given volume: Volume<Float>) -> Double {
        var magnitude = 0.0
        withVoxels { voxels in
            for n in voxels.indices { magnitude += Double(abs(voxels[n])) }
        }
        let missing = sum() - volume.sum()
        return abs(missing) <= magnitude * Double(Float.ulpOfOne) ? 0 : missing
    }

    private func overlapTaps(
        _ map: IndexMap, _ shape: Vector3<Int>, asMean: Bool
    ) -> Vector3Of<AxisTaps> {
        let source = geometry.shape
        return Vector3Of(
            x: .overlap(
                targets: shape.x, sources: source.x, scale: map.matrix.rows.x.x,
                shift: map.offset.x, asMean: asMean),
            y: .overlap(
                targets: shape.y, sources: source.y, scale: map.matrix.rows.y.y,
                shift: map.offset.y, asMean: asMean),
            z: .overlap(
                targets: shape.z, sources: source.z, scale: map.matrix.rows.z.z,
                shift: map.offset.z, asMean: asMean))
    }

    /// Trilinear samples, several per target voxel where wanted.
    func sampled(
        onto target: VolumeGeometry, through transform: RigidTransform, samples: Vector3<Int>,
        outside: Float, outsideIsZero: Bool = false
    ) -> Volume<Float> {
        let map = IndexMap(from: target, to: geometry, through: transform)
        guard map.isAligned(over: target.shape) else {
            return gathered(
                onto: target, map: map, samples: samples, outside: outside,
                outsideIsZero: outsideIsZero)
        }
        let (shape, source) = (target.shape, geometry.shape)
        let taps = Vector3Of<AxisTaps>(
            x: .linear(
                targets: shape.x, sources: source.x, scale: map.matrix.rows.x.x,
                shift: map.offset.x, samples: samples.x, outsideIsZero: outsideIsZero),
            y: .linear(
                targets: shape.y, sources: source.y, scale: map.matrix.rows.y.y,
                shift: map.offset.y, samples: samples.y, outsideIsZero: outsideIsZero),
            z: .linear(
                targets: shape.z, sources: source.z, scale: map.matrix.rows.z.z,
                shift: map.offset.z, samples: samples.z, outsideIsZero: outsideIsZero))
        return separable(onto: target, taps: taps, outside: outside)
    }
}

/// One value for each of three axes, for types that a `Vector3` cannot hold.
struct Vector3Of<Value: Sendable>: Sendable {
    let x: Value
    let y: Value
    let z: Value
}
