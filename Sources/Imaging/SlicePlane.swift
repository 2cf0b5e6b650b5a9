/// The planes of the patient that pictures show, always as a radiologist expects them.
public enum SlicePlane: String, Hashable, Sendable, CaseIterable {
    /// Seen from the feet: the patient's right is on screen left, front is up.
    case axial
    /// Seen from the front: the patient's right is on screen left, head is up.
    case coronal
    /// Seen from the patient's left: front is on screen left, head is up.
    case sagittal

    /// Unit vectors along screen right, screen down and away from the viewer, as columns (LPS).
    public var screenAxes: Matrix3 {
        switch self {
        case .axial: Matrix3(columns: [1, 0, 0], [0, 1, 0], [0, 0, 1])
        case .coronal: Matrix3(columns: [1, 0, 0], [0, 0, -1], [0, 1, 0])
        case .sagittal: Matrix3(columns: [0, 1, 0], [0, 0, -1], [-1, 0, 0])
        }
    }

    /// Returns the grid of square pixels, one slice thick, that shows some points whole.
    ///
    /// - Parameters:
    ///   - points: What must lie within the picture, in millimetres.
    ///   - through: A point of the plane shown.
    ///   - pixelMM: The side of a pixel.
    /// - Returns: The grid; its `i` runs to screen right, its `j` down.
    /// - Throws: ``ImagingError/degenerateGrid(shape:spacingMM:)``.
    public func grid(
        showing points: [Vector3<Double>], through: Vector3<Double>, pixelMM: Double
    ) throws -> VolumeGeometry {
        let axes = screenAxes
        let along = points.map { axes.transposed * $0 }
        let depth = (axes.transposed * through).z
        let left = along.map(\.x).reduce(.infinity, min)
        let top = along.map(\.y).reduce(.infinity, min)
        let width = along.map(\.x).reduce(-.infinity, max) - left
        let height = along.map(\.y).reduce(-.infinity, max) - top
        guard
            let columns = Int(exactly: (width / pixelMM).rounded(.up)),
            let rows = Int(exactly: (height / pixelMM).rounded(.up))
        else {
            throw ImagingError.degenerateGrid(
                shape: [0, 0, 1], spacingMM: Vector3(pixelMM, pixelMM, pixelMM))
        }
        return try VolumeGeometry(
            shape: Vector3(columns, rows, 1), spacingMM: Vector3(pixelMM, pixelMM, pixelMM),
            originMM: axes * Vector3(left + pixelMM / 2, top + pixelMM / 2, depth), axes: axes)
    }
}
