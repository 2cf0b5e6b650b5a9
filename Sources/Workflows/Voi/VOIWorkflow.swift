package import DICOM
import Foundation
import Imaging
package import Pathway
package import Storage

/// Makes, keeps, lists and accepts the volumes of interest of one case.
///
/// Every version begins as a proposal; a person's acceptance belongs to one version.
package struct VOIWorkflow: Sendable {
    static let kind = "voi"

    let folder: DataFolder
    let source: any DicomSource
    let actor: String
    let patient: Int64
    /// What of the case the actor sees: nothing else is listed or serves as an input.
    let sight: CaseSight

    package init(
        folder: DataFolder, source: any DicomSource, actor: String, patient: Int64,
        sight: CaseSight = .whole
    ) {
        (self.folder, self.source, self.actor) = (folder, source, actor)
        (self.patient, self.sight) = (patient, sight)
    }

    var reader: CaseReader { CaseReader(folder: folder, patient: patient, sight: sight) }

    var caseID: String { "patient-\(patient)" }
    var library: SeriesLibrary { SeriesLibrary(folder: folder, source: source) }

    /// What was kept.
    package struct Kept: Sendable {
        package let voi: VOIShown
        /// The version that was kept.
        package let version: String
        /// Whether another version had replaced the base meanwhile; both are kept.
        package let isAside: Bool
    }

    /// The case's volumes of interest.
    package func list() async throws -> [VOIShown] {
        try await reader.vois().map { try shown($0) }
    }

    /// A volume of interest with the versions that are seen, and with one that was just kept.
    func shown(_ voi: VOIRecord, kept: String? = nil) throws -> VOIShown {
        var shown = try VOIShown(voi)
        shown.versions.removeAll { !sight.sees(record: $0.id) && $0.id != kept }
        return shown
    }

    /// One of them by its name.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    func voi(_ name: String) async throws -> VOIRecord {
        guard
            let voi = try await reader.vois().first(where: { $0.name == name })
        else { throw WorkflowError.notFound(kind: "volume of interest", name: name) }
        return voi
    }

    /// A VOI's mask, the version that counts.
    func mask(of voi: VOIRecord) async throws -> (mask: RegionMask, version: DerivedRecord) {
        guard let head = voi.head?.record else {
            throw WorkflowError.notFound(kind: "volume of interest", name: voi.name)
        }
        let grid = try VOIGrid(json: voi.gridJSON).geometry
        let bytes = try await folder.objects.bytes(of: head.draft.content)
        return (try VOIMask.decoded(bytes, on: grid), head)
    }

    /// Keeps a mask that a person drew, as runs (``VOIMask/decodedRuns(_:on:)``).
    ///
    /// - Throws: ``WorkflowError`` when VOI, CT or bytes are none.
    @concurrent
    package func keep(drawn runs: [UInt8], in target: VOITarget) async throws -> Kept {
        let place = try await place(of: target)
        return try await keep(
            VOIMask.decodedRuns(runs, on: place.grid), VOIMaking("drawn"), inputs: [], in: place)
    }

    /// Accepts a version in the actor's name.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when another version counts, or it is
    ///   accepted already or outdated.
    package func accept(
        _ name: String, version: String? = nil, note: String
    ) async throws
        -> VOIShown
    {
        let voi = try await voi(name)
        guard let head = voi.head?.record, head.id == version ?? head.id else {
            throw WorkflowError.refused(
                sentence: "Another version of '\(name)' counts now; look at it before accepting.")
        }
        if let acceptance = head.acceptance {
            throw WorkflowError.refused(
                sentence: "\(head.id) is accepted already, by \(acceptance.acceptedBy).")
        }
        if case .outdated(let reason) = head.state {
            throw WorkflowError.refused(
                sentence: "\(head.id) is outdated (\(reason)); make it again first.")
        }
        try await folder.records.accept(head.id, note: note, by: actor)
        return try shown(try await self.voi(name))
    }
}

extension VOIWorkflow {
    /// Where a version goes: its VOI, or what a new one needs.
    struct Place: Sendable {
        let name: String
        let role: VOIRole
        let existing: VOIRecord?
        let base: String?
        let seriesUID: String
        let seriesDigest: ObjectDigest
        let grid: VolumeGeometry
    }

    func place(of target: VOITarget) async throws -> Place {
        let name = try Self.checked(target.name)
        let all = try await folder.records.allVOIs(patient: patient)
        let existing = Self.existing(name, target.base, among: all)
        let base: String?
        switch target.base {
        case .version(let version): base = version
        case .current: base = existing?.head?.record.id
        }
        guard existing != nil || base == nil else {
            throw WorkflowError.notFound(kind: "volume of interest", name: name)
        }
        if let head = existing?.head {
            try await folder.shares.checkMaker(actor, changing: head.record)
        }
        let uid: String
        if let existing {
            uid = existing.seriesUID
        } else if let series = target.series {
            uid = try await reader.series(named: series).description.seriesUID
        } else if let first = all.first(where: reader.sees) {
            uid = first.seriesUID
        } else {
            throw WorkflowError.refused(
                sentence: "Name the CT that the first volume of interest is drawn on.")
        }
        let digest = try await folder.records.instances(seriesUID: uid).seriesDigest
        return Place(
            name: existing?.name ?? name, role: target.role, existing: existing, base: base,
            seriesUID: uid,
            seriesDigest: digest,
            grid: try await grid(of: uid, digest, existing: existing, among: all))
    }

