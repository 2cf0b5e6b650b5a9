import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows

@Suite("A case's page of peers")
struct PeerPageTests {
    private static let address = "https://clinic.example/dicom-web"

    private static func story(_ label: String) async throws -> SigningStory {
        let story = try await SigningStory(label)
        let folder = story.fixture.folder
        try await SettingWorkflow(
            folder: folder, organisation: story.fixture.organisations[0].id, actor: "test"
        ).add(
            .dicomPeer, name: "clinic", table: "key,value\nurl,\(address)\nuse,send",
            date: "2026-11-22", reason: "for the test")
        return story
    }

    private static func send(_ plan: DerivedRecord, in story: SigningStory) async throws -> Int {
        try await story.fixture.send(
            .post, "/cases/\(story.patient)/nodes/send", story.maker,
            form: ["csrf": story.maker.csrf, "peer": "clinic", plan.id: "yes"]
        ).status
    }

    @Test("It lists peers of both kinds, and plans once they carry all three signatures")
    func signedPlans() async throws {
        let story = try await Self.story("peer-page")
        let plan = try await story.plan()
        let path = "/cases/\(story.patient)/nodes"
        let before = try await story.fixture.send(.get, path, story.maker).text
        #expect(before.contains("clinic (\(Self.address))"))
        #expect(!before.contains("name=\"\(plan.id)\""))
        #expect(try await Self.send(plan, in: story) == 400)
        try await story.signAll(plan)
        let after = try await story.fixture.send(.get, path, story.maker).text
        #expect(after.contains("name=\"\(plan.id)\""))
        #expect(try await Self.send(plan, in: story) == 303)
        let jobs = try await story.fixture.folder.jobs.jobs(
            organisation: story.fixture.organisations[0].id)
        #expect(jobs.contains { $0.kind == "send" })
    }
}
