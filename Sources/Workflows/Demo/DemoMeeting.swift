import Foundation
import Storage

extension DemoHospital {
    /// The cases that the demo's meeting talks about, and what it is asked.
    private static let questions = [
        "Do the images suffice to decide on a treatment?",
        "Is radioembolisation possible, in one session or two?",
        "Progression of the liver metastases: which treatment next?",
        "Does the shunt to the lungs limit the activity?",
    ]

    /// Makes a meeting of today with the first cases on its list, ready to open.
    func makeMeeting(_ staff: Staff) async throws {
        let meetings = MeetingWorkflow(folder: folder, accounts: accounts)
        let coordinator = staff.coordinator.account
        let meeting = try await meetings.make(
            day: String(Date().ISO8601Format().prefix(10)), title: "Liver metastases",
            chair: staff.radiologist.account.id, by: coordinator)
        // The latest comes first; the list goes in the order in which they came.
        let cases = try await folder.accounts.patients(for: coordinator).reversed()
        for (patient, question) in zip(cases, Self.questions) {
            _ = try await meetings.list(
                patient.id, in: meeting.id, question: question,
                referral: "Synthetic referral of the demo.", by: coordinator)
        }
    }
}
