extension VolumeGeometry {
    /// The middle of the grid, in millimetres.
    public var centreMM: Vector3<Double> {
        positionMM(
            index: Vector3(
                Double(shape.x - 1) / 2, Double(shape.y - 1) / 2, Double(shape.z - 1) / 2))
    }

    /// The eight outer corners of the grid (voxel faces, not centres), in millimetres.
    public var cornersMM: [Vector3<Double>] {
        let ends = { (count: Int) in [-0.5, Double(count) - 0.5] }
        return ends(shape.z).flatMap { z in
            ends(shape.y).flatMap { y in
                ends(shape.x).map { x in positionMM(index: Vector3(x, y, z)) }
            }
        }
    }

    /// Lengths of the grid's edges, outer face to outer face, in millimetres.
    public var extentMM: Vector3<Double> {
        Vector3(
            Double(shape.x) * spacingMM.x, Double(shape.y) * spacingMM.y,
            Double(shape.z) * spacingMM.z)
    }

    /// The block of all voxels.
    public var box: IndexBox { IndexBox(lower: [0, 0, 0], upper: shape) }

    /// Returns the grid of a block of this grid's voxels.
    ///
    /// - Throws: ``ImagingError/degenerateGrid(shape:spacingMM:)`` when the block is empty.
    public func cropped(to box: IndexBox) throws -> VolumeGeometry {
        let low = Vector3(Double(box.lower.x), Double(box.lower.y), Double(box.lower.z))
        return try VolumeGeometry(
            shape: Vector3(
                box.upper.x - box.lower.x, box.upper.y - box.lower.y,
                box.upper.z - box.lower.z),
            spacingMM: spacingMM, originMM: positionMM(index: low), axes: axes)
    }

    /// Returns a grid with other spacing, the same axes and the same middle.
    ///
    /// Its extent is this grid's, rounded up to whole voxels: nothing of this grid lies outside.
    ///
    /// - Throws: ``ImagingError/degenerateGrid(shape:spacingMM:)`` when a spacing is not positive.
    public func withSpacing(_ spacingMM: Vector3<Double>) throws -> VolumeGeometry {
        func count(_ extent: Double, _ spacing: Double) throws -> Int {
            // A hair less than whole voxels is rounding, not a reason for one voxel more.
            guard let n = Int(exactly: (extent / spacing - 1e-6).rounded(.up)) else {
                throw ImagingError.degenerateGrid(shape: shape, spacingMM: spacingMM)
            }
            return max(1, n)
        }
        let extent = extentMM
        let counts = Vector3(
            try count(extent.x, spacingMM.x), try count(extent.y, spacingMM.y),
            try count(extent.z, spacingMM.z))
        let half = Vector3(
            Double(counts.x - 1) / 2 * spacingMM.x, Double(counts.y - 1) / 2 * spacingMM.y,
            Double(counts.z - 1) / 2 * spacingMM.z)
        return try VolumeGeometry(
            shape: counts, spacingMM: spacingMM, originMM: centreMM - axes * half, axes: axes)
    }
}
