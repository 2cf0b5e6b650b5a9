import Foundation
package import Pathway
package import Quantities
package import Storage

/// Signing a plan: made, checked, prescribed.
package struct SigningWorkflow: Sendable {
    let folder: DataFolder
    let accounts: AccountWorkflow
    let patient: PatientRecord
    /// What is seen of the case.
    let sight: CaseSight

    package init(
        folder: DataFolder, accounts: AccountWorkflow, patient: PatientRecord,
        sight: CaseSight = .whole
    ) {
        (self.folder, self.accounts, self.patient) = (folder, accounts, patient)
        self.sight = sight
    }

    /// What a person sees before signing.
    package struct View: Sendable {
        package let plan: DerivedRecord
        package let document: PlanDocument
        package let state: CaseState
        /// All signatures on this plan, also those that count no more.
        package let signatures: [SignatureRecord]
        /// What the differences are from; `nil` for the first plan.
        package let earlier: DerivedRecord?
        package let changes: [JSONDifference.Change]
        /// What this person may sign now.
        package let meaning: SignatureMeaning?
        /// Why this person signs nothing now; `nil` when ``meaning`` is not.
        package let obstacle: String?
        package let mayReturn: Bool
        package let mayWithdraw: Bool
        package let entitlement: EntitlementRecord?

        /// What is signed: SHA-256 of the canonical plan JSON.
        package var digest: ObjectDigest { plan.draft.content }

        /// Findings that somebody must have read before signing.
        package var openFindings: [Finding] {
            document.findings.filter { $0.severity != .note }
        }

        package var isFullySigned: Bool {
            Set(signatures.filter { $0.ending == nil }.map(\.meaning))
                == Set(SignatureMeaning.allCases)
        }
    }

    /// Reads what the signing page shows.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when the case has no such plan.
    package func view(_ planID: String, for account: AccountRecord) async throws -> View {
        let (plan, document) = try await SceneWorkflow(
            CaseReader(folder: folder, patient: patient.id, sight: sight), patient: patient
        ).plan(planID)
        let records = folder.records
        let state = try await records.state(of: patient.id)
        let signatures = try await records.signatures(plan: plan.id)
        let earlier = try await earlier(than: plan)
        var changes: [JSONDifference.Change] = []
        if let earlier {
            changes = try JSONDifference.changes(
                try await folder.objects.bytes(of: earlier.draft.content),
                try await folder.objects.bytes(of: plan.draft.content))
        }
        let entitlement = try await folder.accounts.currentEntitlement(
            of: account.id, to: Self.procedure, inCaseOf: patient.id)
        let situation = SigningSituation(
            state: state, plan: plan.state,
            isOfCourse: try await records.coursePlan(of: patient.id) == plan.id,
            signers: Set(signatures.filter { $0.ending == nil }.map(\.account)),
            account: account, isEntitled: entitlement != nil,
            isOwners: sight.isOwners,
            refusal: try await refusal {
                try await folder.shares.checkMaker(account.actor, changing: plan)
            },
            mayEnd: try await refusal {
                try await folder.shares.checkMaker(account.actor, endingSignaturesOn: plan)
            } == nil)
        return View(
            plan: plan, document: document, state: state, signatures: signatures,
            earlier: earlier, changes: changes, meaning: situation.meaning,
            obstacle: situation.obstacle, mayReturn: situation.mayReturn,
            mayWithdraw: situation.mayWithdraw, entitlement: entitlement)
    }

    /// Why people of another organisation than the case's owner do nothing here.
    private func refusal(
        _ check: () async throws -> Void
    ) async throws -> ContributionRefusal? {
        do { try await check() } catch let refusal as ContributionRefusal { return refusal }
        return nil
    }

    /// Every plan that Grevy makes is one of radioembolisation.
    static let procedure = Procedure.sirt

    /// The plan of the case that was signed last before this one was made, else the version
    /// before.
    private func earlier(than plan: DerivedRecord) async throws -> DerivedRecord? {
        let signed = try await folder.records.signatures(caseID: plan.draft.caseID)
        // Ids count through the data folder, so they say which of two plans came first.
        let number = Self.number(plan.id)
        let before = signed.map(\.plan).last {
            Self.number($0) < number && sight.sees(record: $0)
        }
        guard let id = before ?? plan.supersedes, sight.sees(record: id) else { return nil }
        return try await folder.records.derived(id: id)
    }

    private static func number(_ id: String) -> Int {
        id.split(separator: "-").last.flatMap { Int($0) } ?? 0
    }

    /// Signs.
    ///
    /// - Parameters:
    ///   - planID: The plan.
    ///   - meaning: What the signature says.
    ///   - digest: Of the plan that the page showed, hexadecimal.
    ///   - hasReadFindings: Whether the person says so; asked for when there are warnings.
    ///   - evidence: That it is they, now.
    ///   - account: Who signs.
    /// - Returns: The signature.
    /// - Throws: `SigningRefusal`, ``WorkflowError/refused(sentence:)``,
    ///   ``AccountWorkflow/Refusal/wait(seconds:)``.
    package func sign(
        _ planID: String, as meaning: SignatureMeaning, digest: String, hasReadFindings: Bool,
        evidence: SigningEvidence, account: AccountRecord
    ) async throws -> SignatureRecord {
        let view = try await readyView(
            planID, digest: digest, hasReadFindings: hasReadFindings, account: account)
        let proof = try await accounts.proof(evidence, account: account.id)
        return try await folder.records.sign(
            SigningRequest(
                patient: patient.id, plan: planID, digest: view.digest, meaning: meaning,
                account: account.id, proof: proof, procedure: Self.procedure))
    }

    /// What the page showed, if it is what is stored and its findings were read.
    private func readyView(
        _ planID: String, digest: String, hasReadFindings: Bool, account: AccountRecord
    ) async throws -> View {
        let view = try await view(planID, for: account)
        guard ObjectDigest(digest) == view.digest else { throw SigningRefusal.changed }
        guard view.openFindings.isEmpty || hasReadFindings else {
            throw WorkflowError.refused(
                sentence: "The plan has findings: read them and tick that you have.")
        }
        return view
    }

    /// What a person is about to sign, for the way over the provider of sign-in.
    ///
    /// - Throws: As signing, but for the code; ``WorkflowError/refused(sentence:)`` when the person
    ///   cannot sign this now.
    package func intent(
        _ planID: String, as meaning: SignatureMeaning, digest: String, hasReadFindings: Bool,
        account: AccountRecord
    ) async throws -> SigningIntent {
        let view = try await readyView(
            planID, digest: digest, hasReadFindings: hasReadFindings, account: account)
        guard view.meaning == meaning else {
            throw WorkflowError.refused(
                sentence: view.obstacle ?? "This plan waits for another signature.")
        }
        return SigningIntent(
            subject: view.plan.id, meaning: meaning.rawValue, digest: digest,
            hasReadFindings: hasReadFindings)
    }

    /// Returns a plan, or withdraws the own signature; all signatures on it end with the reason.
    ///
    /// - Throws: `SigningRefusal`, ``WorkflowError/refused(sentence:)`` without a reason.
    package func end(
        _ planID: String, by act: CaseMove.Act, reason: String, account: AccountRecord
    ) async throws {
        try await folder.records.endSignatures(
            of: planID, patient: patient.id, by: act, account: account.id,
            reason: try Reason.checked(reason))
    }

    /// Opens a delivered case for another plan.
    ///
    /// - Throws: `SigningRefusal`, ``WorkflowError/refused(sentence:)`` without a reason.
    package static func beginNextCourse(
        of patient: Int64, reason: String, account: AccountRecord, folder: DataFolder
    ) async throws {
        try await folder.records.beginNextCourse(
            of: patient, by: account.id, reason: try Reason.checked(reason))
    }
}

