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
    /// The grid of the samples.
    public let grid: VolumeGeometry
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

    private let source: DoseMap
    private let raster: ContourRaster
    private let density: DensityMap?
    private let name: String

    /// Samples a dose.
    ///
    /// What lies outside the dose grid is cut off.
    ///
    /// - Parameters:
    ///   - dose: The dose; its slices must be parallel to the contours' planes.
    ///   - contours: The outlines of one structure, none without area.
    ///   - mode: ``RasterMode/areaCoverage`` divides columns and rows and takes exact shares;
    ///     ``RasterMode/voxelCentre`` counts undivided columns and rows, as dicompyler-core does.
    ///   - planeSpacingMM: How thick a slab contours in a single plane stand for, in millimetres;
    ///     `nil` takes the thickness of the dose slices.
    ///   - density: On the dose grid; samples in voxels of gas are left out. `nil` leaves none out.
    ///   - name: What an error calls the structure.
    /// - Throws: ``DoseError/emptyRegion(name:)`` when nothing lies inside,
    ///   ``DoseError/geometryMismatch(_:_:)``; `ImagingError` for contours that are tilted or have
    ///   no area.
    public init(
        dose: DoseMap, contours: ContourStack, mode: RasterMode = .areaCoverage,
        planeSpacingMM: Double? = nil, density: DensityMap? = nil, name: String = "region"
    ) throws {
        if let other = density?.gramsPerML.geometry, other != dose.grays.geometry {
            throw DoseError.geometryMismatch(dose.grays.geometry, other)
        }
        let planes = try contours.planes(along: dose.grays.geometry)
        let spacing = planes.spacingMM ?? planeSpacingMM ?? dose.grays.geometry.spacingMM.z
        guard
            let grid = try Self.planeGrid(
                positionsMM: planes.planes.map(\.positionMM), spacingMM: spacing,
                dose: dose.grays.geometry)
        else { throw DoseError.emptyRegion(name: name) }
        let coarse = try contours.mask(on: grid, mode: mode, planeSpacingMM: spacing)
        guard coarse.box.count > 0 else { throw DoseError.emptyRegion(name: name) }
        let block = try grid.cropped(to: coarse.box)
        division = mode == .voxelCentre ? 1 : Self.division(of: coarse)
        self.grid = try block.divided(by: division)
        raster = try ContourRaster(
            contours, on: self.grid, mode: mode, planeSpacingMM: spacing)
        source = dose
        self.density = density
        self.name = name
    }

    /// The dose on the grid of the samples; computed anew by each call.
    public var dose: DoseMap {
        DoseMap(grays: source.grays.interpolated(onto: grid, outside: .nan))
    }

    /// The share of each sample inside the contours, on the same grid; computed anew by each call.
    public var region: RegionMask {
        withoutGas(raster.mask(), DoseRows(dose: source.grays, on: grid))
    }

    /// Returns the histogram of the samples, which are gathered in ``DoseClasses``.
    ///
    /// Nothing of the size of the grid is stored: rows of shares and doses are counted as they are
    /// made. The same bytes result whatever the number of threads, because the parts that run side
    /// by side depend on the grid alone and are added up in order.
    ///
    /// - Throws: ``DoseError/emptyRegion(name:)``; ``DoseError/nonFiniteValue(atVoxel:)`` when a
    ///   dose inside is not finite.
    @concurrent
    public func histogram() async throws -> DoseVolumeHistogram {
        let rows = DoseRows(dose: source.grays, on: grid)
        let range = rows.rangeGy
        let slices = grid.shape.z
        let parts = min(slices, 1 + grid.count / Self.samplesOfPart)
        let classes = try await withThrowingTaskGroup(of: (Int, DoseClasses).self) { group in
            for part in 0 ..< parts {
                let own = slices * part / parts ..< slices * (part + 1) / parts
                group.addTask { (part, try gathered(own, rows, range)) }
            }
            var done: [Int: DoseClasses] = [:]
            for try await (part, classes) in group { done[part] = classes }
            var sum = done[0] ?? DoseClasses(rangeGy: range)
            for part in 1 ..< max(1, parts) { done[part].map { sum.add($0) } }
            return sum
        }
        guard classes.sampleCount > 0 else { throw DoseError.emptyRegion(name: name) }
        return DoseVolumeHistogram(classes, voxelVolumeML: grid.voxelVolumeML)
    }

    /// Larger structures are gathered in parts, side by side.
    private static let samplesOfPart = 500_000
    /// Slices are outlined so many samples at a time, which stay in the processor's cache.
    private static let samplesAtOnce = 50_000

    private func gathered(
        _ slices: Range<Int>, _ rows: DoseRows, _ rangeGy: ClosedRange<Double>
    ) throws -> DoseClasses {
        var classes = DoseClasses(rangeGy: rangeGy)
        var line = [Double](repeating: 0, count: source.grays.geometry.shape.x)
        let step = max(1, Self.samplesAtOnce / (grid.shape.x * grid.shape.y))
        for first in stride(from: slices.lowerBound, to: slices.upperBound, by: step) {
            let mask = withoutGas(
                raster.mask(slices: first ..< min(first + step, slices.upperBound)), rows)
            let box = mask.box
            let width = box.upper.x - box.lower.x
            guard width > 0 else { continue }
            var doses = [Double](repeating: 0, count: width)
            var start = 0
            for k in box.lower.z ..< box.upper.z {
                for j in box.lower.y ..< box.upper.y {
                    rows.read(row: j, slice: k, from: box.lower.x, line: &line, into: &doses)
                    let shares = mask.coverage.span.extracting(start ..< start + width)
                    if let n = classes.add(shares: shares, dosesGy: doses.span) {
                        throw DoseError.nonFiniteValue(
                            atVoxel: grid.offset(box.lower.x + n, j, k))
                    }
                    start += width
                }
            }
        }
        return classes
    }

    /// Leaves out samples whose voxel of the dose grid holds gas.
    private func withoutGas(_ mask: RegionMask, _ rows: DoseRows) -> RegionMask {
        guard let density else { return mask }
        var shares = mask.coverage
        var place = 0
        let box = mask.box
        for k in box.lower.z ..< box.upper.z {
            for j in box.lower.y ..< box.upper.y {
                for i in box.lower.x ..< box.upper.x {
                    if density.isGas(atVoxel: rows.nearestVoxel(i, j, k)) { shares[place] = 0 }
                    place += 1
                }
            }
        }
        return (try? RegionMask(geometry: mask.geometry, box: box, coverage: shares)) ?? mask
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
