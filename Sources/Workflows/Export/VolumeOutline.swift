import Imaging
import Quantities

/// Contours of a region that enclose its volume.
///
/// Outlines at half coverage lose the ends and rims of small regions: a lesion of 8 mm on a grid
/// of 3 mm would be gone. The outline is therefore drawn at the coverage at which areas times the
/// slice spacing give the region's own volume.
struct VolumeOutline: Sendable {
    let contours: ContourStack
    /// Area of the contours times the slice spacing.
    let volumeML: Double
    private let regionML: Double

    /// Volumes this close, as a share, count as met: well below what contours mean.
    private static let closeShare = 0.002
    private static let mostSteps = 14

    init(_ mask: RegionMask) {
        regionML = mask.volumeML
        func outline(_ level: Float) -> (contours: ContourStack, volumeML: Double) {
            let contours = mask.contours(level: level)
            return (contours, contours.enclosedML(on: mask.geometry))
        }
        let target = mask.volumeML
        var best = outline(0.5)
        // The lower the level, the larger the volume.
        var range: ClosedRange<Float> = best.volumeML > target ? 0.5 ... 0.999 : 0.001 ... 0.5
        for _ in 0 ..< Self.mostSteps
        where abs(best.volumeML - target) > Self.closeShare * target {
            let level = (range.lowerBound + range.upperBound) / 2
            let found = outline(level)
            range =
                found.volumeML > target
                ? level ... range.upperBound : range.lowerBound ... level
            if abs(found.volumeML - target) < abs(best.volumeML - target) { best = found }
        }
        (contours, volumeML) = best
    }

    /// A warning where the contours miss the region's volume by more than 2 %.
    func finding(subject: String) -> Finding? {
        guard abs(volumeML - regionML) > 0.02 * regionML else { return nil }
        return Finding(
            "rtstruct.volume-differs", .warning,
            "The contours enclose \(Figures.amount(volumeML)) mL, the region on the dose grid has "
                + "\(Figures.amount(regionML)) mL: it is too small for the grid. Doses are those "
                + "of the region.", subject: subject)
    }
}

extension ContourStack {
    /// Area times the slice spacing of a grid that the contours were traced on, in millilitres.
    ///
    /// Holes run the other way round and count against what is round them.
    func enclosedML(on geometry: VolumeGeometry) -> Double {
        let normal = geometry.axes.transposed.rows.z
        let areaMM2 = contours.reduce(0) { sum, contour in
            let points = contour.pointsMM
            guard let first = points.first else { return sum }
            var twice = 0.0
            for n in points.indices.dropFirst().dropLast() {
                twice += (points[n] - first).cross(points[n + 1] - first).dot(normal)
            }
            return sum + twice / 2
        }
        return abs(areaMM2) * geometry.spacingMM.z / 1000
    }
}
