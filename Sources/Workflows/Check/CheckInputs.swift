import DICOM
import Dosimetry
import Foundation
import Imaging
import Physics
import Quantities

/// What a second check compares and computes with, all on the grid of the plan dose.
struct CheckInputs: Sendable {
    let plan: DoseObject
    let structures: Reading<StructureSet>?
    /// Decays per voxel; those of noise may be negative.
    let decays: Volume<Float>
    let density: DensityMap
    let medium: Volume<UInt8>
    /// What the activity was made from.
    let activity: ImagedActivity
    /// SHA-256 of each file or series, by option.
    let digests: [String: String]
    let findings: [Finding]

    var grid: VolumeGeometry { plan.dose.grays.geometry }

    /// Reads everything.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``, `DicomError`, `DoseError`.
    init(
        _ sources: SecondCheck.Sources, _ calibration: ActivityCalibration,
        _ decay: DecayData, source: any DicomSource
    ) async throws {
        var reader = DoseInputReader(media: try Medium.all.count)
        try reader.record("planDose", sources.planDose, subject: "plan dose")
        if let file = sources.structures {
            try reader.record("structures", file, subject: "structure set")
        }
        let dose = try await Self.dose(sources.planDose, source)
        let grid = dose.value.dose.grays.geometry
        structures = try await Self.structures(sources.structures, source)
        let image = try await reader.named(.activity, sources.activity, in: sources.data)
        let ct = try await reader.ct(sources.ct, in: sources.data)
        activity = try ImagedActivity(
            image.volume, image.series, within: ct.volume.geometry, calibration, decay)
        let frames = try FramesOfReference(
            [
                ("plan dose", dose.value.frameOfReferenceUID),
                ("activity", image.series?.frameOfReferenceUID),
                ("CT", ct.series?.frameOfReferenceUID),
            ] + (structures.map { [("structures", $0.value.frameOfReferenceUID)] } ?? [])
        ).findings("check.no-frame-of-reference")
        let curve = try reader.curve(sources.ctCurve)
        let matter = try CTMatter(
            ct: HounsfieldMap(hounsfieldUnits: ct.volume), curve: curve, media: .generic,
            onto: grid)
        let shared = activity.signedDecays.redistributed(onto: grid)
        let total = activity.signedDecays.sum()
        let (kept, lost) = try Self.inMatter(shared.volume, matter)
        plan = dose.value
        decays = kept
        density = matter.density
        medium = matter.medium
        digests = reader.digests
        findings =
            reader.findings + dose.findings + (structures?.findings ?? []) + activity.findings
            + frames + matter.findings
            + Self.places(
                outside: shared.outside / total, unknown: activity.shareOutsideCT + lost / total)
            + ActivitySurvey(
                decays: kept.voxels, density: matter.density.gramsPerML.voxels,
                hounsfieldUnits: matter.hounsfieldUnits.voxels,
                labels: nil, overridden: [], remedy: "Take a CT without it."
            ).findings
        guard kept.sum() > 0 else {
            throw WorkflowError.refused(
                sentence: "No activity lies on the grid of the plan dose (\(grid.words)); are "
                    + "both of one patient and one frame of reference?")
        }
    }

    private static func dose(
        _ url: URL, _ source: any DicomSource
    ) async throws -> Reading<DoseObject> {
        let files = await source.files(paths: [url.path])
        let file = try files[0].get()
        let dose = try DoseObject.read(header: file.header, pixels: await source.frames(of: file))
        let grays = dose.value.dose.grays
        if let index = grays.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
            throw WorkflowError.refused(
                sentence: "The plan dose of voxel \(grays.geometry.place(of: index)) is "
                    + "\(grays.withVoxels { $0[index] }) Gy; it must be finite and not negative.")
        }
        guard grays.firstIndex(where: { $0 > 0 }) != nil else {
            throw WorkflowError.refused(sentence: "The plan dose is 0 in every voxel.")
        }
        return dose
    }

    private static func structures(
        _ url: URL?, _ source: any DicomSource
    ) async throws -> Reading<StructureSet>? {
        guard let url else { return nil }
        return try StructureSet.read(
            header: await source.files(paths: [url.path])[0].get().header)
    }

    /// Takes activity out of voxels that the CT does not show.
    private static func inMatter(
        _ decays: Volume<Float>, _ matter: CTMatter
    ) throws -> (kept: Volume<Float>, lost: Double) {
        var kept = decays
        let size = decays.geometry.shape.x * decays.geometry.shape.y
        kept.updateSlices { k, slice in
            matter.hounsfieldUnits.withVoxels { hu in
                for n in slice.indices where hu[k * size + n].isNaN { slice[n] = 0 }
            }
        }
        let all = decays.sum()
        let lost = all - kept.sum()
        guard all <= 0 || abs(lost) <= ImagedActivity.outsideShare * all else {
            throw ImagedActivity.outside(lost / all)
        }
        return (kept, lost)
    }

    private static func places(outside: Double, unknown: Double) -> [Finding] {
        func finding(_ code: String, _ share: Double, _ place: String) -> Finding? {
            // Less is the rounding of single voxels.
            guard abs(share) > 1e-6 else { return nil }
            let percent = String(format: "%.3g", 100 * share)
            return Finding(
                code, abs(share) > ImagedActivity.outsideShare ? .warning : .note,
                "\(percent) % of the activity lie outside the \(place) and gave no dose here.")
        }
        return [
            finding("check.activity-outside-dose-grid", outside, "grid of the plan dose"),
            finding("check.activity-outside-ct", unknown, "CT"),
        ].compactMap { $0 }
    }

    /// Returns a dose with none in voxels of gas, where a dose means nothing.
    func withoutGas(_ dose: DoseMap) -> DoseMap {
        var grays = dose.grays
        let size = grays.geometry.shape.x * grays.geometry.shape.y
        let floor = Float(DensityMap.gasFloorGPerML)
        grays.updateSlices { k, slice in
            density.gramsPerML.withVoxels { rho in
                for n in slice.indices where rho[k * size + n] < floor { slice[n] = 0 }
            }
        }
        return DoseMap(grays: grays)
    }
}
