public import Imaging

/// The dose inside contours, sampled in the planes in which they were drawn.
///
/// The samples lie on a grid of their own: its slices are the contours' planes, its columns and
/// rows parts of the dose voxels. Each sample has the dose interpolated linearly at its centre
/// and counts with its share inside the contours. A plane stands for a slab one plane spacing
/// thick, so the volume is that of the slabs; the dose is that of the plane, because a contour
/// says nothing of what lies half a spacing above the last one. Averaging the dose over the slabs
/// lowers D98 of the rectum in a real prostate plan to 20.1 Gy where four programs give 21.9 to
/// 23.2 Gy. A sample on the border is up to half a sample off the part of it that is inside; the
/// error falls with the square of the size: undivided voxels of 2.5 mm gave D2cc of a real lung
/// 0.7 % too high. A slab thicker than the dose slices is divided into slices about as thick as those.
public struct ContourDose: Sendable {
    /// The dose on the sampling grid.
    public let dose: DoseMap
    /// The share of each sample inside the contours, on the same grid.
    public let region: RegionMask
    /// Into how many parts the columns and rows of the dose grid were divided.
    public let division: Int

    /// How many samples a structure gets at least, unless ``finestDivision`` is reached.
    public static let samplesWanted = 250_000
    /// The finest division of columns and rows.
    public static let finestDivision = 8
    /// A structure is left undivided only when halves would be more samples than this.
    ///
    /// Its border is then a small part of it.
    public static let mostSamples = 10_000_000

    /// Slices of the sampling grid are at most this number of times thinner than dose slices,
    /// however close planes lie: contours from a file must not make grids without bound.
    private static let finestSlices = 4.0

    /// Samples a dose.
    ///
    /// What lies outside the dose grid is cut off.
    ///
    /// - Parameters:
    ///   - dose: The dose; its slices must be parallel to the contours' planes.
    ///   - contours: The outlines of one structure, none without area.
    ///   - mode: ``RasterMode/areaCoverage`` divides columns and rows and takes exact shares;
    ///     ``RasterMode/voxelCentre`` counts undivided columns and rows, as dicompyler-core does.
    ///   - name: What an error calls the structure.
    /// - Throws: ``DoseError/emptyRegion(name:)`` when nothing lies inside; `ImagingError` for
    ///   contours that are tilted or have no area.
    public init(
        dose: DoseMap, contours: ContourStack, mode: RasterMode = .areaCoverage,
        name: String = "region"
    ) throws {
        let planes = try contours.planes(along: dose.grays.geometry)
        let spacing = planes.spacingMM ?? dose.grays.geometry.spacingMM.z
        guard
            let grid = try Self.planeGrid(
                positionsMM: planes.planes.map(\.positionMM), spacingMM: spacing,
                dose: dose.grays.geometry)
        else { throw DoseError.emptyRegion(name: name) }
        let coarse = try contours.mask(on: grid, mode: mode, planeSpacingMM: spacing)
        guard coarse.box.count > 0 else { throw DoseError.emptyRegion(name: name) }
        let block = try grid.cropped(to: coarse.box)
        division = mode == .voxelCentre ? 1 : Self.division(of: coarse)
        if division == 1 {
            region = try RegionMask(geometry: block, box: block.box, coverage: coarse.coverage)
        } else {
            region = try contours.mask(
                on: block.divided(by: division), mode: mode, planeSpacingMM: spacing)
        }
        self.dose = DoseMap(
            grays: dose.grays.interpolated(onto: region.geometry, outside: .nan))
    }

    /// The smallest division with enough samples.
    private static func division(of region: RegionMask) -> Int {
        let count = region.coverage.count { $0 > 0 }
        guard count <= mostSamples / 4 else { return 1 }
        return (2 ..< finestDivision).first { count * $0 * $0 >= samplesWanted } ?? finestDivision
    }

    /// The columns and rows of a dose grid with slices where the contours' planes are; `nil` when
    /// no plane lies on the dose grid.
    private static func planeGrid(
        positionsMM: [Double], spacingMM: Double, dose: VolumeGeometry
    ) throws -> VolumeGeometry? {
        guard let first = positionsMM.first, let last = positionsMM.last else { return nil }
        let slices = Double(dose.shape.z)
        // In dose slices from here on.
        let slab = spacingMM / dose.spacingMM.z
        let step = max(slab / max(1, min(slab, slices).rounded()), 1 / finestSlices)
        let start = first / dose.spacingMM.z - slab / 2 + step / 2
        let wanted = (((last - first) / dose.spacingMM.z + slab) / step - 0.01).rounded(.up)
        let low = max(0, ((-0.5 - start) / step).rounded(.up))
        let high = min(wanted, ((slices - 0.5 - start) / step).rounded(.down) + 1)
        guard low < high, let count = Int(exactly: high - low) else { return nil }
        return try VolumeGeometry(
            shape: Vector3(dose.shape.x, dose.shape.y, count),
            spacingMM: Vector3(
                dose.spacingMM.x, dose.spacingMM.y, step * dose.spacingMM.z),
            originMM: dose.positionMM(index: Vector3(0, 0, start + low * step)),
            axes: dose.axes)
    }
}

extension VolumeGeometry {
    /// Returns the grid with columns and rows divided into equal parts, slices as they are.
    fileprivate func divided(by parts: Int) throws -> VolumeGeometry {
        let part = 1 / Double(parts)
        let corner = (part - 1) / 2
        return try VolumeGeometry(
            shape: Vector3(shape.x * parts, shape.y * parts, shape.z),
            spacingMM: Vector3(part * spacingMM.x, part * spacingMM.y, spacingMM.z),
            originMM: positionMM(index: Vector3(corner, corner, 0)), axes: axes)
    }
}
