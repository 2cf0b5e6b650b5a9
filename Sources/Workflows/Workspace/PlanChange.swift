import Pathway
package import Storage

/// Other activities for a kept plan: whether they may be asked for, and the job that plans them.
package struct PlanChange: Sendable {
    private let folder: DataFolder
    private let patient: PatientRecord

    package init(folder: DataFolder, patient: PatientRecord) {
        (self.folder, self.patient) = (folder, patient)
    }

    /// Why somebody is not to change a plan, and what to do instead; `nil` when they may.
    ///
    /// - Throws: ``StorageError``.
    package func obstacle(
        _ plan: DerivedRecord, for account: AccountRecord
    ) async throws -> String? {
        do { try await folder.shares.checkMaker(account.actor, changing: plan) } catch let refusal
            as ContributionRefusal
        { return refusal.sentence }
        return try await Self.obstacle(plan, patient: patient.id, folder: folder)
    }

    static func obstacle(
        _ plan: DerivedRecord, patient: Int64, folder: DataFolder
    ) async throws -> String? {
        if case .outdated(let reason) = plan.state {
            return "The plan is outdated: \(reason). Change the current one."
        }
        switch try await folder.records.state(of: patient) {
        case .delivered, .verified:
            return "The treatment was given; the plan stays as it was."
        case .referred, .quarantined, .ready, .planned, .checked, .prescribed: break
        }
        let signers = try await folder.records.signatures(plan: plan.id)
            .filter { $0.ending == nil }.map(\.fullName)
        guard signers.isEmpty else {
            return "The plan is signed by \(signers.joined(separator: ", ")). "
                + "Return it or withdraw the signature first: a new version would end them all."
        }
        return nil
    }

    /// Queues a plan of the same images with other activities.
    ///
    /// - Parameters:
    ///   - planID: The plan that the page showed.
    ///   - digest: Its digest there, hexadecimal.
    ///   - injectedGBq: One per territory, in the plan's order.
    ///   - account: Who asks.
    /// - Returns: The job.
    /// - Throws: ``ChangeRefusal`` when the plan is another one now or must stay;
    ///   ``WorkflowError``.
    package func start(
        _ planID: String, digest: String, injectedGBq: [Double], by account: AccountRecord
    ) async throws -> JobRecord {
        let reader = try await CaseReader(patient: patient.id, madeBy: account.actor, in: folder)
        let record = try await SceneWorkflow(reader, patient: patient).plan(planID).record
        guard ObjectDigest(digest) == record.draft.content else {
            throw ChangeRefusal(
                sentence: "The page showed another plan than this one. Load it again.")
        }
        if let obstacle = try await obstacle(record, for: account) {
            throw ChangeRefusal(sentence: obstacle)
        }
        let yaml = try PlanSpec.changed(
            yaml: await PlanSource.yaml(of: record, folder: folder), of: planID,
            injectedGBq: injectedGBq)
        return try await JobWorkflow(folder: folder).change(
            planID, to: yaml, patient: patient.id, by: account)
    }
}

/// Why a plan is not changed: what the page showed does not hold any more.
package struct ChangeRefusal: Error, Hashable {
    package let sentence: String
}
