import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing

@Suite("Opening a case in an emergency")
struct EmergencyTests {
    private static func ask(
        _ story: ShareStory, _ browser: ShareStory.Browser? = nil, patientID: String = "P0",
        birthDate: String = "1960-01-01", reason: String = "bleeding after angiography"
    ) async throws -> ServerFixture.Reply {
        let browser = browser ?? story.recipient
        return try await story.fixture.send(
            .post, "/emergency", browser,
            form: [
                "csrf": browser.csrf, "patientID": patientID, "birthDate": birthDate,
                "reason": reason,
            ])
    }

    private static func allow(_ story: ShareStory, _ isOpen: Bool = true) async throws {
        let administrator = try await story.fixture.browser(.administrator)
        let form = ["csrf": administrator.csrf].merging(isOpen ? ["open": "yes"] : [:]) { $1 }
        let reply = try await story.fixture.send(
            .post, "/administration/emergency", administrator, form: form)
        #expect(reply.status == 303)
    }

    @Test("Without its owner's word a case looks as if it did not exist")
    func closed() async throws {
        let story = try await ShareStory("emergency-closed")
        let closed = try await Self.ask(story)
        let absent = try await Self.ask(story, patientID: "P77")
        #expect(closed.status == 404 && absent.status == 404)
        #expect(closed.text == absent.text)
        try await Self.allow(story)
        try await Self.allow(story, false)
        #expect(try await Self.ask(story).status == 404)
        #expect(try await story.get(story.base).status == 404)
    }

    @Test(
        "One person sees the whole case for an hour and changes nothing; the owner reads it at once"
    )
    func open() async throws {
        let story = try await ShareStory("emergency-open")
        let fixture = story.fixture
        try await Self.allow(story)
        let html: HTTPFields = [.accept: "text/html"]
        func ownersPage() async throws -> String {
            try await fixture.send(.get, "/", story.owner, headers: html).text
        }
        #expect(!(try await ownersPage().contains("were opened by others")))
        let reply = try await Self.ask(story)
        #expect(reply.status == 303 && reply.headers[.location] == story.base)
        let page = try await story.get(story.base)
        #expect(page.status == 200 && page.text.contains("bleeding after angiography"))
        #expect(
            page.text.contains(story.foreign.plan) && !page.text.contains("\(story.base)/bring-in"))
        let mask = "\(story.base)/vois/versions/\(story.foreign.voi)/mask"
        #expect(try await story.get(mask).status == 200)
        let file = "\(story.base)/plans/\(story.ours.plan)/signed/plan.json"
        #expect(try await story.get(file).status == 404, "no download")
        #expect(try await story.get("\(story.base)/shares").status == 404, "no share")
        let sign = "\(story.base)/plans/\(story.ours.plan)/sign/made"
        #expect(try await fixture.send(.post, sign, story.recipient).status == 404)
        let colleague = try await fixture.browser(.radiologist, organisation: 1)
        #expect(try await story.get(story.base, colleague).status == 404, "nobody else")

        #expect(try await ownersPage().contains("were opened by others"))
        let seen = try await story.get("/emergency", story.owner).text
        #expect(seen.contains("bleeding after angiography") && seen.contains("Referring hospital"))
        let access = try await story.get("\(story.base)/access", story.owner).text
        #expect(access.contains("emergency: bleeding after angiography"))
        let record = try #require(
            try await fixture.folder.shares.emergencies(patient: story.patient).first)
        let form = ["csrf": story.owner.csrf, "act": "seen"]
        let path = "/emergency/\(record.id)"
        #expect(try await fixture.send(.post, path, story.owner, form: form).status == 303)
        #expect(!(try await ownersPage().contains("were opened by others")))
        #expect(try await story.get(story.base).status == 200, "seen is not ended")

        fixture.recordsClock.advance(seconds: 3601)
        #expect(
            try await fixture.folder.shares.access(
                to: story.patient, for: story.recipient.account, as: .view) == nil)
    }

    @Test("The owner ends it, and nobody else does")
    func ended() async throws {
        let story = try await ShareStory("emergency-ended")
        let fixture = story.fixture
        try await Self.allow(story)
        #expect(try await Self.ask(story).status == 303)
        let record = try #require(
            try await fixture.folder.shares.emergencies(patient: story.patient).first)
        func end(_ browser: ShareStory.Browser) async throws -> Int {
            try await fixture.send(
                .post, "/emergency/\(record.id)", browser,
                form: ["csrf": browser.csrf, "act": "end"]
            ).status
        }
        #expect(try await end(story.recipient) == 404)
        let nurse = try await fixture.browser(.nurseSpecialist)
        #expect(try await end(nurse) == 403)
        #expect(try await end(story.owner) == 303)
        #expect(try await story.get(story.base).status == 404)
        #expect(try await end(story.owner) == 409)
        let actions = try await fixture.folder.audit.entries(last: 60)
            .filter { $0.subject == "emergency-\(record.id)" }.map(\.action)
        #expect(actions.first == "emergency.open" && actions.last == "emergency.ended")
    }

    @Test("A search needs the whole identifier, the date of birth and a reason")
    func incomplete() async throws {
        let story = try await ShareStory("emergency-incomplete")
        try await Self.allow(story)
        for (patientID, birthDate, reason) in [
            ("", "1960-01-01", "a"), ("P0", "", "a"), ("P0", "1960", "a"),
            ("P0", "1960-01-01", " "), ("P0", "1960-01-01", String(repeating: "a", count: 501)),
        ] {
            let reply = try await Self.ask(
                story, patientID: patientID, birthDate: birthDate, reason: reason)
            #expect(reply.status == 400, "\(patientID) \(birthDate)")
        }
        #expect(try await Self.ask(story, patientID: "P").status == 404, "no part of it")
        #expect(try await Self.ask(story, birthDate: "1960-01-02").status == 404)
        #expect(try await story.fixture.folder.shares.emergencies().isEmpty)
    }

    @Test("Nobody tries identifiers out, and what was searched for stands in no log")
    func guessing() async throws {
        let story = try await ShareStory("emergency-guessing")
        try await Self.allow(story)
        for number in 0 ..< EmergencyAccess.mostSearches {
            #expect(try await Self.ask(story, patientID: "guess-\(number)").status == 404)
        }
        let reply = try await Self.ask(story)
        #expect(reply.status == 400 && reply.text.contains("try again in an hour"))
        let audit = try await story.fixture.folder.audit.entries(last: 40)
        #expect(audit.filter { $0.action == "emergency.search" }.count == 5)
        #expect(!audit.contains { "\($0.subject) \($0.detailJSON)".contains("guess") })
        // Somebody else of the same hospital is not held up by that.
        let colleague = try await story.fixture.browser(.radiologist, organisation: 1)
        #expect(try await Self.ask(story, colleague).status == 303)
    }

    @Test("A case of the own organisation is found without being opened in an emergency")
    func own() async throws {
        let story = try await ShareStory("emergency-own")
        #expect(try await Self.ask(story, story.owner).headers[.location] == story.base)
        #expect(try await story.fixture.folder.shares.emergencies().isEmpty)
    }
}
