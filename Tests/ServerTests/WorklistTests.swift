import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("Worklist")
struct WorklistTests {
    private static let page: HTTPFields = [.accept: "text/html"]

    /// Adds cases of synthetic people, `Family00042`, studied on other days.
    private static func fill(_ fixture: ServerFixture, _ count: Int) async throws {
        let object = try await fixture.folder.objects.put(Array("one image".utf8))
        let run = try await fixture.folder.records.beginImport(softwareVersion: "0.1", by: "test")
        for first in stride(from: 0, to: count, by: 500) {
            let entries = (first ..< min(count, first + 500)).map { n in
                let number = String(100_000 + n).dropFirst()
                let day = String(20_250_101 + n % 28)
                return InstanceEntry(
                    patient: PatientIdentity(
                        patientID: "W\(number)", issuer: "H", name: "Family\(number)^Given",
                        birthDate: "19600101", sex: "O"),
                    study: StudyDescription(studyUID: "1.3.\(n)", date: day),
                    series: SeriesDescription(seriesUID: "1.3.\(n).1", modality: "CT"),
                    sopInstanceUID: "1.3.\(n).1.1",
                    sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
                    transferSyntaxUID: "1.2.840.10008.1.2.1", object: object,
                    sourcePath: "file", sourceIndex: 0)
            }
            _ = try await fixture.folder.records.register(entries, run: run)
        }
        try await fixture.folder.accounts.assignUnowned(
            to: fixture.organisations[0].id, by: "test")
    }

    private static func names(_ reply: ServerFixture.Reply) -> [String] {
        reply.text.matches(of: /href="\/cases\/\d+">([^<]+)</).map { String($0.1) }
    }

    @Test("Ten thousand cases are searched, filtered, sorted and paged")
    func many() async throws {
        let fixture = try await ServerFixture("worklist-many")
        try await Self.fill(fixture, 10_000)
        let browser = try await fixture.browser(.coordinator)
        var slowest = Duration.zero
        func ask(_ query: String) async throws -> ServerFixture.Reply {
            let start = ContinuousClock.now
            let reply = try await fixture.send(.get, "/?\(query)", browser, headers: Self.page)
            slowest = max(slowest, ContinuousClock.now - start)
            #expect(reply.status == 200)
            return reply
        }
        let first = try await ask("")
        #expect(first.text.contains("1 to 50 of 10001") && Self.names(first).count == 50)
        #expect(first.text.contains("10001 cases wait for you."))
        let last = try await ask("page=201")
        #expect(last.text.contains("10001 to 10001 of 10001") && Self.names(last).count == 1)
        #expect(Self.names(try await ask("page=202")).isEmpty)
        let sorted = Self.names(try await ask("order=name&page=2"))
        #expect(sorted.first == "Family00050, Given" && sorted.last == "Family00099, Given")
        let study = try await ask("order=study")
        #expect(study.text.contains("2026-01-05") && study.text.contains("2025-01-28"))
        #expect(Self.names(try await ask("search=family0999")).count == 10)
        #expect(Self.names(try await ask("search=w00042")) == ["Family00042, Given"])
        #expect(Self.names(try await ask("state=delivered")).isEmpty)
        #expect(Self.names(try await ask("waiting=yes&state=quarantined")).count == 50)
        let next = try await ask("search=family&order=name")
        #expect(next.text.contains("href=\"/?order=name&amp;page=2&amp;search=family\""))
        print("slowest of the worklist's pages at 10 000 cases: \(slowest)")
        let start = ContinuousClock.now
        let menu = try await fixture.send(.get, "/jobs", browser, headers: Self.page)
        print("a page with the count from the cache: \(ContinuousClock.now - start)")
        #expect(menu.text.contains("10001<span"))
    }

    @Test("The menu counts what waits for the reader, and knows of every change")
    func menu() async throws {
        let story = try await SigningStory("worklist-menu")
        let fixture = story.fixture
        func count(_ browser: ServerFixture.Browser) async throws -> String? {
            let page = try await fixture.send(.get, "/jobs", browser, headers: Self.page)
            return page.text.firstMatch(of: /badge-warning">(\d+)</).map { String($0.1) }
        }
        #expect(try await count(story.maker) == "1")
        #expect(try await count(story.practitioner) == "1")
        let surgeon = try await fixture.browser(.surgeon)
        #expect(try await count(surgeon) == nil)
        let plan = try await story.plan()
        try await story.confirm()
        try await story.sign(plan, .made, story.maker)
        #expect(try await count(story.maker) == nil)
        #expect(try await count(story.checker) == "1")
        try await story.sign(plan, .checked, story.checker)
        #expect(try await count(story.checker) == nil)
        #expect(try await count(story.practitioner) == "1")
    }

    @Test("A strange page number, order or state shows the first page, and nothing breaks")
    func strange() async throws {
        let fixture = try await ServerFixture("worklist-strange")
        let browser = try await fixture.browser(.coordinator)
        for query in [
            "page=0", "page=-3", "page=x", "order=x", "state=x", "page=99999999999999999999",
            "search=%3Cscript%3E", "waiting=maybe",
        ] {
            let reply = try await fixture.send(.get, "/?\(query)", browser, headers: Self.page)
            #expect(reply.status == 200 && !reply.text.contains("<script>"), "\(query)")
        }
    }
}