/// Why somebody did what is out of the ordinary.
enum Reason {
    /// - Throws: ``WorkflowError/refused(sentence:)`` when it is empty or too long.
    static func checked(_ text: String) throws -> String {
        let reason = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (3 ... 500).contains(reason.count), !reason.utf8.contains(0) else {
            throw WorkflowError.refused(sentence: "Give a reason of 3 to 500 characters.")
        }
        return reason
    }
}

/// What one person may do with the signatures of a plan; the record decides again when it writes.
struct SigningSituation {
    let state: CaseState
    let plan: DerivedRecord.State
    /// Whether the case's state is about this plan.
    let isOfCourse: Bool
    /// Accounts whose signatures on this plan count.
    let signers: Set<Int64>
    let account: AccountRecord
    let isEntitled: Bool
    /// Whether the case is their own organisation's.
    let isOwners: Bool
    /// Why people of another organisation sign nothing here.
    let refusal: ContributionRefusal?
    /// Whether they may end the signatures that there are.
    let mayEnd: Bool

    private func allows(_ act: CaseMove.Act) -> Bool {
        guard let right = CaseMove.move(from: state, by: act)?.right else { return false }
        return account.role.rights.contains(right)
    }

    private var next: SignatureMeaning? {
        SignatureMeaning.allCases.first { $0.act == state.nextAct }
    }

    var meaning: SignatureMeaning? { obstacle == nil ? next : nil }

    var obstacle: String? {
        if let refusal { return refusal.sentence }
        if case .outdated(let reason) = plan {
            return SigningRefusal.outdated(reason: reason).sentence
        }
        guard let next else {
            return switch state {
            case .referred, .quarantined:
                "Somebody must confirm whose images these are before a plan is signed."
            default: "All three have signed, or the treatment was given; nothing is to be signed."
            }
        }
        guard isOwners || next != .prescribed else {
            return "The owner of the case prescribes; nothing is to be signed by you."
        }
        guard next == .made || isOfCourse else { return SigningRefusal.otherPlan.sentence }
        guard next != .made || signers.isEmpty else { return SigningRefusal.given.sentence }
        guard allows(next.act) else { return SigningRefusal.right.sentence }
        guard !signers.contains(account.id) else { return SigningRefusal.samePerson.sentence }
        guard next != .prescribed || isEntitled else {
            return SigningRefusal.noEntitlement.sentence
        }
        return nil
    }

    var mayReturn: Bool {
        mayEnd && isOfCourse && !signers.contains(account.id) && allows(.returnPlan)
    }

    var mayWithdraw: Bool {
        mayEnd && isOfCourse && signers.contains(account.id) && allows(.withdrawSignature)
    }
}
