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
        try await order(files, gaps: gaps, applying: map).image(from: source)
    }

    /// Puts the slices of the one volume of a series in order, without reading their pixels.
    ///
    /// - Throws: ``DicomError`` as ``assemble(_:source:gaps:applying:)``, but for what is wrong with
    ///   pixels.
    package static func order(
        _ files: [SeriesFile], gaps: GapPolicy = .refuse, applying map: RealWorldValueMap? = nil
    ) throws -> OrderedStack {
        let plan = try SeriesStacks(files: files)
        guard plan.stacks.count == 1, let stack = plan.stacks.first else {
            throw DicomError.refused(
                code: "series.several-stacks",
                reason: "the series holds \(plan.stacks.count) volumes: "
                    + plan.stacks.prefix(8).map(\.label).joined(separator: "; "))
        }
        return try OrderedStack(
            stack, findings: plan.findings, files: files, gaps: gaps, applying: map)
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
            let series = try await OrderedStack(
                stack, findings: plan.findings, files: files, gaps: gaps, applying: map
            ).image(from: source)
            built.append(SeriesStack(label: stack.label, series: series))
        }
        return built
    }
}
