import Imaging
import Quantities

/// The one grid on which the frames of a SEG lie.
struct SegmentationGrid {
    private(set) var geometry: VolumeGeometry
    /// Slice index of each frame.
    private(set) var slice: [Int]
    /// Segment number of each frame; `nil` for label maps.
    private(set) var segment: [Int?]
    private(set) var findings: [Finding] = []

    /// Reads planes and segment numbers from the functional groups.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` with `seg.grid`.
    init(header: DataSet, pixels: PixelFrames) throws {
        let shared = header.firstItem(.sharedFunctionalGroupsSequence) ?? DataSet()
        let groups = header.items(.perFrameFunctionalGroupsSequence)
        guard groups.count == pixels.frames, pixels.samplesPerPixel == 1, !groups.isEmpty else {
            throw DicomError.refused(
                code: "seg.grid",
                reason: "\(pixels.frames) frames and \(groups.count) functional groups")
        }
        let measures = shared.firstItem(.pixelMeasuresSequence)
        var numbers: [Int?] = []
        var planes: [SeriesPlane] = []
        for own in groups {
            func group(_ sequence: Attribute) -> DataSet? {
                own.firstItem(sequence) ?? shared.firstItem(sequence)
            }
            planes.append(
                try SeriesPlane(
                    rows: pixels.rows, columns: pixels.columns,
                    position: group(.planePositionSequence)?.decimals(.imagePositionPatient)
                        ?? [],
                    orientation: group(.planeOrientationSequence)?
                        .decimals(.imageOrientationPatient) ?? [],
                    spacing: group(.pixelMeasuresSequence)?.decimals(.pixelSpacing) ?? []))
            numbers.append(
                group(.segmentIdentificationSequence)?.integer(.referencedSegmentNumber))
        }
        segment = numbers
        let first = planes[0]
        guard planes.allSatisfy({ $0.isStackable(with: first) }) else {
            throw DicomError.refused(code: "seg.grid", reason: "the frames are not parallel")
        }
        let order = SliceOrder(planes: planes)
        let origin = planes[order.order[0]]
        let depths = planes.map { ($0.positionMM - origin.positionMM).dot(origin.normal) }
        let spacing = Self.spacing(depths: order.order.map { depths[$0] }, measures: measures)
        let slices = depths.compactMap { Int(exactly: ($0 / spacing).rounded()) }
        guard slices.count == depths.count else {
            throw DicomError.refused(
                code: "seg.grid", reason: "a spacing of \(spacing) mm makes no grid")
        }
        slice = slices
        let offGrid = planes.indices.reduce(0.0) { worst, n in
            let expected = origin.positionMM + Double(slices[n]) * spacing * origin.normal
            return max(worst, (planes[n].positionMM - expected).length)
        }
        // As for images: a tenth of a spacing is the most that may be straightened.
        guard offGrid <= SliceOrder.toleratedShift * min(spacing, origin.rowSpacingMM) else {
            throw DicomError.refused(
                code: "seg.grid",
                reason: "frames lie up to \(shown(offGrid)) mm off a grid of \(shown(spacing)) mm")
        }
        let count = (slices.max() ?? 0) + 1
        geometry = try origin.geometry(slices: count, sliceSpacingMM: spacing)
        guard geometry.count <= SeriesAssembler.maximumVoxels else {
            throw DicomError.limitExceeded(what: "\(geometry.count) voxels in one segmentation")
        }
        let missing = count - Set(slices).count
        if missing > 0 {
            findings.append(
                Finding(
                    "seg.missing-frames", .note,
                    "\(missing) of \(count) slices have no frame; they are empty.",
                    subject: header.seriesSubject))
        }
    }

    private static func spacing(depths: [Double], measures: DataSet?) -> Double {
        let stated = measures?.decimal(.spacingBetweenSlices).flatMap { $0 > 0 ? $0 : nil }
        let steps = zip(depths.dropFirst(), depths).map { $0 - $1 }
        guard let least = steps.min() else {
            return stated ?? measures?.decimal(.sliceThickness).flatMap { $0 > 0 ? $0 : nil } ?? 1
        }
        // The stated spacing counts when frames sit on it; else what the positions say.
        if let stated, steps.allSatisfy({ abs($0 / stated - ($0 / stated).rounded()) < 0.05 }) {
            return stated
        }
        return least
    }
}
