package import Imaging
import Quantities

/// One volume of a series with its slices in order and checked, before their pixels are read.
package struct OrderedStack: Sendable {
    package let geometry: VolumeGeometry
    private let meaning: SeriesMeaning
    private let loader: SliceLoader
    private let header: DataSet
    private let findings: [Finding]

    /// - Throws: ``DicomError`` when the slices are no regular grid, or say different things.
    init(
        _ stack: SeriesStacks.Stack, findings: [Finding], files: [SeriesFile], gaps: GapPolicy,
        applying map: RealWorldValueMap?
    ) throws {
        guard let first = stack.frames.first else {
            throw DicomError.refused(code: "series.empty", reason: "the series has no frames")
        }
        header = files[first.file].header
        let subject = header.seriesSubject
        let kind = ObjectKind(header: header)
        let planes = stack.frames.map(\.plane)
        var order = SliceOrder(planes: planes)
        try order.checkGrid(
            planes: planes, thicknessMM: first.thicknessMM, gaps: gaps,
            isCT: kind == .ct || kind == .enhancedCT, subject: subject)
        var spacing = order.spacingMM
        var findings = findings + order.findings
        if order.order.count == 1 {
            spacing = first.thicknessMM.flatMap { $0 > 0 ? $0 : nil } ?? 1
            findings.append(
                Finding(
                    "series.single-slice", .warning,
                    "There is one slice only; \(shown(spacing)) mm stands for its thickness.",
                    subject: subject))
        }
        var frames = stack.frames
        if let map { try Self.apply(map, to: &frames) }
        let headers = Set(frames.map(\.file)).sorted().map { files[$0].header }
        meaning = try SeriesMeaning(
            kind: kind, headers: headers, frames: frames, isMapped: map != nil)
        meaning.scale(&frames)
        geometry = try frames[order.order[0]].plane.geometry(
            slices: order.order.count, sliceSpacingMM: spacing)
        guard geometry.count <= SeriesAssembler.maximumVoxels else {
            throw DicomError.limitExceeded(what: "\(geometry.count) voxels in one volume")
        }
        loader = SliceLoader(files: files, frames: frames, order: order, geometry: geometry)
        self.findings = findings
    }

    package var modality: String { header.term(.modality) ?? "" }

    /// Whether every slice is a file of its own, so that a part costs no more than its share.
    package var isFilePerSlice: Bool { loader.isFilePerSlice }

    /// Reads all slices.
    ///
    /// - Throws: ``DicomError`` from the source; ``DicomError/refused(code:reason:)`` with
    ///   `series.duplicate-conflict` when two images at one position differ.
    package func image(from source: some DicomSource) async throws -> ImageSeries {
        let loaded = try await loader.load(
            0 ..< geometry.shape.z, from: source, subject: header.seriesSubject)
        return ImageSeries(
            modality: modality,
            seriesInstanceUID: header.string(.seriesInstanceUID)
                ?? InventedUID.of(header, level: .series),
            frameOfReferenceUID: header.string(.frameOfReferenceUID), quantity: meaning.quantity,
            volume: loaded.volume, radiopharmaceutical: meaning.radiopharmaceutical,
            findings: findings + meaning.findings + loaded.findings + remarks(loaded.tally))
    }

    /// Reads some of the slices.
    ///
    /// - Parameters:
    ///   - slices: Indices along `k`, within the geometry and not empty.
    ///   - source: Where pixels come from.
    /// - Returns: Their values where they lie in the patient.
    /// - Throws: As ``image(from:)``.
    package func slab(
        _ slices: Range<Int>, from source: some DicomSource
    ) async throws -> Volume<Float> {
        try await loader.load(slices, from: source, subject: header.seriesSubject).volume
    }

    /// Puts the mapping's slope and unit in the place of the images' own.
    private static func apply(
        _ map: RealWorldValueMap, to frames: inout [SeriesFrame]
    ) throws {
        for n in frames.indices {
            guard let uid = frames[n].sopInstanceUID, let mapping = map.mapping(forInstance: uid)
            else {
                throw DicomError.refused(
                    code: "rwvm.partial",
                    reason: "the real-world value map does not cover all images of the series")
            }
            frames[n].values.map(mapping)
            frames[n].values.table = nil
            frames[n].unit = mapping.unit
        }
    }

    private func remarks(_ tally: ConversionTally) -> [Finding] {
        let subject = header.seriesSubject
        var findings: [Finding] = []
        if tally.padded > 0 {
            findings.append(
                Finding(
                    "image.padding", .note,
                    "\(tally.padded) of \(geometry.count) voxels are padding, no measurement; "
                        + "they read as air or as zero.", subject: subject))
        }
        if tally.hasBitsOutside {
            findings.append(
                Finding(
                    "image.bits-outside", .warning,
                    "Pixels have bits set outside Bits Stored; they were cut off as overlays.",
                    subject: subject))
        }
        let wasLossy = tally.isLossy || header.string(.lossyImageCompression) == "01"
        if wasLossy {
            let isEmission = ["PT", "NM"].contains(header.term(.modality) ?? "")
            findings.append(
                Finding(
                    "image.lossy", isEmission ? .error : .warning,
                    "The pixels were compressed with loss; values are not those measured"
                        + (isEmission ? " and must not be used for dosimetry." : "."),
                    subject: subject))
        }
        if header.string(.frameOfReferenceUID) == nil {
            findings.append(
                Finding(
                    "image.no-frame-of-reference", .warning,
                    "There is no Frame of Reference UID: positions can be tied to other series "
                        + "by registration only.", subject: subject))
        }
        return findings
    }
}
