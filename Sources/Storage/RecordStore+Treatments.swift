import GRDB
import Pathway

extension RecordStore {
    /// Keeps a treatment sheet of a prescribed plan and, with the first one, moves the case to
    /// delivered.
    ///
    /// Later versions of a sheet, and sheets of the plan's other territories, follow while the
    /// case is delivered or verified; a new sheet needs the plan to be current still. Once the next
    /// course has begun, sheets of the earlier plan can be corrected, and none is added.
    ///
    /// - Parameters:
    ///   - draft: The sheet as a computed object of kind `treatment`.
    ///   - plan: The plan that was given.
    ///   - digest: What the three signatures are on.
    ///   - patient: Whose it is.
    ///   - account: Who fills in the sheet.
    /// - Returns: The record of the sheet.
    /// - Throws: ``SigningRefusal``; ``StorageError``.
    package func recordTreatment(
        _ draft: DerivedDraft, plan: String, digest: ObjectDigest, patient: Int64, account: Int64
    ) async throws -> DerivedRecord {
        try await write("derived") { change in
            let person = try AccountStore.account("account.id = ?", [account], in: change.db)
            guard person.role.rights.contains(.recordTreatment) else {
                throw SigningRefusal.right
            }
            let state = try Self.state(of: patient, in: change.db)
            let signed = try change.countingSignatures(of: plan)
            guard Set(signed.map(\.meaning)) == Set(SignatureMeaning.allCases),
                signed.allSatisfy({ $0.digest == digest })
            else { throw SigningRefusal.notInState(state, .recordTreatment) }
            let earlier = try Self.derived(
                "caseID = ? AND kind = ? AND name = ?", [draft.caseID, draft.kind, draft.name],
                in: change.db)
            try change.checkPlan(
                plan, of: patient, showing: earlier.isEmpty ? digest : nil)
            let isOfCourse = try Self.coursePlan(of: patient, in: change.db) == plan
            guard isOfCourse || !earlier.isEmpty else {
                throw SigningRefusal.notInState(state, .recordTreatment)
            }
            let mover = CaseMover(person)
            let record = try change.save(draft, by: mover.actor)
            guard isOfCourse, !state.wasGiven else {
                return record
            }
            try change.move(
                patient, by: .recordTreatment, as: mover, plan: plan,
                reason: "\(record.id) was kept")
            return record
        }
    }
}
