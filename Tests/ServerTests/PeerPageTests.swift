import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows

@Suite("A case's page of peers")
struct PeerPageTests {
    private static let address = "https://clinic.example/dicom-web"

    private static func add(
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
}
