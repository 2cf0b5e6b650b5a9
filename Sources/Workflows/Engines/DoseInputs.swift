import Dosimetry
import Foundation
import Imaging
import Physics
import Quantities

/// What a dose is computed from, read and checked against each other.
struct DoseInputs: Sendable {
    /// Decays per voxel (Bq·s).
    let decays: Volume<Float>
    let density: DensityMap
    /// Indices of ``MaterialsReport``.
    let medium: Volume<UInt8>
    let labels: Volume<UInt16>?
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
    }

    /// Reads the files.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a file cannot be read, lies on another
    ///   grid or holds a value that makes no sense, or activity lies where no matter is known.
    init(_ sources: DoseSources, media: Int) async throws {
        var reader = DoseInputReader(media: media)
        let file = try reader.image(.tia, sources.tia)
        let decays = file.volume
        let grid = decays.geometry
        guard decays.sum() > 0 else {
            throw WorkflowError.refused(
                sentence: "The time-integrated activity is 0 in every voxel.")
        }
        var curve: HounsfieldDensityCurve?
        var matter: Matter
        var findings: [Finding] = []
        switch sources.matter {
        case .maps(let density, let medium):
            matter = Matter(
                density: try reader.image(.density, density, on: grid).volume.voxels,
                // Whole numbers in range: the reader has checked.
                medium: try reader.image(.medium, medium, on: grid).volume.voxels.map {
                    UInt8($0)
                })
        case .ct(let name, let table):
            let known = try reader.curve(table)
            curve = known
            (matter, findings) = try Self.matter(
                of: await reader.ct(name, in: sources.data).volume, known, onto: grid)
        }
        let labels = try sources.labels.map {
            try reader.image(.labels, $0, on: grid).volume.voxels.map { UInt16($0) }
        }
        let amounts = decays.voxels
        try Self.checkPlaces(of: amounts, in: matter, grid)
        findings += try Self.apply(sources.overrides, labels, to: &matter)
        reader.record(sources.overrides)
        let survey = ActivitySurvey(
            decays: amounts, density: matter.density, medium: matter.medium,
            hounsfieldUnits: matter.hounsfieldUnits, labels: labels ?? [],
            overridden: Set(sources.overrides.map(\.label)))
        self.decays = decays
        density = DensityMap(gramsPerML: try Volume(voxels: matter.density, geometry: grid))
        medium = try Volume(voxels: matter.medium, geometry: grid)
        self.labels = try labels.map { try Volume(voxels: $0, geometry: grid) }
        digests = reader.digests
        self.findings = reader.findings + findings + survey.findings
        densityCurve = curve.map {
            DoseReport.Curve(name: $0.name, source: $0.source, date: $0.date)
        }
        isMirrored = file.isMirrored
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
        if let index = decays.indices.first(where: { decays[$0] > 0 && !(matter.density[$0] > 0) })
        {
            throw WorkflowError.refused(
                sentence: "Voxel \(grid.place(of: index)) holds activity, but its density is 0.")
        }
        var (count, outside, all) = (0, 0.0, 0.0)
        for (n, hu) in matter.hounsfieldUnits.enumerated() where decays[n] > 0 {
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
        _ overrides: [MatterOverride], _ labels: [UInt16]?, to matter: inout Matter
    ) throws -> [Finding] {
        var findings: [Finding] = []
        for override in overrides {
            let medium = try override.checkedMedium()
            var count = 0
            for (n, label) in (labels ?? []).enumerated() where Int(label) == override.label {
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
