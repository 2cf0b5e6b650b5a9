import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows

/// Numbers that say where they came from, outside the pages of plans.
@Suite("Where numbers come from")
struct OriginTests {
    /// Every number names a sentence that stands on its page, and the page has the facts.
    private func check(_ page: String, _ kinds: Set<String>, _ label: String) {
        let named = Set(page.matches(of: /data-origin="([^"]*)"/).map { String($0.1) })
        let told = Set(page.matches(of: /id="origin-([^"]*)"/).map { String($0.1) })
        #expect(named.isSuperset(of: kinds), "\(label): \(named)")
        #expect(told.isSuperset(of: named), "\(label): \(named.subtracting(told)) is not told")
        #expect(page.contains("<details class=\"origin\""), "\(label)")
        #expect(page.contains("src=\"/modules/origin.js\""), "\(label)")
        #expect(page.contains("data-origins="), "\(label)")
    }

    private func page(
        _ story: SigningStory, _ path: String, _ person: SigningStory.Browser
    ) async throws -> String {
        let reply = try await story.fixture.send(
            .get, path, person, headers: [.accept: "text/html"])
        #expect(reply.status == 200, "\(path)")
        return reply.text
    }

    @Test("Signing page: this plan's facts, and beside a change those of the plan before")
    func signing() async throws {
        let story = try await SigningStory("origin-signing")
        let first = try await story.plan(activityGBq: 2)
        try await story.confirm()
        let second = try await story.plan(activityGBq: 2.5)
        let page = try await page(story, "\(story.path(second))/signatures", story.maker)
        check(page, ["plan", "earlier"], "signing")
        #expect(page.contains("<dt>Engine</dt>") && page.contains("<dt>Inputs</dt>"))
        #expect(page.contains("<dt>Digest (SHA-256)</dt><dd>\(second.draft.content.hex)"))
        // The facts of the one are not those of the other.
        #expect(page.contains("data-of=\"plan\"") && page.contains("data-of=\"earlier\""))
        #expect(page.contains("\(first.id), version 1; made "))
    }

    @Test("Treatment: what is planned, typed and computed says so, with sheet, author and plan")
    func treatment() async throws {
        let (story, plan) = try await TreatmentTests.signed("origin-treatment")
        let path = "\(story.path(plan))/treatment"
        check(try await page(story, "\(path)/1", story.maker), ["plan", "expected"], "form")
        check(try await page(story, path, story.maker), ["plan"], "territories")
        #expect(try await TreatmentTests.save(story, plan).status == 303)
        let sheet = try await page(story, "\(path)/1/sheet", story.checker)
        check(sheet, ["plan", "typed", "computed"], "sheet")
        let record = try #require(
            try await story.fixture.folder.records.derived(
                caseID: story.caseID, kind: "treatment"
            ).first)
        for fact in [
            "<dt>Sheet</dt><dd>\(record.id), version 1</dd>", "by Medical physicist</dd>",
            "<dt>Plan</dt><dd>\(plan.id), SHA-256 ", "<dt>Profile of the plan</dt>",
            "<dt>Digest (SHA-256)</dt><dd>\(record.draft.content.hex)",
        ] { #expect(sheet.contains(fact), "\(fact)") }

        let shown = try await page(story, "/cases/\(story.patient)", story.maker)
        check(shown, ["counted", "record"], "case")
        #expect(shown.contains("data-detail=\"\(record.id), version 1; made "))
        #expect(shown.contains("by Medical physicist; Grevy"), "who has a name, not a number")
        #expect(!shown.contains("by account-"))
    }

    @Test("Worklist: counts of plans and of what is missing say what was looked at")
    func worklist() async throws {
        let story = try await SigningStory("origin-worklist")
        let empty = try await page(story, "/", story.maker)
        check(empty, ["counted", "missing", "waiting"], "worklist")
        #expect(empty.contains("Looked at: 1 series, 0 computed records, 0 of 0 plans current"))
        let plan = try await story.plan()
        let page = try await page(story, "/", story.maker)
        #expect(page.contains("1 of 1 current. The last: \(plan.id), version 1; made "))
        #expect(page.contains("Looked at: 1 series, 2 computed records, 1 of 1 plans current"))
    }
}
