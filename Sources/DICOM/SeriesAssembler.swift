import Imaging
import Quantities

/// One volume of a series that holds several: phases, time points, energy windows.
package struct SeriesStack: Sendable {
    /// What sets it apart, `temporal position 2 of 3`; empty when it is the only one.
    package var label: String
    package var series: ImageSeries

    package init(label: String, series: ImageSeries) {
        self.label = label
        self.series = series
    }
}

/// Builds volumes from the files of a series.
///
/// Slices are ordered by the projection of their position on the normal of the image plane, and
/// `k` runs along rows × columns, so the grid is right-handed whatever the patient's position
/// was. Whatever is assumed on the way becomes a finding of the series; what is not a regular
/// grid is refused (`Docs/Findings-DICOM.md` lists the codes).
package enum SeriesAssembler {
    /// The most voxels that one volume may have: 4 GB as `Float`.
    package static let maximumVoxels = 1_000_000_000

    /// Builds the one volume of a series.
    ///
    /// - Parameters:
    ///   - files: All files of the series, in any order.
    ///   - source: Where pixels come from.
    ///   - gaps: What to do when slices are missing in the middle.
    ///   - map: A Real World Value Mapping object that refers to these images; its unit and
    ///     slope take the place of the images' own.
    /// - Returns: The volume with quantity, radiopharmaceutical and findings.
    /// - Throws: ``DicomError``; `series.several-stacks` when the series holds several volumes
    ///   (use ``stacks(_:source:gaps:applying:)``).
    @concurrent
    package static func assemble(
        _ files: [SeriesFile], source: some DicomSource, gaps: GapPolicy = .refuse,
        applying map: RealWorldValueMap? = nil
    ) async throws -> ImageSeries {
        let plan = try SeriesStacks(files: files)
        guard plan.stacks.count == 1, let stack = plan.stacks.first else {
            throw DicomError.refused(
                code: "series.several-stacks",
                reason: "the series holds \(plan.stacks.count) volumes: "
                    + plan.stacks.prefix(8).map(\.label).joined(separator: "; "))
        }
        return try await build(
            stack, findings: plan.findings, files: files, source: source, gaps: gaps,
            applying: map)
    }

    /// Builds every volume of a series: one per orientation, time point, phase, energy window.
    ///
    /// - Throws: ``DicomError`` as ``assemble(_:source:gaps:applying:)``.
    @concurrent
    package static func stacks(
        _ files: [SeriesFile], source: some DicomSource, gaps: GapPolicy = .refuse,
        applying map: RealWorldValueMap? = nil
    ) async throws -> [SeriesStack] {
        let plan = try SeriesStacks(files: files)
        var built: [SeriesStack] = []
        for stack in plan.stacks {
            let series = try await build(
                stack, findings: plan.findings, files: files, source: source, gaps: gaps,
                applying: map)
            built.append(SeriesStack(label: stack.label, series: series))
        }
        return built
    }

    private static func build(
        _ stack: SeriesStacks.Stack, findings: [Finding], files: [SeriesFile],
        source: some DicomSource, gaps: GapPolicy, applying map: RealWorldValueMap?
    ) async throws -> ImageSeries {
        guard let first = stack.frames.first else {
            throw DicomError.refused(code: "series.empty", reason: "the series has no frames")
        }
        let header = files[first.file].header
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
        if let map { try apply(map, to: &frames) }
        let headers = Set(frames.map(\.file)).sorted().map { files[$0].header }
        let meaning = try SeriesMeaning(
            kind: kind, headers: headers, frames: frames, isMapped: map != nil)
        meaning.scale(&frames)
        let geometry = try frames[order.order[0]].plane.geometry(
            slices: order.order.count, sliceSpacingMM: spacing)
        guard geometry.count <= maximumVoxels else {
            throw DicomError.limitExceeded(what: "\(geometry.count) voxels in one volume")
        }
        let loaded = try await SliceLoader(
            files: files, frames: frames, order: order, geometry: geometry
        ).load(from: source, subject: subject)
        findings += meaning.findings + loaded.findings
        findings += remarks(loaded.tally, header: header, voxels: geometry.count)
        return ImageSeries(
            modality: header.term(.modality) ?? "",
            seriesInstanceUID: header.string(.seriesInstanceUID)
                ?? InventedUID.of(header, level: .series),
            frameOfReferenceUID: header.string(.frameOfReferenceUID), quantity: meaning.quantity,
            volume: loaded.volume, radiopharmaceutical: meaning.radiopharmaceutical,
            findings: findings)
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

    private static func remarks(
        _ tally: ConversionTally, header: DataSet, voxels: Int
    ) -> [Finding] {
        let subject = header.seriesSubject
        var findings: [Finding] = []
        if tally.padded > 0 {
            findings.append(
                Finding(
                    "image.padding", .note,
                    "\(tally.padded) of \(voxels) voxels are padding, no measurement; they read "
                        + "as air or as zero.", subject: subject))
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
