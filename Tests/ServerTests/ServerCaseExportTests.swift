import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("Taking a case out by the server")
struct ServerCaseExportTests {
    private static func runJobs<Value>(
        _ fixture: ServerFixture, _ body: () async throws -> Value
    ) async throws -> Value {
        let jobs = Task { await fixture.server.jobs.run() }
        defer { jobs.cancel() }
        return try await body()
    }

    @Test("A case is taken out by a job, fetched by who may, audited, and gone after a day")
    func way() async throws {
        let fixture = try await ServerFixture("case-export-way") {
            $0.signingKeyFile = FileManager.default.temporaryDirectory
                .appending(path: "grevy-key-\(UUID().uuidString)/key.pem")
        }
        let physicist = try await fixture.browser(.physicist)
        let patient = try await fixture.phantomCase()
        let base = "/cases/\(patient)/exports"
        let made = try await Self.runJobs(fixture) {
            let begun = try await fixture.send(
                .post, base, physicist,
                form: ["csrf": physicist.csrf, "identity": "removed", "dates": "moved"])
            #expect(begun.status == 303)
            let job = try #require(
                try await fixture.folder.jobs.jobs(
                    organisation: fixture.organisations[0].id, patient: patient
                ).first)
            return try await fixture.wait(for: job.id, seconds: 240) { $0.state.isOver }
        }
        #expect(made.state == .done, "\(made.sentence)")
        let export = try #require(
            try fixture.folder.exports.exports(
                of: patient, organisation: fixture.organisations[0].id
            ).first)
        #expect(made.made == "export-\(export.id)")
        let page = try await fixture.send(.get, base, physicist)
        #expect(page.status == 200 && page.text.contains("\(base)/\(export.id)"))
        let reply = try await fixture.send(.get, "\(base)/\(export.id)", physicist)
        #expect(reply.status == 200 && reply.bytes.count == export.byteCount)
        #expect(reply.bytes.starts(with: Array("PK".utf8)))
        #expect(ObjectDigest(of: reply.bytes).hex == export.sha256)
        let audited = try await fixture.folder.audit.entries(last: 20).map(\.action)
        #expect(audited.contains("export.case") && audited.contains("export.download"))
        let surgeon = try await fixture.browser(.surgeon)
        #expect(try await fixture.send(.get, "\(base)/\(export.id)", surgeon).status == 403)
        // The job's process has the machine's clock.
        let ahead = max(0, export.createdAt.timeIntervalSince(fixture.recordsClock.now))
        fixture.recordsClock.advance(seconds: ahead + 86_401)
        fixture.clock.advance(seconds: 30)
        let later = try await fixture.signIn(physicist.account)
        #expect(try await fixture.send(.get, "\(base)/\(export.id)", later).status == 404)
        #expect(try fixture.folder.exports.sweep().map(\.id) == [export.id])
        let archive = fixture.folder.exports.archive(of: export)
        #expect(!FileManager.default.fileExists(atPath: archive.path))
    }

    @Test("An export of more than a share shows is not given to it")
    func covered() async throws {
        let story = try await ShareStory("case-export-covered")
        let fixture = story.fixture
        let share = try await story.share(story.ours, rights: [.download])
        let series = try await fixture.folder.records.series(patient: story.patient)
        func keep(_ sight: CaseSight) throws -> ExportStore.Kept {
            let file = fixture.home.appending(path: "made.zip")
            try Data("PK".utf8).write(to: file)
            let kept = ExportStore.Kept(
                patient: story.patient, organisation: fixture.organisations[1].id,
                createdAt: fixture.recordsClock.now, byteCount: 2, sha256: "x", sentence: "two",
                isDeidentified: false, sight: sight)
            try fixture.folder.exports.keep(file, as: kept)
            return kept
        }
        let seen = try #require(
            try await fixture.folder.shares.access(
                to: story.patient, for: story.recipient.account, as: .download))
        let own = try keep(seen.sight)
        let more = try keep(
            CaseSight(
                .items(series: Set(series.map(\.id)), records: []), .shares([share.id]),
                includesInternal: false))
        let base = "\(story.base)/exports"
        #expect(try await fixture.send(.get, "\(base)/\(own.id)", story.recipient).status == 200)
        #expect(try await fixture.send(.get, "\(base)/\(more.id)", story.recipient).status == 404)
        // The owner's people do not find what others took out.
        #expect(try await fixture.send(.get, "\(base)/\(own.id)", story.owner).status == 404)
        let page = try await fixture.send(.get, base, story.recipient)
        #expect(page.text.contains(own.id) && !page.text.contains(more.id))
        try await fixture.folder.shares.revoke(
            share.id, of: story.patient, reason: "test", by: story.owner.account)
        #expect(try await fixture.send(.get, "\(base)/\(own.id)", story.recipient).status == 404)
    }
}
