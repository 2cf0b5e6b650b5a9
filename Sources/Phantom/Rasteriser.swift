package import Imaging

/// Turns shapes into voxels along lines: exact along rows, sub-sampled across.
package struct Rasteriser: Sendable {
    /// The grid to fill.
    package let geometry: VolumeGeometry
    /// From the frame of the shapes to the frame of the grid.
    package let placement: RigidTransform
    /// Lines per voxel along columns.
    package let linesPerVoxel: Int
    /// Lines per voxel along slices.
    package let linesPerSlice: Int

    /// Creates a rasteriser.
    ///
    /// - Parameters:
    ///   - geometry: The grid to fill.
    ///   - placement: From the frame of the shapes to the frame of the grid.
    ///   - linesPerVoxel: Lines along columns, 1 or more. A surface that runs along the rows is
    ///     placed only to the distance of lines.
    ///   - linesPerSlice: Lines along slices; as many as along columns when `nil`.
    package init(
        geometry: VolumeGeometry, placement: RigidTransform = .identity, linesPerVoxel: Int,
        linesPerSlice: Int? = nil
    ) {
        self.geometry = geometry
        self.placement = placement
        self.linesPerVoxel = linesPerVoxel
        self.linesPerSlice = linesPerSlice ?? linesPerVoxel
    }

    private var linesTogether: Int { linesPerVoxel * linesPerSlice }

    /// Returns CT numbers: air, covered by the layers in order.
    package func painted(_ layers: [Anatomy.Layer]) -> Volume<Float> {
        let width = geometry.shape.x
        var volume = Volume<Float>(repeating: 0, geometry: geometry)
        volume.updateSlices { k, slice in
            var line = [Float](repeating: 0, count: width)
            forEachLine(slice: k) { j, origin, direction in
                for i in 0 ..< width { line[i] = -1000 }
                for layer in layers {
                    guard let range = voxels(layer.shape, origin, direction) else { continue }
                    Self.forEachShare(range, width) { i, share in
                        line[i] += share * (layer.hounsfieldUnits - line[i])
                    }
                }
                for i in 0 ..< width { slice[i + width * j] += line[i] }
            }
            let scale = 1 / Float(linesTogether)
            for n in slice.indices { slice[n] *= scale }
        }
        return volume
    }

    /// Returns the sum over shapes of weight times the share of each voxel inside.
    package func added(_ shapes: [(shape: ConvexShape, weight: Double)]) -> Volume<Float> {
        let width = geometry.shape.x
        let weighted = shapes.map { Weighted(shape: $0.shape, weight: $0.weight) }
        var volume = Volume<Float>(repeating: 0, geometry: geometry)
        volume.updateSlices { k, slice in
            let scale = 1 / Double(linesTogether)
            var sums = [Double](repeating: 0, count: slice.count)
            forEachLine(slice: k) { j, origin, direction in
                for item in weighted {
                    guard let range = voxels(item.shape, origin, direction) else { continue }
                    let weight = item.weight * scale
                    Self.forEachShare(range, width) { i, share in
                        sums[i + width * j] += weight * Double(share)
                    }
                }
            }
            for n in slice.indices { slice[n] = Float(sums[n]) }
        }
        return volume
    }

    /// Returns the share of each voxel inside any of the shapes, which must not overlap.
    package func mask(_ shapes: [ConvexShape]) throws -> RegionMask {
        let shares = added(shapes.map { ($0, 1) })
        let shape = geometry.shape
        var lower = shape
        var upper = Vector3(0, 0, 0)
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y {
                for i in 0 ..< shape.x where shares[i, j, k] > 0 {
                    lower = Vector3(min(lower.x, i), min(lower.y, j), min(lower.z, k))
                    upper = Vector3(max(upper.x, i + 1), max(upper.y, j + 1), max(upper.z, k + 1))
                }
            }
        }
        guard upper.z > 0 else {
            return try RegionMask(geometry: geometry, box: .empty, coverage: [])
        }
        var coverage: [Float] = []
        for k in lower.z ..< upper.z {
            for j in lower.y ..< upper.y {
                for i in lower.x ..< upper.x { coverage.append(min(1, shares[i, j, k])) }
            }
        }
        return try RegionMask(
            geometry: geometry, box: IndexBox(lower: lower, upper: upper), coverage: coverage)
    }

    private struct Weighted: Sendable {
        let shape: ConvexShape
        let weight: Double
    }

    /// Calls `body` with each line of a slice: row, start at the first voxel's near face, direction.
    private func forEachLine(
        slice k: Int,
        _ body: (_ j: Int, _ origin: Vector3<Double>, _ along: Vector3<Double>) -> Void
    ) {
        let back = placement.inverse
        let direction = back.rotation * geometry.axes.transposed.rows.x
        let rowStep = 1 / Double(linesPerVoxel)
        let sliceStep = 1 / Double(linesPerSlice)
        for j in 0 ..< geometry.shape.y {
            for b in 0 ..< linesPerVoxel {
                for c in 0 ..< linesPerSlice {
                    let y = Double(j) - 0.5 + (Double(b) + 0.5) * rowStep
                    let z = Double(k) - 0.5 + (Double(c) + 0.5) * sliceStep
                    let start = geometry.positionMM(index: Vector3(-0.5, y, z))
                    body(j, back(start), direction)
                }
            }
        }
    }

    /// Returns where a line runs inside the shape, counted in voxels from the near face.
    private func voxels(
        _ shape: ConvexShape, _ origin: Vector3<Double>, _ direction: Vector3<Double>
    ) -> (lower: Double, upper: Double)? {
        guard let chord = shape.chord(origin: origin, direction: direction) else { return nil }
        let lower = max(0, chord.lower / geometry.spacingMM.x)
        let upper = min(Double(geometry.shape.x), chord.upper / geometry.spacingMM.x)
        return lower < upper ? (lower, upper) : nil
    }

    /// Calls `body` with each voxel of a row that a run touches, and the share it covers.
    private static func forEachShare(
        _ range: (lower: Double, upper: Double), _ width: Int, _ body: (Int, Float) -> Void
    ) {
        let first = Int(range.lower)
        let last = min(Int(range.upper), width - 1)
        guard first < last else {
            body(last, Float(range.upper - range.lower))
            return
        }
        body(first, Float(Double(first + 1) - range.lower))
        for i in first + 1 ..< last { body(i, 1) }
        let end = Float(range.upper - Double(last))
        if end > 0 { body(last, end) }
    }
}
