import Imaging
import Quantities

extension Segmentation {
    /// Reads a SEG: binary, fractional or label map, frames in any order.
    ///
    /// The grid spans all frames; slices without a frame for a segment are empty there. The
    /// images that were segmented need not be present.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` with `seg.type` when the type is unknown,
    ///   `seg.empty` when there are no segments, `seg.grid` when the frames do not fit one grid,
    ///   `seg.segment-unknown` when a frame belongs to a segment that is not described.
    package static func read(
        header: DataSet, pixels: PixelFrames
    ) throws -> Reading<Segmentation> {
        guard let kind = Kind(rawValue: header.term(.segmentationType) ?? "") else {
            throw DicomError.refused(
                code: "seg.type",
                reason: "the segmentation type is \(header.term(.segmentationType) ?? "absent")")
        }
        let grid = try SegmentationGrid(header: header, pixels: pixels)
        var findings = grid.findings
        let divisor = try divisor(header, kind: kind, &findings)
        let described = header.items(.segmentSequence)
        guard !described.isEmpty else {
            throw DicomError.refused(code: "seg.empty", reason: "no segment is described")
        }
        let numbers = described.compactMap { $0.integer(.segmentNumber) }
        guard numbers.count == described.count, Set(numbers).count == numbers.count else {
            throw DicomError.malformed(reason: "segment numbers are missing or occur twice")
        }
        var collectors = Dictionary(uniqueKeysWithValues: numbers.map { ($0, MaskCollector()) })
        for frame in 0 ..< pixels.frames {
            let values = try pixels.values(frame: frame)
            let slice = grid.slice[frame]
            if kind == .labelMap {
                try collectLabels(values, slice: slice, into: &collectors)
            } else {
                guard let number = grid.segment[frame], collectors[number] != nil else {
                    throw DicomError.refused(
                        code: "seg.segment-unknown",
                        reason: "frame \(frame + 1) belongs to no described segment")
                }
                collectors[number]?.add(values.map { Float($0 / divisor) }, slice: slice)
            }
        }
        let segments = try described.map { item in
            let number = item.integer(.segmentNumber) ?? 0
            let mask = try (collectors[number] ?? MaskCollector()).mask(on: grid.geometry)
            if mask.coverage.isEmpty {
                findings.append(
                    Finding(
                        "seg.segment-empty", .note, "Segment \(number) has no voxel.",
                        subject: header.seriesSubject))
            }
            return Segment(
                number: number, label: item.string(.segmentLabel) ?? "segment \(number)",
                mask: mask, colorRGB: CIELab.rgb(item.integers(.recommendedDisplayCIELabValue)))
        }
        return Reading(
            Segmentation(
                kind: kind, frameOfReferenceUID: header.string(.frameOfReferenceUID) ?? "",
                referencedSeriesUID: header.firstItem(.referencedSeriesSequence)?
                    .string(.seriesInstanceUID),
                segments: segments), findings: findings)
    }

    private static func divisor(
        _ header: DataSet, kind: Kind, _ findings: inout [Finding]
    ) throws -> Double {
        guard kind == .fractional else { return 1 }
        guard let maximum = header.integer(.maximumFractionalValue), maximum > 0 else {
            throw DicomError.missing(attribute: "Maximum Fractional Value", object: "SEG")
        }
        if header.term(.segmentationFractionalType) != "OCCUPANCY" {
            findings.append(
                Finding(
                    "seg.probability", .warning,
                    "The fractions are probabilities, not shares of volume; volumes and doses "
                        + "weighted with them are expectations.", subject: header.seriesSubject))
        }
        return Double(maximum)
    }

    private static func collectLabels(
        _ values: [Double], slice: Int, into collectors: inout [Int: MaskCollector]
    ) throws {
        for label in Set(values) where label != 0 {
            guard let number = Int(exactly: label), collectors[number] != nil else {
                // Segment 0 may be described as background; other numbers must be described.
                throw DicomError.refused(
                    code: "seg.segment-unknown", reason: "a label is not described as a segment")
            }
            collectors[number]?.add(values.map { $0 == label ? 1 : 0 }, slice: slice)
        }
    }
}

/// Gathers the slices of one segment and cuts them to their bounding box.
struct MaskCollector {
    private var slices: [Int: [Float]] = [:]

    /// Adds a frame; where two frames fall on one slice the greater share counts.
    mutating func add(_ values: [Float], slice: Int) {
        if let present = slices[slice] {
            slices[slice] = zip(present, values).map { max($0, $1) }
        } else if values.contains(where: { $0 > 0 }) {
            slices[slice] = values
        }
    }

    /// Returns the mask, its box tight in all directions.
    func mask(on geometry: VolumeGeometry) throws -> RegionMask {
        let columns = geometry.shape.x
        var (lowI, highI, lowJ, highJ) = (Int.max, -1, Int.max, -1)
        for values in slices.values {
            for index in values.indices where values[index] > 0 {
                let (i, j) = (index % columns, index / columns)
                (lowI, highI) = (min(lowI, i), max(highI, i))
                (lowJ, highJ) = (min(lowJ, j), max(highJ, j))
            }
        }
        guard let lowK = slices.keys.min(), let highK = slices.keys.max(), highI >= 0 else {
            return try RegionMask(geometry: geometry, box: .empty, coverage: [])
        }
        let box = IndexBox(
            lower: [lowI, lowJ, lowK], upper: [highI + 1, highJ + 1, highK + 1])
        var coverage: [Float] = []
        coverage.reserveCapacity(box.count)
        for k in lowK ... highK {
            for j in lowJ ... highJ {
                if let values = slices[k] {
                    coverage += values[j * columns + lowI ... j * columns + highI]
                } else {
                    coverage += Array(repeating: 0, count: highI - lowI + 1)
                }
            }
        }
        return try RegionMask(geometry: geometry, box: box, coverage: coverage)
    }
}