    static func checked(_ name: String) throws -> String {
        let name = name.trimmingCharacters(in: .whitespaces)
        guard !name.isEmpty, name.count <= 64, name.unicodeScalars.allSatisfy({ $0.value >= 0x20 })
        else {
            throw WorkflowError.refused(
                sentence: "A volume of interest needs a name of 1 to 64 characters.")
        }
        return name
    }

    /// The VOI of a name, or the one that the base belongs to: it may have been renamed or
    /// withdrawn since it was looked at, and what was drawn must not be lost.
    private static func existing(
        _ name: String, _ base: VOITarget.Base, among all: [VOIRecord]
    ) -> VOIRecord? {
        if case .version(let version?) = base {
            // Called so now or when it was looked at; a version of another volume is no base.
            let drawnOn = all.first { voi in
                voi.versions.contains {
                    $0.record.id == version && [voi.name, $0.record.draft.name].contains(name)
                }
            }
            if let drawnOn { return drawnOn }
        }
        return all.first { $0.name == name && !$0.isWithdrawn }
    }

    /// A VOI's grid never changes; a new one lies on its CT's.
    private func grid(
        of uid: String, _ digest: ObjectDigest, existing: VOIRecord?, among all: [VOIRecord]
    ) async throws -> VolumeGeometry {
        if let existing { return try VOIGrid(json: existing.gridJSON).geometry }
        let known = all.first {
            $0.versions.last?.record.draft.inputs.source("grid")
                == .series(uid: uid, digest: digest)
        }
        if let known { return try VOIGrid(json: known.gridJSON).geometry }
        return try await planningCT(uid).volume.geometry
    }

    func planningCT(_ uid: String) async throws -> ImageSeries {
        let ct = try await library.image(seriesUID: uid)
        guard ct.quantity == .hounsfieldUnits else {
            throw WorkflowError.refused(
                sentence: "Volumes of interest are drawn on a CT in Hounsfield units.")
        }
        return ct
    }

    func keep(
        _ mask: RegionMask, _ making: VOIMaking, inputs: [DerivedInput], in place: Place
    ) async throws -> Kept {
        var making = making
        making.base = place.base
        making.volumeML = (mask.volumeML * 1000).rounded() / 1000
        let object = try await folder.objects.put(VOIMask.encoded(mask))
        let draft = DerivedDraft(
            caseID: caseID, kind: Self.kind, name: place.name, content: object,
            mediaType: "application/x-nifti-gzip",
            inputs: [
                DerivedInput("grid", .series(uid: place.seriesUID, digest: place.seriesDigest))
            ] + inputs, parametersJSON: try making.json, softwareVersion: Software.version)
        let target: VOIVersionDraft.Target
        if let existing = place.existing {
            target = .existing(existing.id)
        } else {
            target = .new(
                patient: patient, name: place.name, role: place.role.rawValue,
                seriesUID: place.seriesUID, gridJSON: try VOIGrid(place.grid).json)
        }
        let saved = try await folder.records.keep(
            VOIVersionDraft(target: target, base: place.base, making: making.making, draft: draft),
            by: actor)
        let all = try await folder.records.allVOIs(patient: patient)
        guard let now = all.first(where: { $0.id == saved.voi }) else {
            throw WorkflowError.notFound(kind: "volume of interest", name: place.name)
        }
        return Kept(
            voi: try shown(now, kept: saved.record.id), version: saved.record.id,
            isAside: saved.isAside)
    }
}

extension VOIShown {
    init(_ voi: VOIRecord) throws {
        guard let head = voi.head else {
            throw StorageError.corrupted(entity: "voi", detail: "no version counts")
        }
        self.init(
            number: voi.id, name: voi.name, role: voi.role,
            series: SeriesName.short(voi.seriesUID), current: try Version(head),
            versions: try voi.versions.map { try Version($0) })
    }
}

extension VOIShown.Version {
    init(_ version: VOIVersionRecord) throws {
        let record = version.record
        self.init(
            id: record.id, number: record.version,
            making: try VOIMaking(json: record.draft.parametersJSON), author: record.createdBy,
            time: record.createdAt,
            state: version.making == VOIRecord.withdrawal
                ? "withdrawn" : record.acceptance == nil ? "proposal" : "accepted",
            acceptedBy: record.acceptance?.acceptedBy, isAside: version.isAside,
            outdated: record.state.reason)
    }
}
