/// Where a regular voxel grid sits in the patient.
///
/// Index order is `(i, j, k)` = (column, row, slice); `i` varies fastest in memory.
/// Positions are millimetres in the DICOM patient system (LPS: +x left, +y posterior, +z head).
/// The three axes are orthonormal and right-handed, so `k` always counts along `i` × `j`.
public struct VolumeGeometry: Hashable, Sendable {
    /// Voxel counts along `(i, j, k)`.
    public let shape: Vector3<Int>

    /// Distance between neighbouring voxel centres along `(i, j, k)`, in millimetres.
    public let spacingMM: Vector3<Double>

    /// Position of the centre of voxel `(0, 0, 0)`, in millimetres.
    public let originMM: Vector3<Double>

    /// Unit vectors of the `i`, `j` and `k` axes, as columns.
    public let axes: Matrix3

    /// Creates a geometry.
    ///
    /// - Throws: ``ImagingError/degenerateGrid(shape:spacingMM:)`` when a count is not positive, a
    ///   spacing is not from 1e-4 to 1e6 mm, the origin is further than 1e7 mm away, or the voxel
    ///   count overflows;
    ///   ``ImagingError/axesNotOrthonormal(determinant:)`` when the axes are not a right-handed
    ///   orthonormal frame within 1e-4.
    public init(
        shape: Vector3<Int>, spacingMM: Vector3<Double>, originMM: Vector3<Double> = .zero,
        axes: Matrix3 = .identity
    ) throws {
        let (slice, overflowsSlice) = shape.x.multipliedReportingOverflow(by: shape.y)
        let (_, overflowsAll) = slice.multipliedReportingOverflow(by: shape.z)
        guard
            shape.smallest > 0, !overflowsSlice, !overflowsAll,
            [spacingMM.x, spacingMM.y, spacingMM.z].allSatisfy(Self.spacingsMM.contains),
            originMM.length <= Self.farthestMM
        else { throw ImagingError.degenerateGrid(shape: shape, spacingMM: spacingMM) }
        guard axes.isRightHandedOrthonormal(tolerance: 1e-4) else {
            throw ImagingError.axesNotOrthonormal(determinant: axes.determinant)
        }
        self.shape = shape
        self.spacingMM = spacingMM
        self.originMM = originMM
        self.axes = axes
    }

    /// Distances of voxels that any image of a body has, with room on both sides: a damaged header
    /// would make indices that are no numbers.
    private static let spacingsMM = 1e-4 ... 1e6
    private static let farthestMM = 1e7

    /// The number of voxels.
    public var count: Int { shape.x * shape.y * shape.z }

    /// The volume of one voxel, in millilitres.
    public var voxelVolumeML: Double { spacingMM.x * spacingMM.y * spacingMM.z * 1e-3 }

    /// Returns the position of a (fractional) voxel index, in millimetres.
    public func positionMM(index: Vector3<Double>) -> Vector3<Double> {
        originMM
            + axes
            * Vector3(index.x * spacingMM.x, index.y * spacingMM.y, index.z * spacingMM.z)
    }

    /// Returns the fractional voxel index of a position, which may lie outside the grid.
    public func index(positionMM: Vector3<Double>) -> Vector3<Double> {
        let along = axes.transposed * (positionMM - originMM)
        return Vector3(along.x / spacingMM.x, along.y / spacingMM.y, along.z / spacingMM.z)
    }

    /// Returns the storage index of voxel `(i, j, k)`.
    @inlinable
    public func offset(_ i: Int, _ j: Int, _ k: Int) -> Int { i + shape.x * (j + shape.y * k) }
}

extension Matrix3 {
    fileprivate func isRightHandedOrthonormal(tolerance: Double) -> Bool {
        let product = self * transposed
        let deviation = [
            product.rows.x - [1, 0, 0], product.rows.y - [0, 1, 0], product.rows.z - [0, 0, 1],
        ].map(\.length).reduce(0, +)
        return deviation <= tolerance && determinant > 0
    }
}
