import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("Whose data it is")
struct IntakeTests {
    private static let home = PatientIdentity(
        patientID: "P0", issuer: "H", name: "Phantom^Number0", birthDate: "19600101", sex: "O")

    private static func entry(
        _ identity: PatientIdentity, study: String, instance: Int = 1, object: ObjectDigest
    ) -> InstanceEntry {
        InstanceEntry(
            patient: identity, study: StudyDescription(studyUID: study, date: "20260301"),
            series: SeriesDescription(seriesUID: "\(study).1", modality: "CT"),
            sopInstanceUID: "\(study).1.\(instance)", sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
            transferSyntaxUID: "1.2.840.10008.1.2.1", object: object, sourcePath: "file",
            sourceIndex: 0)
    }

    /// Brings one file in.
    private func bring(
        _ identity: PatientIdentity, study: String, instance: Int = 1, into fixture: ServerFixture,
        by account: AccountRecord, for patient: Int64? = nil
    ) async throws -> RegistrationOutcome {
        let object = try await fixture.folder.objects.put(Array("\(study) \(instance)".utf8))
        let run = try await fixture.folder.records.beginImport(softwareVersion: "0.1", by: "test")
        return try #require(
            try await fixture.folder.records.register(
                [Self.entry(identity, study: study, instance: instance, object: object)], run: run,
                intake: Intake(
                    account: account.id, organisation: account.organisation.id, patient: patient)
            ).first)
    }

    private func waiting(
        _ fixture: ServerFixture, _ organisation: Int = 0
    ) async throws
        -> [QuarantineRecord]
    {
        try await fixture.folder.quarantine.records(
            organisation: fixture.organisations[organisation].id
        ).filter { $0.state == .waiting }
    }

    @Test("The case's own files join it, with or without its name")
    func joins() async throws {
        let fixture = try await ServerFixture("intake-joins")
        let account = try await fixture.browser(.physicist).account
        let case0 = fixture.patients[0]
        #expect(try await bring(Self.home, study: "9.1", into: fixture, by: account) == .stored)
        let named = try await bring(
            Self.home, study: "9.2", into: fixture, by: account, for: case0)
        #expect(named == .stored)
        #expect(try await fixture.folder.records.studies(patient: case0).count == 3)
        #expect(try await waiting(fixture).isEmpty)
    }

    @Test(
        "Anything that contradicts waits, whoever was named; a name alone joins nothing",
        arguments: [
            (
                PatientIdentity(
                    patientID: "X9", issuer: "H", name: "Phantom^Number0", birthDate: "19600101",
                    sex: "O"), "patient ID"
            ),
            (
                PatientIdentity(
                    patientID: "", issuer: "", name: "Phantom^Number0", birthDate: "19600101",
                    sex: "O"), "patient ID"
            ),
            (
                PatientIdentity(
                    patientID: "P0", issuer: "H", name: "Phantom^Number0", birthDate: "19600102",
                    sex: "O"), "date of birth"
            ),
            (
                PatientIdentity(
                    patientID: "P0", issuer: "H", name: "Phantom^Number0", birthDate: "19600101",
                    sex: "F"), "sex"
            ),
            (
                PatientIdentity(
                    patientID: "P0", issuer: "H", name: "Other^Name", birthDate: "19600101",
                    sex: "O"), "name"
            ),
            (
                PatientIdentity(
                    patientID: "P0", issuer: "K", name: "Phantom^Number0", birthDate: "19600101",
                    sex: "O"), "issuer"
            ),
        ])
    func waits(identity: PatientIdentity, word: String) async throws {
        let fixture = try await ServerFixture("intake-waits")
        let account = try await fixture.browser(.physicist).account
        let case0 = fixture.patients[0]
        for (number, patient) in [case0, nil].enumerated() {
            let outcome = try await bring(
                identity, study: "9.\(number)", into: fixture, by: account, for: patient)
            guard case .quarantined(let reason) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            if patient != nil { #expect(reason.contains(word), "\(reason)") }
        }
        #expect(try await fixture.folder.records.studies(patient: case0).count == 1)
        let records = try await waiting(fixture)
        #expect(records.count == 2 && records.allSatisfy { $0.patient.identity == identity })
        #expect(try await waiting(fixture, 1).isEmpty)
        let listed = try await fixture.folder.accounts.patients(for: account)
        #expect(listed.map(\.id) == [case0])
    }

    @Test("One identifier in two organisations joins nothing")
    func organisations() async throws {
        let fixture = try await ServerFixture("intake-organisations")
        let other = try await fixture.browser(.physicist, organisation: 1)
        let outcome = try await bring(Self.home, study: "9.1", into: fixture, by: other.account)
        guard case .quarantined = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let record = try #require(try await waiting(fixture, 1).first)
        let path = "/quarantine/\(record.patient.id)"
        let form = ["csrf": other.csrf, "act": "new"]
        #expect(try await fixture.send(.post, path, other, form: form).status == 303)
        let cases = try await fixture.folder.accounts.patients(for: other.account).map(\.id)
        #expect(cases.contains(record.patient.id) && !cases.contains(fixture.patients[0]))
        // More of it finds that case, and ours is not touched.
        let more = try await bring(Self.home, study: "9.2", into: fixture, by: other.account)
        #expect(more == .stored)
        #expect(try await fixture.folder.records.studies(patient: record.patient.id).count == 2)
        #expect(try await fixture.folder.records.studies(patient: fixture.patients[0]).count == 1)
        // A study of somebody else is in conflict, not in their case.
        let stolen = try await bring(
            Self.home, study: "1.2.0", instance: 7, into: fixture, by: other.account)
        #expect(stolen == .conflict(.studyOfAnotherPatient))
    }

    @Test(
        "A match gives the studies to the case, undo takes them back; both are in the audit trail")
    func match() async throws {
        let fixture = try await ServerFixture("intake-match")
        let browser = try await fixture.browser(.coordinator)
        let folder = fixture.folder
        let case0 = fixture.patients[0]
        let wrong = PatientIdentity(patientID: "TYPO", name: "Phantom^Number0")
        _ = try await bring(
            wrong, study: "9.1", into: fixture, by: browser.account, for: case0)
        let id = try #require(try await waiting(fixture).first).patient.id
        let path = "/quarantine/\(id)"
        let page = try await fixture.send(.get, "/quarantine", browser)
        #expect(page.status == 200 && page.text.contains("TYPO"))
        var form = ["csrf": browser.csrf, "act": "match", "case": "\(case0)"]
        #expect(try await fixture.send(.post, path, browser, form: form).status == 400)
        form["note"] = "told by telephone"
        for foreign in [fixture.patients[1], id, 999] {
            let reply = try await fixture.send(
                .post, path, browser, form: form.merging(["case": "\(foreign)"]) { $1 })
            #expect(reply.status == 404, "\(foreign)")
        }
        #expect(try await fixture.send(.post, path, browser, form: form).status == 303)
        #expect(try await folder.records.studies(patient: case0).count == 2)
        #expect(try await fixture.send(.post, path, browser, form: form).status == 409)
        // More files of the study follow it, and what is made of it depends on it.
        let more = try await bring(
            wrong, study: "9.1", instance: 2, into: fixture, by: browser.account, for: case0)
        #expect(more == .stored)
        let series = try await folder.records.instances(seriesUID: "9.1.1").seriesDigest
        let made = try await folder.records.save(
            DerivedDraft(
                caseID: "patient-\(case0)", kind: "plan", name: "p",
                content: try await folder.objects.put([1]), mediaType: "application/json",
                inputs: [DerivedInput("planning", .series(uid: "9.1.1", digest: series))],
                softwareVersion: "0.1"), by: "test")
        let undo = ["csrf": browser.csrf, "act": "undo"]
        #expect(try await fixture.send(.post, path, browser, form: undo).status == 303)
        #expect(try await folder.records.studies(patient: case0).count == 1)
        #expect(try await folder.records.studies(patient: id).count == 1)
        #expect(try await folder.records.derived(id: made.id).state != .current)
        #expect(try await waiting(fixture).count == 1)
        let actions = try await folder.audit.entries(last: 50).filter {
            $0.subject == "patient-\(id)" && $0.actor == "account-\(browser.account.id)"
        }.map(\.action)
        #expect(actions == ["quarantine.begin", "case.match", "case.undo-matched"])
        #expect(try await folder.check(rereadingObjects: true).isEmpty)
    }

    @Test("A new case is its organisation's, until undone; one with plans stays")
    func confirm() async throws {
        let fixture = try await ServerFixture("intake-confirm")
        let browser = try await fixture.browser(.physicist)
        let new = PatientIdentity(patientID: "N1", issuer: "H", name: "New^One")
        _ = try await bring(new, study: "9.1", into: fixture, by: browser.account)
        let id = try #require(try await waiting(fixture).first).patient.id
        func decide(_ act: String) async throws -> Int {
            try await fixture.send(
                .post, "/quarantine/\(id)", browser, form: ["csrf": browser.csrf, "act": act]
            ).status
        }
        func page() async throws -> Int {
            try await fixture.send(.get, "/cases/\(id)", browser).status
        }
        #expect(try await page() == 404)
        #expect(try await decide("new") == 303)
        #expect(try await page() == 200)
        #expect(try await decide("undo") == 303)
        #expect(try await page() == 404)
        #expect(try await decide("new") == 303)
        _ = try await fixture.folder.records.save(
            DerivedDraft(
                caseID: "patient-\(id)", kind: "plan", name: "p",
                content: try await fixture.folder.objects.put([1]), mediaType: "application/json",
                inputs: [], softwareVersion: "0.1"), by: "test")
        #expect(try await decide("undo") == 409)
        #expect(try await page() == 200)
    }

    @Test("Setting up gives nobody what waits")
    func unowned() async throws {
        let fixture = try await ServerFixture("intake-unowned")
        let account = try await fixture.browser(.physicist).account
        _ = try await bring(
            PatientIdentity(patientID: "N1", name: "New^One"), study: "9.1", into: fixture,
            by: account)
        #expect(
            try await fixture.folder.accounts.assignUnowned(
                to: fixture.organisations[1].id, by: "test") == 0)
    }
}
