import Pathway
package import Storage
import Therapy

/// Starts and ends jobs in people's names.
package struct JobWorkflow: Sendable {
    private let folder: DataFolder

    package init(folder: DataFolder) { self.folder = folder }

    /// Queues a plan of a case.
    ///
    /// - Parameters:
    ///   - yaml: The plan file; it may name series of the case only, and no files.
    ///   - patient: The case.
    ///   - account: Who asks; of another organisation than the owner, they name what they see.
    /// - Returns: The job.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for a plan file that cannot be read, or whose
    ///   name is that of a plan which must stay as it is; ``WorkflowError/notFound(kind:name:)`` for
    ///   what is not seen; `ContributionRefusal`.
    package func plan(
        yaml: String, patient: Int64, by account: AccountRecord
    ) async throws -> JobRecord {
        do {
            let reader = try await CaseReader(
                patient: patient, madeBy: account.actor, in: folder)
            let written = try await PlanSettings(
                yaml: yaml, folder: folder, patient: patient, actor: account.actor)
            let spec = try PlanSpec(yaml: written.yaml)
            try spec.refuseWhatNeedsTheMachine(hasCurve: written.densityCurve != nil)
            if !reader.sight.isOwners { try await reader.refuseHidden(in: spec) }
            try await refuseToReplace(spec.name, patient, by: account)
        } catch let error as TherapyError {
            throw WorkflowError.refused(sentence: error.description)
        }
        let digest = try await folder.objects.put(Array(yaml.utf8))
        return try await enqueue(.plan(case: patient, spec: digest.hex), patient, account)
    }

    /// A plan of a name that is there becomes its next version, which ends what was signed.
    private func refuseToReplace(
        _ name: String, _ patient: Int64, by account: AccountRecord
    ) async throws {
        let plans = try await folder.records.derived(caseID: "patient-\(patient)", kind: "plan")
        if let latest = plans.last(where: { $0.draft.name == name }) {
            try await folder.shares.checkMaker(account.actor, changing: latest)
        }
        for plan in plans where plan.draft.name == name && plan.state == .current {
            guard
                let obstacle = try await PlanChange.obstacle(
                    plan, patient: patient, folder: folder)
            else { continue }
            throw WorkflowError.refused(
                sentence: "There is a plan of this name, \(plan.id). \(obstacle) "
                    + "Or give this one another name.")
        }
    }

    /// Queues a plan of a kept plan's images with another plan file.
    func change(
        _ plan: String, to yaml: String, patient: Int64, by account: AccountRecord
    ) async throws -> JobRecord {
        let digest = try await folder.objects.put(Array(yaml.utf8))
        return try await enqueue(
            .change(case: patient, plan: plan, spec: digest.hex), patient, account)
    }

    /// Queues the delivered doses of a plan.
    ///
    /// - Parameters:
    ///   - draft: What was given and which image shows it; plan and series must be of the case.
    ///   - patient: The case.
    ///   - account: Who asks.
    /// - Returns: The job.
    /// - Throws: ``WorkflowError``.
    package func delivered(
        _ draft: DeliveryDraft, patient: Int64, by account: AccountRecord
    ) async throws -> JobRecord {
        let reader = CaseReader(whole: patient, in: folder)
        _ = try await reader.record(draft.plan, kind: "plan")
        for id in [draft.image] + [draft.imageCT].compactMap(\.self) {
            _ = try await reader.series(id)
        }
        let yaml = try draft.yaml
        _ = try DeliveredSpec(yaml: yaml)
        let digest = try await folder.objects.put(Array(yaml.utf8))
        return try await enqueue(.delivered(case: patient, spec: digest.hex), patient, account)
    }

    /// Queues the registration of one series of a case onto another.
    ///
    /// - Parameters:
    ///   - moving: `se-…` of the series that is moved.
    ///   - fixed: `se-…` of the series that stays.
    ///   - patient: The case, which must hold both.
    ///   - account: Who asks.
    /// - Returns: The job.
    /// - Throws: ``WorkflowError``.
    package func registration(
        moving: String, fixed: String, patient: Int64, by account: AccountRecord
    ) async throws -> JobRecord {
        let reader = CaseReader(whole: patient, in: folder)
        for id in [moving, fixed] { _ = try await reader.series(id) }
        try HandRegistration.checkPair(moving, fixed)
        return try await enqueue(
            .registration(case: patient, moving: moving, fixed: fixed), patient, account)
    }

    /// Queues the sending of series and plans of a case to a DICOM peer.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``, ``WorkflowError/refused(sentence:)``.
    package func send(
        _ names: [String], to peer: String, patient: Int64, as caller: NodeCaller,
        by account: AccountRecord
    ) async throws -> JobRecord {
        _ = try await SentItems(names, of: CaseReader(whole: patient, in: folder))
        _ = try await PeerBook(folder: folder).peer(peer, of: account.organisation.id)
        return try await enqueue(
            .send(case: patient, series: names, peer: peer, caller: caller), patient, account)
    }

    /// Queues the retrieval of a study from a DICOM peer.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package func retrieve(
        _ study: String, from peer: String, by way: NodeClient.Way, patient: Int64?,
        as caller: NodeCaller, by account: AccountRecord
    ) async throws -> JobRecord {
        _ = try await PeerBook(folder: folder).peer(peer, of: account.organisation.id)
        return try await enqueue(
            .retrieve(
                study: study, case: patient, peer: peer, way: way, account: account.id,
                caller: caller),
            patient, account)
    }

    /// Queues the taking out of a case.
    ///
    /// - Throws: `StorageError`.
    package func export(
        _ patient: Int64, options: CaseExportOptions, by account: AccountRecord
    ) async throws -> JobRecord {
        try await enqueue(
            .export(case: patient, account: account.id, options: options), patient, account)
    }

    /// Closes an upload and queues its import.
    ///
    /// - Returns: The job; `nil` when the upload is closed already.
    /// - Throws: ``StorageError``.
    package func importUpload(_ upload: UploadRecord) async throws -> JobRecord? {
        let task = JobTask.upload(upload.id)
        return try await folder.uploads.startImport(
            of: upload.id, kind: task.kind, taskJSON: task.json)
    }

    private func enqueue(
        _ task: JobTask, _ patient: Int64?, _ account: AccountRecord
    ) async throws -> JobRecord {
        try await folder.jobs.enqueue(
            kind: task.kind, taskJSON: task.json, account: account.id, patient: patient)
    }
}

extension CaseReader {
    /// Refuses a plan of what is not seen, as if it were not there.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    fileprivate func refuseHidden(in spec: PlanSpec) async throws {
        var names = [spec.images.planning, spec.images.activityCT, spec.images.planar]
        if case .series(let name) = spec.images.activity { names.append(name) }
        if spec.structures.areVOIs {
            let seen = Set(try await vois().map(\.name))
            for name in spec.structureNames where !seen.contains(name) {
                throw WorkflowError.notFound(kind: "volume of interest", name: name)
            }
        } else {
            names.append(spec.structures.from)
        }
        for name in names.compactMap(\.self) { _ = try await series(named: name) }
        if let id = spec.registration.record { _ = try await record(id, kind: "registration") }
        if let id = spec.lungShunt.drawnRegions { _ = try await record(id) }
    }
}
