import Pathway
import Storage

extension DemoHospital {
    /// Asks the second hospital about the newest plan that is in use; it has accepted.
    ///
    /// Both hospitals let their cases be opened in emergencies.
    func refer(_ staff: Staff) async throws {
        for administrator in [staff.administrator, staff.otherAdministrator] {
            try await folder.shares.setAllowsEmergencies(true, by: administrator.account)
        }
        var asked: (patient: Int64, items: [DerivedRecord])?
        for patient in try await folder.records.patients() {
            let records = try await folder.records.derived(caseID: "patient-\(patient.id)")
                .filter { $0.state == .current }
            if records.contains(where: { $0.draft.kind == "plan" }) {
                asked = (patient.id, records)
            }
        }
        guard let asked else { return }
        let shown: Set = ["plan", "dose", "report", "verification", "delivered-dose"]
        let share = try await folder.shares.create(
            ShareDraft(
                patient: asked.patient, recipient: staff.oncologist.account.organisation.id,
                terms: try ShareTerms(
                    purpose: "second opinion before the next treatment", days: 60,
                    includesPriors: true,
                    question: "Would you treat the other lobe, and with what?"), series: [],
                records: Set(asked.items.filter { shown.contains($0.draft.kind) }.map(\.id))),
            by: staff.practitioner.account)
        for state in [Referral.State.received, .accepted] {
            clock.pass(hours: 1)
            try await folder.shares.move(
                referral: share.id, to: state, text: "", by: staff.oncologist.account)
        }
    }
}
