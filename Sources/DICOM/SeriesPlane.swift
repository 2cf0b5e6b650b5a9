import Imaging

/// Where one frame lies in the patient.
struct SeriesPlane: Hashable, Sendable {
    let rows: Int
    let columns: Int
    /// Centre of the first transmitted pixel, in millimetres (LPS).
    let positionMM: Vector3<Double>
    /// Direction in which the column index grows, a unit vector.
    let alongRow: Vector3<Double>
    /// Direction in which the row index grows, a unit vector at right angles to `alongRow`.
    let alongColumn: Vector3<Double>
    /// Distance between neighbouring columns, in millimetres.
    let columnSpacingMM: Double
    /// Distance between neighbouring rows, in millimetres.
    let rowSpacingMM: Double

    /// The direction of slices: columns × rows, so that the grid is right-handed.
    var normal: Vector3<Double> { alongRow.cross(alongColumn) }

    /// The position along the normal, in millimetres.
    var depthMM: Double { positionMM.dot(normal) }

    /// Coordinates beyond a kilometre are not places in a patient (and NaN is none either).
    static let largestMM = 1e6

    /// Creates a plane from the attributes of the image plane.
    ///
    /// Small errors of direction (a few digits were written) are made good, larger ones refused.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` with `image.orientation-invalid` when the
    ///   vectors are not at right angles or not of length 1 within 1e-3, `image.spacing-invalid`
    ///   when a pixel spacing is not positive.
    init(
        rows: Int, columns: Int, position: [Double], orientation: [Double], spacing: [Double]
    ) throws {
        guard position.count >= 3, orientation.count >= 6, spacing.count >= 2,
            (position + orientation + spacing).allSatisfy({ abs($0) <= Self.largestMM })
        else {
            throw DicomError.refused(
                code: "image.no-geometry",
                reason: "position, orientation or pixel spacing is missing or incomplete")
        }
        let first = Vector3(orientation[0], orientation[1], orientation[2])
        let second = Vector3(orientation[3], orientation[4], orientation[5])
        let tolerance = 1e-3
        guard abs(first.length - 1) <= tolerance, abs(second.length - 1) <= tolerance,
            abs(first.dot(second)) <= tolerance
        else {
            throw DicomError.refused(
                code: "image.orientation-invalid",
                reason: "the direction vectors have lengths \(shown(first.length)) and "
                    + "\(shown(second.length)) and product \(shown(first.dot(second)))")
        }
        guard spacing[0] > 0, spacing[1] > 0 else {
            throw DicomError.refused(
                code: "image.spacing-invalid",
                reason: "pixel spacing \(shown(spacing[0])) by \(shown(spacing[1])) mm")
        }
        self.rows = rows
        self.columns = columns
        positionMM = Vector3(position[0], position[1], position[2])
        alongRow = (1 / first.length) * first
        let straight = second - alongRow.dot(second) * alongRow
        alongColumn = (1 / straight.length) * straight
        rowSpacingMM = spacing[0]
        columnSpacingMM = spacing[1]
    }

    /// The same plane at another position.
    func moved(to position: Vector3<Double>) -> SeriesPlane { SeriesPlane(self, at: position) }

    private init(_ other: SeriesPlane, at position: Vector3<Double>) {
        rows = other.rows
        columns = other.columns
        positionMM = position
        alongRow = other.alongRow
        alongColumn = other.alongColumn
        columnSpacingMM = other.columnSpacingMM
        rowSpacingMM = other.rowSpacingMM
    }

    /// Whether both planes have the same pixel matrix and are parallel.
    ///
    /// Directions may differ by 1e-3 (0.06 degrees: less than half a pixel over 512 columns),
    /// spacings by 1e-4 of themselves.
    func isStackable(with other: SeriesPlane) -> Bool {
        rows == other.rows && columns == other.columns
            && (alongRow - other.alongRow).length <= 1e-3
            && (alongColumn - other.alongColumn).length <= 1e-3
            && abs(rowSpacingMM - other.rowSpacingMM) <= 1e-4 * rowSpacingMM
            && abs(columnSpacingMM - other.columnSpacingMM) <= 1e-4 * columnSpacingMM
    }

    /// Builds the grid of a stack whose first slice is this one.
    ///
    /// - Throws: `ImagingError`.
    func geometry(slices: Int, sliceSpacingMM: Double) throws -> VolumeGeometry {
        try VolumeGeometry(
            shape: [columns, rows, slices],
            spacingMM: [columnSpacingMM, rowSpacingMM, sliceSpacingMM], originMM: positionMM,
            axes: Matrix3(columns: alongRow, alongColumn, normal))
    }
}
