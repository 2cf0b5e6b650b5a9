/// Contours brought onto a grid, ready to be filled a few slices at a time.
///
/// The rules are those of ``ContourStack/mask(on:mode:planeSpacingMM:)``.
public struct ContourRaster: Sendable {
    /// The grid that is filled.
    public let geometry: VolumeGeometry
    private let mode: RasterMode
    private let planes: [Plane]

    private struct Plane {
        let outlines: [MaskCanvas.Outline]
        /// The slab it stands for, in slice indices.
        let slab: ClosedRange<Double>
    }

    /// Brings contours onto a grid.
    ///
    /// - Throws: As ``ContourStack/mask(on:mode:planeSpacingMM:)``.
    public init(
        _ contours: ContourStack, on geometry: VolumeGeometry, mode: RasterMode = .areaCoverage,
        planeSpacingMM: Double? = nil
    ) throws {
        let outlines = try contours.contours.indices.map {
            try contours.outline($0, on: geometry)
        }
        let planes = ContourPlanes(positionsMM: outlines.map(\.positionMM))
        let spacing = planeSpacingMM ?? planes.spacingMM ?? geometry.spacingMM.z
        precondition(spacing > 0, "plane spacing must be positive, got \(spacing) mm")
        let perMM = 1 / geometry.spacingMM.z
        self.geometry = geometry
        self.mode = mode
        self.planes = zip(planes.planes, planes.slabsMM(spacingMM: spacing)).map { plane, slab in
            Plane(
                outlines: plane.contours.map { outlines[$0] },
                slab: slab.lowerBound * perMM ... slab.upperBound * perMM)
        }
    }

    /// Returns the region outlined in some slices of the grid, all of them by default.
    ///
    /// - Returns: A region of the whole grid; empty when nothing lies in these slices.
    public func mask(slices: Range<Int>? = nil) -> RegionMask {
        let slices = (slices ?? 0 ..< geometry.shape.z).clamped(to: 0 ..< geometry.shape.z)
        // Half a slice more on both sides: the canvas decides what a slab touches.
        let (low, high) = (Double(slices.lowerBound) - 1, Double(slices.upperBound))
        let touched = planes.filter { $0.slab.upperBound >= low && $0.slab.lowerBound <= high }
        var canvas = MaskCanvas(
            geometry: geometry, slices: slices, outlines: touched.flatMap(\.outlines))
        for plane in touched {
            let polygons = plane.outlines.map(\.points)
            let (start, end) = (plane.slab.lowerBound, plane.slab.upperBound)
            switch mode {
            case .areaCoverage: canvas.fillArea(polygons, from: start, to: end)
            case .voxelCentre: canvas.fillCentres(polygons, from: start, to: end)
            }
        }
        return canvas.mask()
    }
}
