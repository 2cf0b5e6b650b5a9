/// The affine map from voxel indices of a target grid to fractional indices of a source grid.
struct IndexMap: Sendable {
    let matrix: Matrix3
    let offset: Vector3<Double>

    /// Off-diagonal drift over the whole target grid, in source voxels, that still counts as
    /// aligned: orientation vectors written with six digits drift less over 512 voxels.
    private static let alignedDriftVoxels = 1e-3

    /// Creates the map; `transform` takes target points (mm) into the source's frame.
    init(
        from target: VolumeGeometry, to source: VolumeGeometry,
        through transform: RigidTransform = .identity
    ) {
        let origin = source.index(positionMM: transform(target.positionMM(index: .zero)))
        func column(_ step: Vector3<Double>) -> Vector3<Double> {
            source.index(positionMM: transform(target.positionMM(index: step))) - origin
        }
        matrix = Matrix3(columns: column([1, 0, 0]), column([0, 1, 0]), column([0, 0, 1]))
        offset = origin
    }

    /// Returns the fractional source index of a fractional target index.
    func callAsFunction(_ index: Vector3<Double>) -> Vector3<Double> { matrix * index + offset }

    /// Returns whether the axes run along each other over a grid of `shape`, so that the three
    /// axes can be worked on one after the other.
    func isAligned(over shape: Vector3<Int>) -> Bool {
        let (x, y, z) = (Double(shape.x), Double(shape.y), Double(shape.z))
        let rows = matrix.rows
        let drifts = [
            rows.x.y * y, rows.x.z * z, rows.y.x * x, rows.y.z * z, rows.z.x * x, rows.z.y * y,
        ]
        return drifts.allSatisfy { abs($0) <= Self.alignedDriftVoxels }
    }

    /// Target voxels per source voxel along each source axis, at most 8: how many samples a
    /// target voxel needs so that no source voxel is stepped over.
    func samplesPerTargetVoxel() -> Vector3<Int> {
        let columns = matrix.transposed.rows
        func count(_ step: Vector3<Double>) -> Int {
            Int(min(8, max(1, step.length.rounded(.up))))
        }
        return Vector3(count(columns.x), count(columns.y), count(columns.z))
    }
}
