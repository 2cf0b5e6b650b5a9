package import Imaging

/// How large the pixels of a picture are that is no volume, so that lengths on it mean something.
package struct PictureScale: Hashable, Sendable {
    /// A part of the picture with a scale of its own: bounds in pixels, both inside, and the
    /// distances of neighbouring columns and rows in mm.
    private struct Part: Hashable {
        let columns, rows: ClosedRange<Double>
        let columnMM, rowMM: Double

        func holds(_ point: PlanePoint) -> Bool {
            columns.contains(point.u) && rows.contains(point.v)
        }
    }

    private let parts: [Part]
    /// Whether lengths are those in the plane of the detector: the patient lies before it, so they
    /// are too long by a magnification that nobody has told.
    package let isOnDetector: Bool

    /// Whose Pixel Spacing may be that of the detector (PS3.3 §10.7.1.3).
    private static let projections: Set = ["CR", "DX", "IO", "MG", "PX", "RF", "XA"]
    /// Physical units of a region: centimetres (PS3.3 §C.8.5.5.1.15).
    private static let centimetres = 3
    /// A region in which both directions are distances (PS3.3 §C.8.5.5.1.1).
    private static let twoDimensional = 1
    /// What pixels of a picture of a patient can be, in mm.
    private static let sizesMM = 1e-4 ... 100.0

    /// Reads the scale; `nil` for a picture that has none.
    package init?(_ header: DataSet) {
        let regions = header.items(.sequenceOfUltrasoundRegions)
        guard regions.isEmpty else {
            parts = regions.compactMap(Self.part)
            isOnDetector = false
            if parts.isEmpty { return nil }
            return
        }
        let own = Self.spacing(header, .pixelSpacing)
        let detector = Self.spacing(header, .imagerPixelSpacing)
        guard let found = own ?? detector else { return nil }
        let isCalibrated =
            header.string(.pixelSpacingCalibrationType) != nil
            || (detector != nil && own != detector)
            || !Self.projections.contains(header.term(.modality) ?? "")
        isOnDetector = own == nil || !isCalibrated
        let everywhere = -Double.greatestFiniteMagnitude ... Double.greatestFiniteMagnitude
        parts = [
            Part(columns: everywhere, rows: everywhere, columnMM: found[1], rowMM: found[0])
        ]
    }

    /// The distance of two places, column and row with the centre of the first pixel at (0, 0).
    ///
    /// - Returns: In mm; `nil` unless both lie in one part of the picture that has a scale.
    package func lengthMM(from a: PlanePoint, to b: PlanePoint) -> Double? {
        guard let part = parts.first(where: { $0.holds(a) && $0.holds(b) }) else { return nil }
        let (across, down) = ((b.u - a.u) * part.columnMM, (b.v - a.v) * part.rowMM)
        return (across * across + down * down).squareRoot()
    }

    /// Distances of rows and of columns, as the standard has them.
    private static func spacing(_ header: DataSet, _ attribute: Attribute) -> [Double]? {
        guard let spacing = header.decimals(attribute), spacing.count == 2,
            spacing.allSatisfy(sizesMM.contains)
        else { return nil }
        return spacing
    }

    private static func part(_ region: DataSet) -> Part? {
        let bounds = [
            Attribute.regionLocationMinX0, .regionLocationMaxX1, .regionLocationMinY0,
            .regionLocationMaxY1,
        ].compactMap { region.decimal($0) }
        let units = [Attribute.physicalUnitsXDirection, .physicalUnitsYDirection]
            .compactMap { region.integer($0) }
        let sizes = [Attribute.physicalDeltaX, .physicalDeltaY]
            .compactMap { region.decimal($0).map { 10 * abs($0) } }
        guard region.integer(.regionSpatialFormat) == twoDimensional,
            units == [centimetres, centimetres], bounds.count == 4, bounds[0] <= bounds[1],
            bounds[2] <= bounds[3], sizes.count == 2, sizes.allSatisfy(sizesMM.contains)
        else { return nil }
        // A pixel reaches half a pixel round its centre.
        return Part(
            columns: bounds[0] - 0.5 ... bounds[1] + 0.5, rows: bounds[2] - 0.5 ... bounds[3] + 0.5,
            columnMM: sizes[0], rowMM: sizes[1])
    }
}
