import DICOM
import Dosimetry
import Foundation
import Imaging
import Physics
import Quantities

/// What a dose is computed from, read and checked against each other.
struct DoseInputs: Sendable {
    /// Decays per voxel (Bq·s); those of noise may be negative.
    let decays: Volume<Float>
    let density: DensityMap
    /// Indices of ``MaterialsReport``.
    let medium: Volume<UInt8>
    let labels: DoseLabels?
    /// SHA-256 of each file or series, and of the overrides, by option.
    let digests: [String: String]
    /// What was assumed, and what looks odd.
    let findings: [Finding]
    /// What turned CT numbers into density; `nil` without a CT.
    let densityCurve: DoseReport.Curve?
    /// Whether the slices of the activity's file run the other way.
    let isMirrored: Bool

    /// Density and medium on the grid of the activity.
    private struct Matter {
        var density: [Float]
        var medium: [UInt8]
        /// Mean CT numbers, NaN outside the CT; empty without a CT.
        var hounsfieldUnits: [Float] = []

        /// Takes what a grid of other voxels spread beyond the CT out of a series' activity.
        ///
        /// - Parameters:
        ///   - decays: On the dose grid.
        ///   - known: The share of all activity that was left out before.
        /// - Returns: What was left out in all.
        func removeUnknown(from decays: inout Volume<Float>, after known: Double) -> [Finding] {
            let size = decays.geometry.shape.x * decays.geometry.shape.y
            var seen = decays
            if !hounsfieldUnits.isEmpty {
                seen.updateSlices { k, slice in
                    for n in slice.indices where hounsfieldUnits[k * size + n].isNaN {
                        slice[n] = 0
                    }
                }
            }
            let share = known + (1 - known) * (1 - seen.sum() / decays.sum())
            // More stays for a refusal.
            guard abs(share) <= ImagedActivity.outsideShare else { return [] }
            decays = seen
            // Less is the rounding of single voxels.
            guard abs(share) > 1e-6 else { return [] }
            return [
                Finding(
                    "dose.activity-outside-ct", .note,
                    String(format: "%.3g", 100 * share)
                        + " % of the activity lie outside the CT and were left out.")
            ]
        }
    }

    /// Reads files and series.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when one cannot be read, lies on another
    ///   grid or in another frame, or holds a value that makes no sense, or activity lies where no
    ///   matter is known; `DicomError`.
    init(_ sources: DoseSources, decay: DecayData, media: Int) async throws {
        var reader = DoseInputReader(media: media)
        let image = try await reader.named(.tia, sources.tia, in: sources.data)
        let ct = try await reader.ct(of: sources)
        let activity = try ImagedActivity(
            image.volume, image.series, within: ct?.volume.geometry, sources.calibration, decay)
        let amounts = try activity.signedDecays.redistributed(spacingMM: sources.gridSpacingMM)
        let grid = amounts.geometry
        var findings = activity.findings
        var frames = [("time-integrated activity", image.series?.frameOfReferenceUID)]
        var curve: HounsfieldDensityCurve?
        var matter = Matter(density: [], medium: [])
        switch sources.matter {
        case .maps(let density, let medium):
            let densities = try await reader.map(.density, density, in: sources.data, on: grid)
            let media = try await reader.map(.medium, medium, in: sources.data, on: grid)
            // Whole numbers in range: the reader has checked.
            matter = Matter(
                density: densities.volume.voxels, medium: media.volume.voxels.map { UInt8($0) })
            frames += [
                ("density", densities.frameOfReferenceUID),
                ("medium map", media.frameOfReferenceUID),
            ]
        case .ct(_, let table):
            guard let ct else { break }
            let known = try reader.curve(table)
            curve = known
            frames.append(("CT", ct.series?.frameOfReferenceUID))
            let (found, told) = try Self.matter(of: ct.volume, known, onto: grid)
            matter = found
            findings += told
        }
        if let name = sources.labels {
            let read = try await reader.labels(
                name, in: sources.data, on: grid,
                sliceSpacingMM: (ct?.volume.geometry ?? grid).spacingMM.z)
            labels = read.labels
            frames.append(("labels", read.frameOfReferenceUID))
        } else {
            labels = nil
        }
        var known = amounts
        if image.series != nil || activity.isFromActivity {
            findings += matter.removeUnknown(from: &known, after: activity.shareOutsideCT)
        }
        let voxels = known.voxels
        try Self.checkPlaces(of: voxels, in: matter, grid)
        findings += try Self.frames(frames)
        findings += try Self.apply(sources.overrides, labels, to: &matter)
        reader.record(sources)
        let survey = ActivitySurvey(
            decays: voxels, density: matter.density,
            hounsfieldUnits: matter.hounsfieldUnits, labels: labels,
            overridden: Set(sources.overrides.map(\.label)))
        decays = known
        density = DensityMap(gramsPerML: try Volume(voxels: matter.density, geometry: grid))
        medium = try Volume(voxels: matter.medium, geometry: grid)
        digests = reader.digests
        self.findings = reader.findings + findings + survey.findings
        densityCurve = curve.map {
            DoseReport.Curve(name: $0.name, source: $0.source, date: $0.date)
        }
        isMirrored = image.isMirrored
    }

