import DICOM
import Foundation
import Pathway
import Storage
import Testing
import Workflows
import _TestSupport

@Suite("Demo hospital")
struct DemoHospitalTests {
    @Test("Its people sign in with what was printed, and its cases went their way by the workflows")
    func made() async throws {
        let home = try ReferenceFiles.scratch("demo-hospital")
        defer { try? FileManager.default.removeItem(at: home) }
        let url = home.appending(path: "data")
        let start = ContinuousClock.now
        let people = try await DemoHospital.make(
            at: url,
            patients: [
                .init("ADA", .arrived), .init("CLARA", .referred), .init("BRUNO", .confirmed),
                .init("IRENE", .verified),
            ], source: InProcessSource()
        ) { _ in }
        print("a demo of four patients: \(ContinuousClock.now - start)")
        #expect(people.count == 7 && Set(people.map(\.role)).count == 7)
        #expect(Set(people.map(\.password)).count == 7)
        let folder = try DataFolder.open(at: url, create: false)
        var states: [CaseState] = []
        for patient in try await folder.records.patients() {
            states.append(try await folder.records.state(of: patient.id))
        }
        #expect(states == [.quarantined, .referred, .ready, .verified])
        #expect(
            try await folder.audit.verify()
                == .intact(
                    count: try await folder.audit.head().sequence,
                    head: try await folder.audit.head()))
        let oncologist = try #require(
            try await folder.accounts.accounts().first { $0.role == .oncologist })
        let referral = try #require(
            try await folder.shares.referrals(of: oncologist.organisation.id).first)
        #expect(referral.state == .accepted && referral.patient != nil)
        let seen = try #require(
            try await folder.shares.access(
                to: referral.share.patient, for: oncologist, as: .view))
        let plans = try await CaseReader(
            folder: folder, patient: seen.patient.id, sight: seen.sight
        ).derived(kind: "plan")
        #expect(plans.count == 1)
        let hospital = try #require(try await folder.accounts.accounts().first).organisation.id
        let meeting = try #require(try await folder.records.meetings(organisation: hospital).first)
        #expect(try await folder.records.agenda(of: meeting.id).count == 4)
        let accounts = AccountWorkflow(folder: folder)
        for person in people {
            let secret = try #require(person.secondFactor.firstMatch(of: /secret=([A-Z2-7]+)/)).1
            let password = try #require(OneTimePassword(base32: String(secret)))
            let code = try password.code(step: Int(Date().timeIntervalSince1970) / 30)
            _ = try await accounts.signIn(
                login: person.login, password: person.password, code: code, address: "127.0.0.1")
        }
        #expect(try await DemoHospital.make(at: url) { _ in }.isEmpty)
    }

    @Test("Its ten patients stand at every stage of the way")
    func stages() {
        let all = DemoHospital.Patient.all
        #expect(all.count == 10)
        #expect(Set(all.map(\.stage)) == Set(DemoHospital.Stage.allCases))
    }

    @Test("It refuses a folder that it did not make or did not finish")
    func refused() async throws {
        let home = try ReferenceFiles.scratch("demo-refused")
        defer { try? FileManager.default.removeItem(at: home) }
        let foreign = home.appending(path: "foreign")
        _ = try DataFolder.open(at: foreign, create: true)
        await #expect(throws: WorkflowError.self) {
            try await DemoHospital.make(at: foreign) { _ in }
        }
        let broken = home.appending(path: "broken")
        try FileManager.default.createDirectory(at: broken, withIntermediateDirectories: true)
        try Data("not finished\n".utf8).write(to: broken.appending(path: "demo-hospital"))
        await #expect(throws: WorkflowError.self) {
            try await DemoHospital.make(at: broken) { _ in }
        }
    }
}
