import DICOM
import Imaging
import Pathway
import Quantities
import Storage

/// The volumes of interest that a plan names with `structures.from: vois`, each in one version.
struct PlanVOIs: Sendable {
    static let role = "voi"

    private struct Used: Sendable {
        let version: DerivedRecord
        let grid: VolumeGeometry
        /// Whether people of the case's owner made or accepted it, or somebody without an account.
        let isOwners: Bool
    }

    private let used: [Used]
    /// Those that nobody had accepted when the plan was made, by name.
    let proposals: [String]
    /// Those that people of another organisation than the case's alone made and accepted, by name.
    let others: [String]

    /// Looks up the versions that count now; none when structures come from a series.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the case has no such VOI, or one lies
    ///   on a CT in another frame of reference.
    init(
        _ spec: PlanSpec, planning: DerivedInput, folder: DataFolder,
        seenBy sight: CaseSight = .whole
    ) async throws {
        guard spec.structures.areVOIs, case .series(let planningUID, _) = planning.source else {
            (used, proposals, others) = ([], [], [])
            return
        }
        let frame = try await folder.records.series(uid: planningUID).description
            .frameOfReferenceUID
        let patient = try await folder.records.patient(ofSeriesUID: planningUID)
        let vois = try await CaseReader(folder: folder, patient: patient, sight: sight).vois()
        var used: [Used] = []
        var proposals: [String] = []
        for name in spec.structureNames {
            guard let voi = vois.first(where: { $0.name == name }), let head = voi.head?.record
            else { continue }
            let own = try await folder.records.series(uid: voi.seriesUID).description
            guard !frame.isEmpty, own.frameOfReferenceUID == frame else {
                throw WorkflowError.refused(
                    sentence: "The volume of interest '\(name)' lies on a CT in another frame of "
                        + "reference than the planning CT.")
            }
            used.append(
                Used(
                    version: head, grid: try VOIGrid(json: voi.gridJSON).geometry,
                    isOwners: try await Self.isOwners(head, of: patient, folder)))
            if head.acceptance == nil { proposals.append(name) }
        }
        (self.used, self.proposals) = (used, proposals)
        others = Self.others(used)
    }

    private static func isOwners(
        _ version: DerivedRecord, of patient: Int64, _ folder: DataFolder
    ) async throws -> Bool {
        let owner = try await folder.records.owner(ofPatient: patient)
        for actor in [version.createdBy, version.acceptance?.acceptedBy].compactMap(\.self) {
            let organisation = try await folder.accounts.organisation(ofActor: actor)
            if organisation == nil || organisation?.id == owner { return true }
        }
        return false
    }

    private static func others(_ used: [Used]) -> [String] {
        used.filter { $0.version.acceptance != nil && !$0.isOwners }.map(\.version.draft.name)
    }

    /// Takes the versions from a kept plan's record.
    init(record: DerivedRecord, folder: DataFolder) async throws {
        var used: [Used] = []
        let ids = record.draft.inputs.filter { $0.role == Self.role }.compactMap {
            if case .derived(let id) = $0.source { id } else { nil }
        }
        guard !ids.isEmpty, case .series(let uid, _)? = record.draft.inputs.source("planning")
        else {
            (self.used, proposals, others) = ([], [], [])
            return
        }
        let patient = try await folder.records.patient(ofSeriesUID: uid)
        let vois = try await folder.records.allVOIs(patient: patient)
        for id in ids {
            let version = try await folder.records.derived(id: id)
            // It may have another name by now.
            let found = vois.first { $0.versions.contains { $0.record.id == id } }
            guard let voi = found else {
                throw WorkflowError.notFound(kind: "volume of interest", name: version.draft.name)
            }
            used.append(
                Used(
                    version: version, grid: try VOIGrid(json: voi.gridJSON).geometry,
                    isOwners: try await Self.isOwners(version, of: patient, folder)))
        }
        self.used = used
        let parameters =
            record.draft.kind == "plan"
            ? try PlanParameters(json: record.draft.parametersJSON) : nil
        (proposals, others) = (parameters?.proposals ?? [], parameters?.othersVOIs ?? [])
    }

    private init(used: [Used], proposals: [String], others: [String]) {
        (self.used, self.proposals, self.others) = (used, proposals, others)
    }

    /// The same versions for a plan that is made now: some may have been accepted since.
    var asOfNow: PlanVOIs {
        PlanVOIs(
            used: used,
            proposals: used.filter { $0.version.acceptance == nil }.map(\.version.draft.name),
            others: Self.others(used))
    }

    var inputs: [DerivedInput] {
        used.map { DerivedInput(Self.role, .derived($0.version.id)) }
    }

    var documentInputs: [PlanDocument.Input] {
        used.map {
            PlanDocument.Input(
                role: "voi \($0.version.draft.name)", series: $0.version.id,
                digest: $0.version.draft.content.hex)
        }
    }

    /// The version of a name that is used; `nil` when none is.
    func version(of name: String) -> String? {
        used.first { $0.version.draft.name == name }?.version.id
    }

    func outlines(folder: DataFolder) async throws -> [String: StructureOutline] {
        var outlines: [String: StructureOutline] = [:]
        for voi in used {
            let bytes = try await folder.objects.bytes(of: voi.version.draft.content)
            outlines[voi.version.draft.name] = .mask(
                try VOIMask.decoded(bytes, on: voi.grid))
        }
        return outlines
    }

    /// Adds the masks to what was read, and an error for each that nobody has accepted.
    func add(
        to reading: inout PlanInputsReader.Reading, folder: DataFolder
    ) async throws {
        guard !used.isEmpty else { return }
        reading.outlines = try await outlines(folder: folder)
        reading.findings += proposals.map {
            Finding(
                "voi.not-accepted", .error,
                "Nobody has accepted this volume of interest; look at it and accept it, or correct it, before this result is used.",
                subject: $0)
        }
        reading.findings += others.map {
            Finding(
                "voi.of-other-organisation", .warning,
                "People of another organisation than the case's made and accepted this volume of interest; look at it before this result is used.",
                subject: $0)
        }
    }
}

extension PlanSpec.StructureChoice {
    /// What `from` says where structures are the case's own volumes of interest.
    package static let vois = "vois"

    /// Whether the structures are the case's own volumes of interest.
    package var areVOIs: Bool { from == Self.vois }
}

extension PlanSpec {
    /// Every structure that the plan names, once.
    package var structureNames: [String] {
        let all =
            [structures.liver, structures.lungs].compactMap(\.self) + structures.tumours
            + structures.others + territories.compactMap(\.structure)
        var names: [String] = []
        for name in all where !names.contains(name) { names.append(name) }
        return names
    }
}