    /// Files have no frame; that is only worth a word beside a series, which has one.
    private static func frames(_ images: [(String, String?)]) throws -> [Finding] {
        let frames = try FramesOfReference(images)
        guard frames.unknown.count < images.count else { return [] }
        return frames.findings("dose.no-frame-of-reference")
    }

    private static func matter(
        of ct: Volume<Float>, _ curve: HounsfieldDensityCurve, onto grid: VolumeGeometry
    ) throws -> (Matter, [Finding]) {
        let matter = try CTMatter(
            ct: HounsfieldMap(hounsfieldUnits: ct), curve: curve, media: .generic, onto: grid)
        let resampled = Finding(
            "ct.resampled", .note,
            "Density was averaged from the CT (\(ct.geometry.words)) onto the grid of the activity "
                + "(\(grid.words)). Both are taken to lie in one frame of reference.")
        return (
            Matter(
                density: matter.density.gramsPerML.voxels,
                medium: matter.medium.voxels,
                hounsfieldUnits: matter.hounsfieldUnits.voxels),
            [resampled] + matter.findings
        )
    }

    /// Refuses activity in vacuum and outside the CT.
    private static func checkPlaces(
        of decays: [Float], in matter: Matter, _ grid: VolumeGeometry
    ) throws {
        if let index = decays.indices.first(where: {
            decays[$0] != 0 && !(matter.density[$0] > 0)
        }) {
            throw WorkflowError.refused(
                sentence: "Voxel \(grid.place(of: index)) holds activity, but its density is 0.")
        }
        var (count, outside, all) = (0, 0.0, 0.0)
        for (n, hu) in matter.hounsfieldUnits.enumerated() where decays[n] != 0 {
            all += Double(decays[n])
            guard hu.isNaN else { continue }
            count += 1
            outside += Double(decays[n])
        }
        guard count == 0 else {
            let percent = String(format: "%.3g", 100 * outside / all)
            throw WorkflowError.refused(
                sentence: "\(count) voxels with \(percent) % of the activity lie outside the CT, "
                    + "where no matter is known. Crop the activity or take a larger CT.")
        }
    }

    /// Replaces the matter of structures.
    ///
    /// - Returns: What was replaced.
    private static func apply(
        _ overrides: [MatterOverride], _ labels: DoseLabels?, to matter: inout Matter
    ) throws -> [Finding] {
        var findings: [Finding] = []
        for override in overrides {
            let medium = try override.checkedMedium()
            var count = 0
            for (n, label) in (labels?.map.voxels ?? []).enumerated()
            where labels?.numbers(of: Int(label)).contains(override.label) == true {
                count += 1
                if let medium { matter.medium[n] = medium }
                if let density = override.densityGPerML { matter.density[n] = Float(density) }
            }
            guard count > 0 else {
                throw WorkflowError.refused(
                    sentence: "No voxel has label \(override.label), whose matter is overridden.")
            }
            findings.append(
                Finding(
                    "dose.override", .note,
                    "The matter of \(count) voxels of label \(override.label) was set by hand "
                        + "(\(override.text)).", subject: "label \(override.label)"))
        }
        return findings
    }
}

extension DoseInputReader {
    /// The CT; `nil` where maps say what is where.
    fileprivate mutating func ct(of sources: DoseSources) async throws -> NamedVolume? {
        guard case .ct(let name, _) = sources.matter else { return nil }
        return try await ct(name, in: sources.data)
    }

    /// Keeps among the inputs what a person set by hand.
    fileprivate mutating func record(_ sources: DoseSources) {
        if !sources.overrides.isEmpty {
            record("overrides", text: sources.overrides.map(\.text).joined(separator: " "))
        }
        if sources.calibration != .asStated {
            record("calibration", text: "\(sources.calibration)")
        }
        if let spacing = sources.gridSpacingMM { record("grid", text: "\(spacing) mm") }
    }
}

extension Volume<Float> {
    /// Amounts on cubes of a given edge along the same axes, which cover all of them.
    ///
    /// `nil` keeps the grid. Exact overlap, so the sum stays.
    fileprivate func redistributed(spacingMM: Double?) throws -> Volume<Float> {
        guard let spacingMM else { return self }
        return redistributed(
            onto: try PlanningGrid.covering([], of: geometry, spacingMM: spacingMM)
        ).volume
    }
}
