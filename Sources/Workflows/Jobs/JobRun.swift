import DICOM
package import Foundation
import Pathway
import Storage
import Transfer

/// One job from its start to its end, in a process of its own.
///
/// What it acknowledges is on disk before it says so; its process may be killed at any moment.
package struct JobRun: Sendable {
    private let spec: JobSpec
    private let folder: DataFolder
    private let source: any DicomSource
    /// Held while the process lives, so that no second one works on the same job.
    private let lock: FileLock
    /// The job's own folder.
    private let scratch: URL

    /// How long to wait for an earlier process of the same job, in seconds.
    private static let lockSeconds = 30

    private init(file: URL) throws {
        spec = try JobSpec(file: file)
        scratch = file.deletingLastPathComponent()
        lock = try JobStore.workersLock(in: scratch, waiting: Self.lockSeconds)
        folder = try DataFolder.open(at: URL(filePath: spec.dataFolder), create: false)
        source = DicomReader()
    }

    /// Does the work.
    ///
    /// - Parameters:
    ///   - file: The spec; its folder is the job's own.
    ///   - say: Told how far it is, and last how it ended.
    /// - Returns: Whether the job is done.
    package static func run(
        file: URL, say: @Sendable @escaping (JobMessage) -> Void
    ) async -> Bool {
        do {
            say(try await JobRun(file: file).work(say))
            return true
        } catch {
            say(.failed(sentence: sentence(error)))
            return false
        }
    }

    private func work(_ say: @Sendable @escaping (JobMessage) -> Void) async throws -> JobMessage {
        switch spec.task {
        case .import(let path):
            let summary = try await ImportWorkflow(
                folder: folder, source: source, actor: spec.actor
            ).run(paths: [URL(filePath: path)]) { done, all in
                say(Self.files(done, of: all))
            }
            return .done(sentence: summary.sentence, made: "import-\(summary.importID)")
        case .upload(let id):
            let summary = try await UploadImport(
                folder: folder, source: source, actor: spec.actor, scratch: scratch
            ).run(upload: id, say: say)
            return .done(sentence: summary.sentence, made: "import-\(summary.importID)")
        case .plan(let patient, let spec):
            let yaml = try await text(spec)
            return try await reported(
                plans.run(yaml: yaml, specFolder: URL(filePath: "/"), onlyCase: patient) {
                    say(.progress(fraction: nil, sentence: $0))
                }, say)
        case .change(let patient, let plan, let spec):
            let yaml = try await text(spec)
            return try await reported(
                plans.run(changing: plan, to: yaml, patient: patient) {
                    say(.progress(fraction: nil, sentence: $0))
                }, say)
        case .delivered(let patient, let spec):
            return try await delivered(text(spec), patient, say)
        case .registration(let patient, let moving, let fixed):
            say(.progress(fraction: nil, sentence: "registering"))
            let id = try await HandRegistration(folder: folder, source: source, patient: patient)
                .register(moving: moving, onto: fixed, by: spec.actor)
            return .done(sentence: "The registration is kept as \(id); look at it.", made: id)
        case .send(let patient, let series, let peer, let caller):
            return try await send(series, of: patient, to: peer, as: caller, say)
        case .retrieve(let study, let patient, let peer, let way, let account, let caller):
            let owner = try await folder.accounts.account(account)
            let sentence = try await client(caller, owner.organisation.id).retrieve(
                study, from: peer, by: way,
                intake: Intake(
                    account: owner.id, organisation: owner.organisation.id, patient: patient),
                scratch: scratch
            ) { say(Self.instances($0, of: $1)) }
            return .done(sentence: "\(sentence).", made: nil)
        case .export(let patient, let account, let options):
            let file = spec.signingKey.map { URL(filePath: $0) } ?? SigningKey.defaultFile()
            let kept = try await CaseExportWorkflow(folder: folder, source: source).run(
                patient, for: folder.accounts.account(account), options: options,
                key: SigningKey.open(at: file, outside: folder.url), scratch: scratch
            ) { say(.progress(fraction: $0, sentence: $1)) }
            return .done(sentence: "\(kept.sentence).", made: "export-\(kept.id)")
        }
    }

    private func client(_ caller: NodeCaller, _ organisation: Int64?) -> NodeClient {
        NodeClient(
            folder: folder, source: source, caller: caller, organisation: organisation,
            actor: spec.actor)
    }

    private func send(
        _ names: [String], of patient: Int64, to peer: String, as caller: NodeCaller,
        _ say: @Sendable @escaping (JobMessage) -> Void
    ) async throws -> JobMessage {
        let items = try await SentItems(names, of: CaseReader(whole: patient, in: folder))
        let owner = try await folder.records.owner(ofPatient: patient)
        let result = try await client(caller, owner).send(
            items.series, plans: items.plans, to: peer
        ) { say(Self.instances($0, of: $1)) }
        guard result.failed == 0 else {
            throw WorkflowError.refused(sentence: "\(result.sentence).")
        }
        return .done(sentence: "\(result.sentence) to \(peer).", made: nil)
    }

    private static func instances(_ done: Int, of all: Int) -> JobMessage {
        .progress(
            fraction: all > 0 ? Double(done) / Double(all) : nil,
            sentence: "\(done) of \(all) instances")
    }

    private var plans: PlanWorkflow {
        PlanWorkflow(
            folder: folder, source: source, actor: spec.actor,
            checkpoints: RunCheckpoints(
                folder: scratch, seconds: spec.checkpointSeconds ?? RunCheckpoints.usualSeconds))
    }

    /// The plan file kept under a digest.
    private func text(_ digest: String) async throws -> String {
        guard let digest = ObjectDigest(digest) else {
            throw WorkflowError.refused(sentence: "The plan file's digest is not one.")
        }
        return String(decoding: try await folder.objects.bytes(of: digest), as: UTF8.self)
    }

    /// Keeps the report beside the plan; its PDF is printed when somebody takes it out.
    private func reported(
        _ kept: PlanWorkflow.Kept, _ say: (JobMessage) -> Void
    ) async throws -> JobMessage {
        say(.progress(fraction: nil, sentence: "writing the report"))
        try await ReportKeeper(folder: folder, actor: spec.actor, recordID: kept.planID)
            .keep(PlanReporting(kept).report())
        return .done(sentence: "The plan is kept as \(kept.planID).", made: kept.planID)
    }

    private func delivered(
        _ yaml: String, _ patient: Int64, _ say: @Sendable @escaping (JobMessage) -> Void
    ) async throws -> JobMessage {
        let kept = try await DeliveredWorkflow(folder: folder, source: source, actor: spec.actor)
            .run(yaml: yaml, onlyCase: patient) {
                say(.progress(fraction: nil, sentence: $0))
            }
        say(.progress(fraction: nil, sentence: "writing the report"))
        let id = kept.verificationID
        try await ReportKeeper(folder: folder, actor: spec.actor, recordID: id)
            .keep(DeliveredReporting(kept).report())
        return .done(sentence: "The delivered doses are kept as \(id).", made: id)
    }

    static func files(_ done: Int, of all: Int) -> JobMessage {
        .progress(
            fraction: all > 0 ? Double(done) / Double(all) : 1, sentence: "\(done) of \(all) files")
    }

    /// What is said of an error: our own sentences hold no patient data, of others only the type.
    private static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as WorkflowError: error.description
        case let error as StorageError: error.description
        case let error as SigningRefusal: error.sentence
        case let error as ContributionRefusal: error.sentence
        case let error as DicomError: "\(error)"
        case let error as TransferError: error.description
        default: "The job failed: \(type(of: error))."
        }
    }
}

extension ImportSummary {
    /// The counts in words.
    package var sentence: String {
        "\(files) files: \(stored) stored, \(alreadyStored) known already, \(conflicts) in "
            + "conflict, \(refused) refused, \(skipped) skipped"
    }
}
