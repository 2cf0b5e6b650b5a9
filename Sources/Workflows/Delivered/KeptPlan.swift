import DICOM
import Foundation
import Physics
import Storage

/// A kept plan read back, with everything that later images are held against.
struct KeptPlan: Sendable {
    let record: DerivedRecord
    let spec: PlanSpec
    let document: PlanDocument
    let profile: ConventionProfile
    let planning: ImageSeries
    let ground: PlanGround
    let patient: Int64
    /// What a record that rests on the plan's images names as inputs.
    let derivedInputs: [DerivedInput]
    let sources: [PlanDocument.Input]

    /// The record of a plan in use.
    ///
    /// - Throws: ``WorkflowError`` when there is none of that id.
    static func record(_ id: String, in records: RecordStore) async throws -> DerivedRecord {
        let record: DerivedRecord
        do { record = try await records.derived(id: id) } catch StorageError.notFound {
            throw WorkflowError.notFound(kind: "plan", name: id)
        }
        guard record.draft.kind == "plan" else {
            throw WorkflowError.refused(
                sentence: "'\(id)' is no plan but a kept \(record.draft.kind); 'grevy list' shows "
                    + "the plans, as in plan-12.")
        }
        guard record.tombstone == nil else {
            throw WorkflowError.refused(
                sentence: "'\(id)' was taken out of use ('grevy show \(id)' says why); make the "
                    + "plan again and name the new one.")
        }
        return record
    }

    /// Reads a plan back from its record.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when what it was computed from is not what
    ///   the data folder holds now; ``StorageError``, ``DicomError``, ``ImagingError``,
    ///   ``PhysicsError``.
    init(_ record: DerivedRecord, folder: DataFolder, library: SeriesLibrary) async throws {
        let reader = KeptPlanReader(folder: folder, library: library, record: record)
        document = try JSONDecoder().decode(
            PlanDocument.self,
            from: Data(try await folder.objects.bytes(of: record.draft.content)))
        spec = try PlanSpec(yaml: try await reader.text("spec"))
        profile = try spec.profile.resolved()
        let planning = try await reader.image("planning")
        self.planning = planning.image
        patient = planning.series.patient
        let structures = try await reader.outlines("structures")
        let vois = try await PlanVOIs(record: record, folder: folder)
        let outlines = try await vois.outlines(folder: folder)
        ground = try PlanGround(
            spec: spec, planning: planning.image.volume,
            outlines: structures?.outlines ?? outlines,
            densityCurve: try await reader.densityCurve(spec), profile: profile)
        self.record = record
        let read = [planning.series] + (structures.map { [$0.series] } ?? [])
        derivedInputs = read.map(\.input) + vois.inputs + reader.objects(["densityCurve"])
        sources = read.map(\.source) + vois.documentInputs
        try refuseOtherGround()
    }

    /// UIDs of what the plan exports.
    var uids: UIDSequence {
        UIDSequence(
            dose: document.dosePerVoxelDigest, record: record.id, keptAt: record.createdAt)
    }

    /// The numbers of a plan hold for its own profile and grid only.
    private func refuseOtherGround() throws {
        let grid = PlanDocument.Grid(ground.grid, density: spec.dose.density.rawValue)
        guard PlanDocument.Profile(profile) == document.profile, grid == document.doseGrid else {
            throw WorkflowError.refused(
                sentence:
                    "This version of the program gives '\(record.id)' another dose grid or profile than it was kept with; make the plan again first."
            )
        }
    }
}

/// Reads the inputs that a plan's record names, and refuses those that have changed since.
private struct KeptPlanReader {
    let folder: DataFolder
    let library: SeriesLibrary
    let record: DerivedRecord

    private var named: NamedSeriesReader { NamedSeriesReader(folder: folder, library: library) }

    private func source(_ role: String) -> DerivedInput.Source? {
        record.draft.inputs.source(role)
    }

    func objects(_ roles: [String]) -> [DerivedInput] {
        record.draft.inputs.filter { roles.contains($0.role) }
    }

    func text(_ role: String) async throws -> String {
        guard case .object(let digest)? = source(role) else {
            throw WorkflowError.refused(
                sentence: "The record of '\(record.id)' names no \(role); make the plan again.")
        }
        return String(decoding: try await folder.objects.bytes(of: digest), as: UTF8.self)
    }

    func image(_ role: String) async throws -> NamedSeriesReader.NamedImage {
        guard case .series(let uid, let digest)? = source(role) else {
            throw WorkflowError.refused(
                sentence: "The record of '\(record.id)' names no \(role) series.")
        }
        let read = try await named.image(role, uid)
        try refuseChanged(read.series, digest, role)
        return read
    }

    func outlines(_ role: String) async throws -> NamedSeriesReader.NamedOutlines? {
        guard case .series(let uid, let digest)? = source(role) else { return nil }
        let read = try await named.outlines(role, uid)
        try refuseChanged(read.series, digest, role)
        return read
    }

    func densityCurve(_ spec: PlanSpec) async throws -> HounsfieldDensityCurve {
        guard let path = spec.dose.densityCurve else { return try .generic }
        return try PlanSpec.densityCurve(csv: try await text("densityCurve"), path: path)
    }

    private func refuseChanged(
        _ series: NamedSeriesReader.NamedSeries, _ digest: ObjectDigest, _ role: String
    ) throws {
        guard series.source.digest == digest.hex else {
            throw WorkflowError.refused(
                sentence:
                    "The \(role) series of '\(record.id)' has changed since it was planned; make the plan again first."
            )
        }
    }
}
