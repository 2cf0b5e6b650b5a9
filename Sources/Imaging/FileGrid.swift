/// The place of a volume as files give it: one step per index axis, of either handedness.
struct FileGrid {
    /// Our grid of the same voxels.
    let geometry: VolumeGeometry
    /// Whether the file's slices run the other way than those of ``geometry``.
    ///
    /// Our axes are right-handed. Slices are turned round because the qform of NIfTI does it with
    /// them, and because they are whole blocks of memory.
    let isMirrored: Bool

    /// Checks the place.
    ///
    /// - Parameters:
    ///   - shape: Voxels along the index axes.
    ///   - origin: Centre of the first voxel of the file, in LPS millimetres.
    ///   - steps: From one voxel to the next along each index axis, in LPS millimetres.
    /// - Throws: What ``VolumeGeometry`` throws.
    init(
        shape: Vector3<Int>, origin: Vector3<Double>, steps: Vector3<Vector3<Double>>
    ) throws {
        isMirrored = steps.x.cross(steps.y).dot(steps.z) < 0
        let (first, along) =
            isMirrored
            ? (origin + Double(shape.z - 1) * steps.z, -steps.z) : (origin, steps.z)
        let lengths = Vector3(steps.x.length, steps.y.length, steps.z.length)
        geometry = try VolumeGeometry(
            shape: shape, spacingMM: lengths, originMM: first,
            axes: Matrix3(
                columns: (1 / lengths.x) * steps.x, (1 / lengths.y) * steps.y,
                (1 / lengths.z) * along))
    }

    /// Returns voxels in the file's order as an image.
    func file(of voxels: [Float]) throws -> ImageFile {
        ImageFile(
            volume: try Volume(
                voxels: isMirrored ? Self.reversed(voxels, geometry.shape) : voxels,
                geometry: geometry),
            isMirrored: isMirrored)
    }

    /// Returns the same voxels with the last slice first.
    static func reversed(_ voxels: [Float], _ shape: Vector3<Int>) -> [Float] {
        let slice = shape.x * shape.y
        var result: [Float] = []
        result.reserveCapacity(voxels.count)
        for k in (0 ..< shape.z).reversed() { result += voxels[k * slice ..< (k + 1) * slice] }
        return result
    }
}
