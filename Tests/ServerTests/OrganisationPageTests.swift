import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows

@Suite("Organisations, on their page")
struct OrganisationPageTests {
    private static let path = "/administration/organisations"

    private static func add(
        _ fixture: ServerFixture, _ browser: ServerFixture.Browser, _ name: String, _ login: String
    ) async throws -> ServerFixture.Reply {
        try await fixture.send(
            .post, path, browser,
            form: [
                "csrf": browser.csrf, "organisation": name, "login": login,
                "name": "Otto Officer",
            ])
    }

    private static func token(_ reply: ServerFixture.Reply) throws -> String {
        let found = reply.text.firstMatch(of: /href="[^"]*\/link\/([A-Za-z0-9_-]{43})"/)
        return String(try #require(found).1)
    }

    @Test("One is added with a link for its administrator, who then sees to its own people alone")
    func added() async throws {
        let fixture = try await ServerFixture("organisation-added")
        let keeper = try await fixture.browser(.administrator)
        let accounts = try await fixture.send(.get, "/administration/accounts", keeper)
        #expect(accounts.text.contains("href=\"\(Self.path)\""))
        let reply = try await Self.add(fixture, keeper, "County hospital", "otto")
        #expect(reply.status == 200, "\(reply.text)")
        let token = try Self.token(reply)
        let again = try await fixture.send(.get, Self.path, keeper).text
        #expect(again.contains("County hospital") && !again.contains(token), "shown once")
        for (name, login) in [
            ("County hospital", "other"), ("COUNTY hospital", "other"), ("Third", "otto"),
            (" County  hospital ", "other"), ("County\u{200b} hospital", "other"),
            ("Third", "a b"), (" ", "third"),
        ] {
            let refused = try await Self.add(fixture, keeper, name, login)
            #expect(refused.status == 400 && refused.text.contains("role=\"alert\""), "\(name)")
        }
        // A lost link is made anew, until somebody administers it.
        let added = try #require(
            try await fixture.folder.accounts.organisation(called: "County hospital"))
        let form = ["csrf": keeper.csrf, "act": "link"]
        let other = try await fixture.send(.post, "\(Self.path)/\(added.id)", keeper, form: form)
        #expect(other.status == 200)
        let password = ServerFixture.password
        await #expect(throws: WorkflowError.self, "the lost one ends") {
            try await fixture.accounts.setPassword(token: token, password: password)
        }
        try await fixture.accounts.setPassword(
            token: try Self.token(other), password: password)
        let late = try await fixture.send(.post, "\(Self.path)/\(added.id)", keeper, form: form)
        #expect(late.status == 400 && !late.text.contains("one-time-link"))
        let people = try await fixture.folder.accounts.accounts(organisation: added.id)
        #expect(people.map(\.role) == [.administrator])
        let audit = try await fixture.folder.audit.entries(last: 40)
        #expect(
            audit.contains {
                $0.action == "organisation.create" && $0.actor == keeper.account.actor
                    && $0.subject == "organisation-\(added.id)"
            })
    }

    @Test("Another name has day, author and reason; what names it by the old one goes on")
    func renamed() async throws {
        let story = try await SigningStory("organisation-renamed")
        let (fixture, home) = (story.fixture, story.fixture.organisations[0])
        let keeper = story.administrator
        func rename(_ name: String, _ reason: String, _ id: Int64) async throws -> Int {
            try await fixture.send(
                .post, "\(Self.path)/\(id)", keeper,
                form: ["csrf": keeper.csrf, "organisation": name, "reason": reason]
            ).status
        }
        #expect(try await rename("University centre", "merged", home.id) == 303)
        let page = try await fixture.send(.get, Self.path, keeper).text
        #expect(page.contains("University centre") && page.contains("NET centre, until 20"))
        #expect(page.contains("Administrator, merged"), "author and reason")
        let folder = fixture.folder
        let entitled = try await folder.accounts.currentEntitlement(
            of: story.practitioner.account.id, to: .sirt, inCaseOf: story.patient)
        #expect(entitled != nil, "entitled for the site by its earlier name")
        #expect(try await folder.accounts.organisation(called: "NET centre")?.id == home.id)
        // Nobody else gets a name that stands in entitlements and old papers.
        let other = fixture.organisations[1].id
        for taken in ["NET centre", "net CENTRE ", "University  centre"] {
            #expect(try await rename(taken, "a test", other) == 400, "\(taken)")
            #expect(try await Self.add(fixture, keeper, taken, "new-one").status == 400)
        }
        for (name, reason) in [("", "a test"), ("Name", ""), ("Two\nlines", "a test")] {
            #expect(try await rename(name, reason, other) == 400, "'\(name)' '\(reason)'")
        }
        #expect(try await rename("X", "a test", 999) == 404)
        // Its own earlier name it may take again.
        #expect(try await rename("NET centre", "back", home.id) == 303)
        let renames = try await folder.audit.entries(last: 60).filter {
            $0.action == "organisation.rename"
        }
        #expect(renames.count == 2 && renames.allSatisfy { $0.actor == keeper.account.actor })
        #expect(try await folder.check(rereadingObjects: false).isEmpty)
    }

    @Test(
        "An administrator of another organisation neither sees nor changes any, nor finds the way")
    func others() async throws {
        let fixture = try await ServerFixture("organisation-others")
        let other = try await fixture.browser(.administrator, organisation: 1)
        let accounts = try await fixture.send(.get, "/administration/accounts", other)
        #expect(accounts.status == 200 && !accounts.text.contains(Self.path))
        #expect(try await fixture.send(.get, Self.path, other).status == 403)
        #expect(try await Self.add(fixture, other, "Mine", "mine").status == 403)
        for id in fixture.organisations.map(\.id) {
            for form in [["act": "link"], ["organisation": "Mine", "reason": "a test"]] {
                let reply = try await fixture.send(
                    .post, "\(Self.path)/\(id)", other,
                    form: form.merging(["csrf": other.csrf]) { $1 })
                #expect(reply.status == 403)
            }
        }
        #expect(try await fixture.folder.accounts.organisation(called: "Mine") == nil)
        // Who sets the server up keeps it.
        try await fixture.folder.accounts.setKeeper(fixture.organisations[1].id, by: "test")
        #expect(try await fixture.send(.get, Self.path, other).status == 200)
    }
}
