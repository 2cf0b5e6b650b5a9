import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("A case before its images")
struct NewCaseTests {
    private static let typed = [
        "family": "Referred", "given": "Rosa", "birthDate": "1950-02-03", "sex": "F",
        "patientID": "R-1", "issuer": "H",
    ]

    private func post(
        _ fields: [String: String], _ browser: ServerFixture.Browser, _ fixture: ServerFixture
    ) async throws -> ServerFixture.Reply {
        try await fixture.send(
            .post, "/new-case", browser, form: fields.merging(["csrf": browser.csrf]) { $1 },
            headers: [.accept: "text/html"])
    }

    private static func number(_ reply: ServerFixture.Reply) throws -> Int64 {
        let path = try #require(reply.headers[.location]?.firstMatch(of: /\/cases\/(\d+)$/))
        return try #require(Int64(path.1))
    }

    /// Brings one file of an identity in.
    private func bring(
        _ identity: PatientIdentity, study: String, _ fixture: ServerFixture,
        by account: AccountRecord
    ) async throws -> RegistrationOutcome {
        let object = try await fixture.folder.objects.put(Array(study.utf8))
        let run = try await fixture.folder.records.beginImport(softwareVersion: "0.1", by: "test")
        let entry = InstanceEntry(
            patient: identity, study: StudyDescription(studyUID: study, date: "20260301"),
            series: SeriesDescription(seriesUID: "\(study).1", modality: "CT"),
            sopInstanceUID: "\(study).1.1", sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
            transferSyntaxUID: "1.2.840.10008.1.2.1", object: object, sourcePath: "file",
            sourceIndex: 0)
        return try #require(
            try await fixture.folder.records.register(
                [entry], run: run,
                intake: Intake(
                    account: account.id, organisation: account.organisation.id, patient: nil)
            ).first)
    }

    @Test("It is referred until images of its identifier come, and others' images wait")
    func way() async throws {
        let fixture = try await ServerFixture("new-case")
        let cora = try await fixture.browser(.coordinator)
        let id = try Self.number(try await post(Self.typed, cora, fixture))
        let records = fixture.folder.records
        #expect(try await records.state(of: id) == .referred)
        let list = try await fixture.send(
            .get, "/?state=referred", cora, headers: [.accept: "text/html"])
        #expect(list.text.contains("Referred, Rosa") && list.text.contains("1950-02-03"))
        let page = try await fixture.send(
            .get, "/cases/\(id)", cora, headers: [.accept: "text/html"])
        #expect(page.status == 200 && page.text.contains("No images yet"))
        // Nothing is there whose identity could be confirmed.
        #expect(!page.text.contains("Confirm the identity"))
        #expect(page.text.contains("No decision yet"))
        let entries = try await fixture.folder.audit.entries(last: 20)
        #expect(entries.contains { $0.action == "case.refer" && $0.subject == "patient-\(id)" })

        let identity = PatientIdentity(
            patientID: "R-1", issuer: "H", name: "Referred^Rosa", birthDate: "19500203", sex: "F")
        let other = PatientIdentity(
            patientID: "R-1", issuer: "H", name: "Referred^Rosa", birthDate: "19510203", sex: "F")
        guard case .quarantined = try await bring(other, study: "7.1", fixture, by: cora.account)
        else {
            Issue.record("a file with another date of birth joined the case")
            return
        }
        #expect(try await records.state(of: id) == .referred)
        #expect(try await bring(identity, study: "7.2", fixture, by: cora.account) == .stored)
        #expect(try await records.state(of: id) == .quarantined)
        #expect(try await records.studies(patient: id).map(\.description.studyUID) == ["7.2"])
    }

    @Test("One identifier begins one case of an organisation, and what was typed stays")
    func once() async throws {
        let fixture = try await ServerFixture("new-case-once")
        let cora = try await fixture.browser(.coordinator)
        let first = try Self.number(try await post(Self.typed, cora, fixture))
        for issuer in ["H", ""] {
            let again = try await post(Self.typed.merging(["issuer": issuer]) { $1 }, cora, fixture)
            #expect(again.status == 409 && again.text.contains("value=\"Referred\""), "\(issuer)")
        }
        let another = try await post(Self.typed.merging(["issuer": "I"]) { $1 }, cora, fixture)
        #expect(try Self.number(another) != first)
        // Another organisation's case of the same identifier is its own.
        let theirs = try await fixture.browser(.coordinator, organisation: 1)
        let id = try Self.number(try await post(Self.typed, theirs, fixture))
        #expect(id != first)
        #expect(try await fixture.send(.get, "/cases/\(id)", cora).status == 404)
    }

    @Test(
        "What is wrong is said in a sentence, and nothing is begun",
        arguments: [
            ["family": " "], ["family": "a^b"], ["patientID": ""], ["birthDate": "1950-02-30"],
            ["birthDate": "2999-01-01"], ["birthDate": "03.02.1950"], ["sex": "X"], ["sex": ""],
            ["given": "a\u{0}b"], ["issuer": String(repeating: "x", count: 65)],
        ])
    func refused(change: [String: String]) async throws {
        let fixture = try await ServerFixture("new-case-refused")
        let cora = try await fixture.browser(.coordinator)
        let reply = try await post(Self.typed.merging(change) { $1 }, cora, fixture)
        #expect(reply.status == 400 && reply.text.contains("role=\"alert\""), "\(reply.text)")
        #expect(try await fixture.folder.accounts.patients(for: cora.account).count == 1)
    }
}
