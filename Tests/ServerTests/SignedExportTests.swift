import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows

@Suite("Signed exports")
struct SignedExportTests {
    @Test("Plan, report and sidecars come out of the server and verify with its public key")
    func download() async throws {
        let story = try await SigningStory("export-download")
        let plan = try await story.plan()
        let report = Array("%PDF-1.7 invented".utf8)
        _ = try await story.save(
            "report", report, [DerivedInput("plan", .derived(plan.id))],
            mediaType: "application/pdf")
        try await story.signAll(plan)
        func get(
            _ name: String, _ person: SigningStory.Browser
        ) async throws
            -> ServerFixture.Reply
        {
            try await story.fixture.send(.get, "\(story.path(plan))/signed/\(name)", person)
        }
        let pem = try await story.fixture.send(.get, "/public-key").text
        let key = try #require(PublicSigningKey(pem: pem))
        for name in ["plan.json", "report.pdf"] {
            let file = try await get(name, story.maker)
            let sidecar = try await get("\(name).sig", story.maker)
            #expect(file.status == 200 && sidecar.status == 200)
            let home = story.fixture.home
            try Data(file.bytes).write(to: home.appending(path: name))
            try Data(sidecar.bytes).write(to: home.appending(path: "\(name).sig"))
            let found = try await SignedFile.verify(
                home.appending(path: name), sidecar: home.appending(path: "\(name).sig"),
                key: key, data: home.appending(path: "data"))
            #expect(found.holds, "\(found.reason ?? "")")
            #expect(found.statement?.signatures.count == 3)
        }
        #expect(try await get("report.pdf", story.maker).bytes == report)
        let oncologist = try await story.fixture.browser(.oncologist)
        #expect(try await get("plan.json", oncologist).status == 403)
        #expect(try await get("other.json", story.maker).status == 404)
    }

    @Test("Who may read the audit takes its signed end out, and the chain is held against it")
    func auditHead() async throws {
        let fixture = try await ServerFixture("export-head")
        let auditor = try await fixture.browser(.auditor)
        let reply = try await fixture.send(.get, "/administration/audit-head", auditor)
        #expect(reply.status == 200)
        #expect(reply.headers[.contentDisposition]?.hasPrefix("attachment") == true)
        let entry = try #require(try await fixture.folder.audit.entries(last: 1).first)
        #expect(entry.action == "audit.sign-head" && entry.actor == auditor.account.actor)
        let file = fixture.home.appending(path: "out.head")
        try Data(reply.bytes).write(to: file)
        let examined = try await AuditWorkflow.verify(
            data: fixture.folder.url, expectedHead: nil,
            signedHeads: AuditWorkflow.SignedHeads(key: fixture.key.publicKey, files: [file]),
            rereadingObjects: false)
        #expect(examined.isSound && examined.signedHeads == 1)
    }

    @Test("A plan without all three signatures is not given out signed")
    func unsigned() async throws {
        let story = try await SigningStory("export-unsigned")
        let plan = try await story.plan()
        try await story.confirm()
        try await story.sign(plan, .made, story.maker)
        for name in ["plan.json", "plan.json.sig"] {
            let reply = try await story.fixture.send(
                .get, "\(story.path(plan))/signed/\(name)", story.maker)
            #expect(reply.status == 400)
        }
    }
}
