package import Foundation
import Imaging
import Pathway
package import Storage

/// A plan file and what it names, found once and held by content.
///
/// A new plan looks its names up in the data folder; a recomputation takes them from the record.
/// From here on both go the same way.
package struct PlanSource: Sendable {
    package let spec: PlanSpec
    /// What the plan is made from, by role, in the order in which the record keeps it.
    ///
    /// Roles: `planning`, `activity`, `activityCT`, `structures`, `voi`, `planar`,
    /// `planar-regions`, `densityCurve`, `spec`.
    package let inputs: [DerivedInput]
    /// The VOIs among them, when structures come from there.
    let vois: PlanVOIs
    /// The regions that somebody drew on the planar views, when the shunt comes from there.
    let drawnRegions: DerivedRecord?
    /// The site's settings that the plan file names.
    let settings: [UsedSetting]
    /// Where the plan file names its series.
    private(set) var seriesNames = SeriesNaming.record

    /// Looks up what a plan file names, and stores its files from outside the data folder.
    ///
    /// - Parameters:
    ///   - yaml: The plan file's text.
    ///   - specFolder: Where files that it names are sought.
    ///   - folder: The data folder.
    ///   - reader: What of one case may be named, and nothing else, nor files; `nil` for a person at
    ///     the machine, who may read them all.
    ///   - actor: Who plans, with the settings of their organisation.
    /// - Throws: ``WorkflowError``; ``ImagingError`` for a MetaImage that cannot be read.
    package init(
        yaml: String, specFolder: URL, folder: DataFolder, reader: CaseReader? = nil,
        actor: String
    ) async throws {
        let sight = reader?.sight ?? .whole
        let written = try await PlanSettings(
            yaml: yaml, folder: folder, patient: reader?.patient, actor: actor)
        spec = try PlanSpec(yaml: written.yaml)
        settings = written.used
        if reader != nil {
            try spec.refuseWhatNeedsTheMachine(hasCurve: written.densityCurve != nil)
        }
        let seriesNames = SeriesNaming.planFile(yaml)
        self.seriesNames = seriesNames
        func series(_ role: String, _ name: String) async throws -> DerivedInput {
            do { return try await Self.series(role, name, folder, reader) } catch {
                throw seriesNames.unknown(role, error)
            }
        }
        var inputs = [try await series("planning", spec.images.planning)]
        switch spec.images.activity {
        case .series(let name):
            inputs.append(try await series("activity", name))
        case .metaImage(let path):
            let volume = try Self.metaImage(at: path, beside: specFolder)
            let object = try await folder.objects.put(Array(MetaImage.encoded(volume)))
            inputs.append(DerivedInput("activity", .object(object)))
        }
        vois = try await PlanVOIs(
            spec, planning: inputs[0], folder: folder, seenBy: sight)
        let others = [
            ("activityCT", spec.images.activityCT),
            ("structures", spec.structures.areVOIs ? nil : spec.structures.from),
            ("planar", spec.lungShunt.readsPlanar ? spec.images.planar : nil),
        ]
        for case (let role, let name?) in others {
            inputs.append(try await series(role, name))
        }
        drawnRegions = try await PlanarRegionsWorkflow.named(
            spec.lungShunt.drawnRegions, on: inputs.source("planar"), folder, seenBy: sight)
        if let drawnRegions {
            inputs.append(DerivedInput(Self.drawnRole, .derived(drawnRegions.id)))
        }
        if let path = spec.dose.densityCurve {
            let bytes = try written.densityCurve ?? Self.text(at: path, beside: specFolder)
            inputs.append(
                DerivedInput("densityCurve", .object(try await folder.objects.put(bytes))))
        }
        for setting in settings {
            guard let digest = ObjectDigest(setting.sha256) else { continue }
            inputs.append(DerivedInput("setting", .object(digest)))
        }
        if written.yaml != yaml {
            let asWritten = try await folder.objects.put(Array(yaml.utf8))
            inputs.append(DerivedInput("specAsWritten", .object(asWritten)))
        }
        let specObject = try await folder.objects.put(Array(written.yaml.utf8))
        self.inputs = inputs + vois.inputs + [DerivedInput("spec", .object(specObject))]
    }

    /// Takes everything from a kept plan's record.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the record holds no plan file;
    ///   ``StorageError`` when its object is damaged.
    package init(record: DerivedRecord, folder: DataFolder) async throws {
        spec = try PlanSpec(yaml: try await Self.yaml(of: record, folder: folder))
        inputs = Self.inputs(of: record)
        vois = try await PlanVOIs(record: record, folder: folder)
        drawnRegions = try await Self.drawnRegions(of: record, folder)
        settings = try PlanParameters(json: record.draft.parametersJSON).settings ?? []
    }

    /// Takes the images from a kept plan's record and everything else from another plan file.
    ///
    /// - Throws: As the others.
    init(record: DerivedRecord, changedTo yaml: String, folder: DataFolder) async throws {
        spec = try PlanSpec(yaml: yaml)
        let specObject = try await folder.objects.put(Array(yaml.utf8))
        inputs =
            Self.inputs(of: record).filter { !["spec", "specAsWritten"].contains($0.role) }
            + [DerivedInput("spec", .object(specObject))]
        vois = try await PlanVOIs(record: record, folder: folder).asOfNow
        drawnRegions = try await Self.drawnRegions(of: record, folder)
        settings = try PlanParameters(json: record.draft.parametersJSON).settings ?? []
    }

    /// The plan file of a kept plan.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``, ``StorageError``.
    static func yaml(of record: DerivedRecord, folder: DataFolder) async throws -> String {
        guard record.draft.kind == "plan",
            case .object(let digest)? = record.draft.inputs.source("spec")
        else { throw WorkflowError.notFound(kind: "plan", name: record.id) }
        return String(decoding: try await folder.objects.bytes(of: digest), as: UTF8.self)
    }

    /// What a plan was made from, without what was made on the way.
    private static func inputs(of record: DerivedRecord) -> [DerivedInput] {
        record.draft.inputs.filter {
            if case .derived = $0.source { return [PlanVOIs.role, drawnRole].contains($0.role) }
            return $0.role != PlanSamplesWorkflow.role
        }
    }

    private static let drawnRole = "planar-regions"

    private static func drawnRegions(
        of record: DerivedRecord, _ folder: DataFolder
    ) async throws -> DerivedRecord? {
        guard case .derived(let id)? = record.draft.inputs.source(drawnRole) else { return nil }
        return try await folder.records.derived(id: id)
    }

    private static func series(
        _ role: String, _ name: String, _ folder: DataFolder, _ reader: CaseReader?
    ) async throws -> DerivedInput {
        let found =
            if let reader { try await reader.series(named: name) } else {
                try await SeriesName.resolve(name, in: folder.records)
            }
        let uid = found.description.seriesUID
        let digest = try await folder.records.instances(seriesUID: uid).seriesDigest
        return DerivedInput(role, .series(uid: uid, digest: digest))
    }

    /// A file that the plan names, sought beside the plan unless the path is absolute.
    private static func file(_ path: String, beside specFolder: URL) -> URL {
        path.hasPrefix("/") ? URL(filePath: path) : specFolder.appending(path: path)
    }

    private static func metaImage(
        at path: String, beside specFolder: URL
    ) throws -> Volume<Float> {
        let file = file(path, beside: specFolder)
        do { return try MetaImage.read(file) } catch {
            throw unreadable("images.activity.metaImage", path, file, error)
        }
    }

    private static func text(at path: String, beside specFolder: URL) throws -> [UInt8] {
        let file = file(path, beside: specFolder)
        do { return Array(try String(contentsOf: file, encoding: .utf8).utf8) } catch {
            throw unreadable("dose.densityCurve", path, file, error)
        }
    }

    private static func unreadable(
        _ key: String, _ path: String, _ file: URL, _ error: any Error
    ) -> WorkflowError {
        let cause =
            switch error {
            case let error as ImagingError: "\(error)"
            case let error as CocoaError where error.code == .fileReadNoSuchFile:
                // A MetaImage header may name a data file of its own.
                FileManager.default.fileExists(atPath: file.path)
                    ? "The data file that it names is missing." : "There is no such file."
            default: error.localizedDescription
            }
        return .refused(
            sentence:
                "'\(key)' names '\(path)', which cannot be read. \(cause) A path that does not begin with '/' starts at the plan file's folder."
        )
    }

    /// What serves in a role that the plan file must have filled.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    func input(_ role: String) throws -> DerivedInput {
        guard let input = inputs.first(where: { $0.role == role }) else {
            throw WorkflowError.refused(sentence: "The plan names no \(role) image.")
        }
        return input
    }

    /// What stands in the plan document as its inputs.
    var documentInputs: [PlanDocument.Input] {
        inputs.compactMap { input in
            switch input.source {
            case .series(let uid, let digest):
                PlanDocument.Input(
                    role: input.role, series: SeriesName.short(uid), digest: digest.hex)
            case .object(let digest) where input.role == "activity":
                PlanDocument.Input(role: input.role, series: "MetaImage", digest: digest.hex)
            case .object(let digest) where input.role == "densityCurve":
                PlanDocument.Input(role: input.role, series: "CSV", digest: digest.hex)
            case .object, .derived: nil
            }
        } + vois.documentInputs
            + [drawnRegions].compactMap { record in
                record.map {
                    PlanDocument.Input(
                        role: Self.drawnRole, series: $0.id, digest: $0.draft.content.hex)
                }
            }
            + settings.map {
                PlanDocument.Input(role: $0.kind.rawValue, series: $0.label, digest: $0.sha256)
            }
    }

    /// The series as the record names them, by UID.
    var seriesDigests: [String: ObjectDigest] {
        var digests: [String: ObjectDigest] = [:]
        for input in inputs {
            if case .series(let uid, let digest) = input.source { digests[uid] = digest }
        }
        return digests
    }

    /// Series that do not hold any more what the record was made from, in words.
    ///
    /// Files that came since do not count: those from before are read.
    func changes(in records: RecordStore) async throws -> [String] {
        var changes: [String] = []
        for input in inputs {
            guard case .series(let uid, let digest) = input.source,
                try await records.instances(seriesUID: uid).asOf(digest) == nil
            else { continue }
            changes.append(
                "input '\(input.role)' (\(SeriesName.short(uid))) holds other files than the plan was made from"
            )
        }
        return changes
    }
}

extension PlanSpec {
    /// Refuses what a plan sent over the network may not do: read files of the server, and say in
    /// somebody's name that a registration was looked at.
    ///
    /// - Parameter hasCurve: Whether the density curve is one of the site's settings.
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    func refuseWhatNeedsTheMachine(hasCurve: Bool) throws {
        var keys: [String] = []
        if case .metaImage = images.activity { keys.append("images.activity.metaImage") }
        if dose.densityCurve != nil, !hasCurve { keys.append("dose.densityCurve") }
        if registration.acceptedBy != nil { keys.append("registration.acceptedBy") }
        guard let key = keys.first else { return }
        throw WorkflowError.refused(
            sentence: "'\(key)' works only with 'grevy plan' on the machine itself; leave it out.")
    }
}

extension [DerivedInput] {
    /// What served in a role; `nil` when nothing did.
    func source(_ role: String) -> DerivedInput.Source? {
        first { $0.role == role }?.source
    }
}
