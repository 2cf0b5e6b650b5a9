package import Imaging

/// The voxel grids of the case.
package enum Grids {
    /// 512 × 512 × 150 of 0.85 × 0.85 × 2.5 mm, in its own frame.
    package static func diagnosticCT(_ options: PhantomOptions) throws -> VolumeGeometry {
        try centred([512, 512, 150], [0.85, 0.85, 2.5], options)
    }

    /// 256 × 256 × 116 of 1.95 × 1.95 × 3.75 mm: the low-dose CT of a SPECT/CT or PET/CT.
    package static func lowDoseCT(_ options: PhantomOptions) throws -> VolumeGeometry {
        try centred([256, 256, 116], [1.95, 1.95, 3.75], options)
    }

    /// 128 × 128 × 96 of 4.42 mm; fewer slices when the lungs are to be cut off.
    package static func spect(_ options: PhantomOptions) throws -> VolumeGeometry {
        let whole = try centred([128, 128, 96], [4.42, 4.42, 4.42], options)
        guard options.hasTruncatedLungs else { return whole }
        let kept = Int(((75 - whole.originMM.z) / whole.spacingMM.z).rounded())
        return try VolumeGeometry(
            shape: [whole.shape.x, whole.shape.y, kept], spacingMM: whole.spacingMM,
            originMM: whole.originMM)
    }

    /// 168 × 168 × 106 of 4.07 × 4.07 × 4 mm.
    package static func pet(_ options: PhantomOptions) throws -> VolumeGeometry {
        try centred([168, 168, 106], [4.07, 4.07, 4], options)
    }

    /// 256 × 256 pixels of 2.4 mm, two views.
    package static func planar(_ options: PhantomOptions) throws -> VolumeGeometry {
        let c = options.coarseness
        return try VolumeGeometry(
            shape: [256 / c, 256 / c, 2], spacingMM: [2.4 * Double(c), 2.4 * Double(c), 1])
    }

    /// A grid whose middle is the origin of its frame.
    private static func centred(
        _ shape: Vector3<Int>, _ spacing: Vector3<Double>, _ options: PhantomOptions
    ) throws -> VolumeGeometry {
        let c = options.coarseness
        let counts = Vector3(shape.x / c, shape.y / c, shape.z / c)
        let steps = Double(c) * spacing
        let origin = Vector3(
            -Double(counts.x - 1) / 2 * steps.x, -Double(counts.y - 1) / 2 * steps.y,
            -Double(counts.z - 1) / 2 * steps.z)
        return try VolumeGeometry(shape: counts, spacingMM: steps, originMM: origin)
    }
}
