import DICOM
import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

/// Another hospital's node on this machine, which has a study of a fixture's first patient.
private struct RemoteHospital {
    let node: RunningNode

    init(_ home: URL) async throws {
        let folder = try DataFolder.open(at: home.appending(path: "data"), create: true)
        let organisation = try await folder.accounts.organisation(named: "Elsewhere", by: "test")
        let files = home.appending(path: "files")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        for number in 1 ... 3 {
            try Data(ImageClient.image(number: number))
                .write(to: files.appending(path: "\(number).dcm"))
        }
        _ = try await ImportWorkflow(folder: folder, source: InProcessSource(), actor: "test")
            .run(paths: [files])
        try await folder.accounts.assignUnowned(to: organisation.id, by: "test")
        try await PeerPageTests.add(
            "us", "title,GREVY\naddress,127.0.0.1\nmay,store query retrieve", to: folder,
            of: organisation)
        var settings = RunningNode.Settings()
        settings.port = 0
        settings.caller.title = "REMOTE"
        node = try await RunningNode(
            settings, folder: folder, source: InProcessSource(), log: { _ in })
    }
}

@Suite("A case's page of peers", .serialized)
struct PeerPageTests {
    private static let address = "https://clinic.example/dicom-web"

    fileprivate static func add(
        _ name: String, _ lines: String, to folder: DataFolder, of organisation: OrganisationRecord
    ) async throws {
        try await SettingWorkflow(folder: folder, organisation: organisation.id, actor: "test")
            .add(
                .dicomPeer, name: name, table: "key,value\n\(lines)", date: "2026-11-22",
                reason: "for the test")
    }

    private static func send(_ plan: DerivedRecord, in story: SigningStory) async throws -> Int {
        try await story.fixture.send(
            .post, "/cases/\(story.patient)/nodes/send", story.maker,
            form: ["csrf": story.maker.csrf, "peer": "clinic", plan.id: "yes"]
        ).status
    }

    @Test("It lists peers of both kinds, and plans once they carry all three signatures")
    func signedPlans() async throws {
        let story = try await SigningStory("peer-page-plans")
        let organisation = story.fixture.organisations[0]
        try await Self.add(
            "clinic", "url,\(Self.address)\nuse,send", to: story.fixture.folder,
            of: organisation)
        try await Self.add(
            "archive", "title,PACS\naddress,127.0.0.1\nport,104", to: story.fixture.folder,
            of: organisation)
        let plan = try await story.plan()
        let path = "/cases/\(story.patient)/nodes"
        let before = try await story.fixture.send(.get, path, story.maker).text
        #expect(before.contains("clinic (\(Self.address))") && before.contains("archive (PACS)"))
        #expect(!before.contains("name=\"\(plan.id)\""))
        #expect(try await Self.send(plan, in: story) == 400)
        try await story.signAll(plan)
        let after = try await story.fixture.send(.get, path, story.maker).text
        #expect(after.contains("name=\"\(plan.id)\""))
        #expect(try await Self.send(plan, in: story) == 303)
        let jobs = try await story.fixture.folder.jobs.jobs(organisation: organisation.id)
        #expect(jobs.contains { $0.kind == "send" })
    }

    @Test("It echoes, queries, retrieves and sends; the jobs say how far they are")
    func exchange() async throws {
        let fixture = try await ServerFixture("peer-page", source: InProcessSource())
        let remote = try await RemoteHospital(fixture.home.appending(path: "remote"))
        let port = try #require(remote.node.port)
        try await Self.add(
            "remote", "title,REMOTE\naddress,127.0.0.1\nport,\(port)", to: fixture.folder,
            of: fixture.organisations[0])
        let browser = try await fixture.browser(.radiologist)
        let path = "/cases/\(fixture.patients[0])/nodes"
        func post(_ act: String, _ fields: [String: String]) async throws -> ServerFixture.Reply {
            try await fixture.send(
                .post, "\(path)/\(act)", browser,
                form: fields.merging(["csrf": browser.csrf, "peer": "remote"]) { first, _ in first }
            )
        }
        let echo = try await post("echo", [:])
        #expect(echo.status == 200 && echo.text.contains("remote answers."))
        #expect(try await post("echo", ["peer": "nobody"]).status == 404)
        let found = try await post("query", [:])
        #expect(found.status == 200 && found.text.contains("value=\"1.9.1\""))
        #expect(!found.text.contains(">here<"))

        let runner = Task { await fixture.server.jobs.run() }
        defer { runner.cancel() }
        func job(_ kind: String) async throws -> JobRecord {
            let all = try await fixture.folder.jobs.jobs(organisation: fixture.organisations[0].id)
            let one = try #require(all.first { $0.kind == kind })
            return try await fixture.wait(for: one.id) { $0.state.isOver }
        }
        #expect(try await post("retrieve", ["study": "1.9.1", "way": "get"]).status == 303)
        let retrieved = try await job("retrieve")
        #expect(retrieved.state == .done && retrieved.fraction == 1, "\(retrieved.sentence)")
        #expect(retrieved.sentence.contains("3 stored"), "\(retrieved.sentence)")
        #expect(try await post("query", [:]).text.contains(">here<"))
        let series = SeriesName.short("1.9.1.1")
        #expect(try await fixture.send(.get, path, browser).text.contains("name=\"\(series)\""))
        #expect(try await post("send", [series: "yes"]).status == 303)
        let sent = try await job("send")
        #expect(sent.state == .done && sent.sentence == "3 instances sent to remote.")
        await remote.node.stop()
        let gone = try await post("echo", [:])
        #expect(gone.status == 400 && gone.text.contains("The DICOM peer failed"))
    }
}
