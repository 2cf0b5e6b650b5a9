import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Transfer
import Workflows

@Suite("Decisions signed by a new sign-in")
struct ProviderDecisionTests {
    /// A recorded decision, and its chair, who has no authenticator.
    private struct Scene {
        let meeting: MeetingStory
        let chair: ServerFixture.Browser
        let decision: DecisionRecord
        var path: String { "\(meeting.casePath)/decision" }

        init(_ label: String, _ story: ProviderStory) async throws {
            meeting = try await MeetingStory(label, provider: story.settings)
            let fixture = meeting.fixture
            try await fixture.folder.accounts.setSecondFactor(
                totpSecret: nil, recoveryCodeHashes: [], of: meeting.chair.account.id, by: "test")
            let account = try await fixture.folder.accounts.account(meeting.chair.account.id)
            chair = try await story.browser(account, fixture)
            var fields = MeetingStory.decision
            fields["person-\(meeting.nurse.account.id)"] = "yes"
            let reply = try await meeting.post(
                "\(meeting.casePath)/decision", fields, meeting.nurse)
            try #require(reply.status == 303)
            decision = try #require(
                try await fixture.folder.records.decisions(item: meeting.item.id).last)
        }

        func post(
            _ what: String, _ more: [String: String] = [:],
            _ person: ServerFixture.Browser? = nil
        ) async throws -> ServerFixture.Reply {
            let fields = ["decision": "\(decision.id)", "digest": decision.digest.hex]
            return try await meeting.post(
                "\(path)/\(what)", fields.merging(more) { $1 }, person ?? chair)
        }

        func signature() async throws -> DecisionRecord.Signature? {
            try await meeting.fixture.folder.records.decisions(item: meeting.item.id)
                .last?.signature
        }
    }

    @Test("The chair signs what the page showed by a new sign-in, once")
    func story() async throws {
        try await ProviderStory.run { story in
            let scene = try await Scene("provider-decision", story)
            let fixture = scene.meeting.fixture
            let page = try await fixture.send(.get, scene.path, scene.chair).text
            #expect(page.contains("Sign in again at the hospital"))
            // The lock has one too, of another length.
            #expect(!page.contains("maxlength=\"6\""))
            #expect(try await scene.post("sign", ["again": "yes"]).status == 400)
            #expect(try await scene.post("sign", ["code": "123456"]).status == 403)
            let zeros = String(repeating: "0", count: 64)
            #expect(try await scene.post("sign/again", ["digest": zeros]).status == 409)
            #expect(try await scene.post("sign/again", ["decision": "x"]).status == 404)
            let other = try await fixture.browser(.surgeon)
            #expect(try await scene.post("sign/again", [:], other).status == 400)
            let back = try await story.goRound(try await scene.post("sign/again"), fixture)
            #expect(back.text.contains("url=\(scene.path)"))
            let seen = String(decoding: try await story.ask("/seen").body, as: UTF8.self)
            #expect(seen.contains(#""max_age": "0""#))
            let ready = try await fixture.send(.get, scene.path, scene.chair).text
            #expect(ready.contains("You signed in again at the hospital"))
            #expect(try await scene.post("sign", ["again": "yes"]).status == 303)
            #expect(try await scene.signature()?.account == scene.chair.account.id)
            #expect(try await scene.post("sign", ["again": "yes"]).status == 409)
            #expect(try await scene.post("sign/again").status == 409)
            let actions = try await fixture.folder.audit.entries(last: 100).map(\.action)
            #expect(
                actions.filter { $0.hasPrefix("provider.") } == [
                    "provider.ask", "provider.signed-in-again", "provider.sign",
                ])
            #expect(try await fixture.folder.check(rereadingObjects: false) == [])
        }
    }

    @Test(
        "Who signed in before, or is somebody else, confirms no decision",
        arguments: ["old-auth", "no-auth", "bert"])
    func refused(_ what: String) async throws {
        try await ProviderStory.run { story in
            let scene = try await Scene("provider-undecided", story)
            let reply = try await scene.post("sign/again")
            if what == "bert" {
                try await story.person("bert")
            } else {
                try await story.flaw(what)
            }
            #expect(try await story.goRound(reply, scene.meeting.fixture).status == 400)
            #expect(try await scene.post("sign", ["again": "yes"]).status == 400)
            #expect(try await scene.signature() == nil)
        }
    }

    @Test("A sign-in for one version signs no later one")
    func version() async throws {
        try await ProviderStory.run { story in
            let scene = try await Scene("provider-version", story)
            _ = try await story.goRound(
                try await scene.post("sign/again"), scene.meeting.fixture)
            var fields = MeetingStory.decision
            fields["base"] = "1"
            fields["lead"] = "Dr Other"
            fields["person-\(scene.meeting.nurse.account.id)"] = "yes"
            #expect(
                try await scene.meeting.post(scene.path, fields, scene.meeting.nurse).status == 303)
            let second = try #require(
                try await scene.meeting.fixture.folder.records.decisions(
                    item: scene.meeting.item.id
                ).last)
            let more = [
                "again": "yes", "decision": "\(second.id)", "digest": second.digest.hex,
            ]
            #expect(try await scene.post("sign", more).status == 400)
            #expect(try await scene.post("sign", ["again": "yes"]).status == 409)
            #expect(try await scene.signature() == nil)
        }
    }
}

@Suite("Locked sessions opened by a new sign-in")
struct ProviderUnlockTests {
    private static let unlock = "/unlock/provider"

    /// A session by the provider of somebody without a password, locked.
    private func locked(
        _ story: ProviderStory, _ fixture: ServerFixture
    ) async throws -> ServerFixture.Browser {
        let account = try await fixture.folder.accounts.create(
            login: "elsewhere", fullName: "Elsewhere", organisation: fixture.organisations[0].id,
            role: .physicist, by: "test")
        let browser = try await story.browser(account, fixture)
        fixture.recordsClock.advance(seconds: 15 * 60 + 1)
        return browser
    }

    private func ask(
        _ fixture: ServerFixture, _ browser: ServerFixture.Browser, to: String = "/cases/1"
    ) async throws -> ServerFixture.Reply {
        try await fixture.send(
            .post, Self.unlock, browser, form: ["csrf": browser.csrf, "to": to])
    }

    private func status(
        _ fixture: ServerFixture, _ browser: ServerFixture.Browser
    ) async throws -> Int {
        try await fixture.send(.get, "/account", browser).status
    }

    @Test("It opens under another token, and forms that were open stay good")
    func open() async throws {
        try await ProviderStory.run { story in
            let fixture = try await ServerFixture("provider-unlock", provider: story.settings)
            let browser = try await locked(story, fixture)
            #expect(try await status(fixture, browser) == 423)
            let page = try await fixture.send(.get, "/unlock?to=/cases/1", browser).text
            #expect(page.contains("Sign in again at the hospital"))
            #expect(!page.contains("name=\"password\"") && !page.contains("Number0"))
            let guess = try await fixture.send(
                .post, Self.unlock, browser, form: ["csrf": "guess"])
            #expect(guess.status == 400)
            let reply = try await story.goRound(try await ask(fixture, browser), fixture)
            #expect(reply.status == 200 && reply.text.contains("url=/cases/1"))
            let seen = String(decoding: try await story.ask("/seen").body, as: UTF8.self)
            #expect(seen.contains(#""max_age": "0""#))
            let after = ServerFixture.Browser(
                account: browser.account, token: try #require(story.token(reply)),
                csrf: browser.csrf)
            #expect(after.token != browser.token)
            #expect(try await status(fixture, browser) == 401)
            #expect(try await status(fixture, after) == 200)
            // The form's token is the one of before the lock; the twelve hours go on.
            #expect(
                try await fixture.send(.post, "/account/session", after).status == 200)
            let open = try await fixture.send(.get, "/account", after).text
            #expect(open.contains("action=\"\(Self.unlock)\""))
            fixture.recordsClock.advance(seconds: 12 * 3600 - 15 * 60)
            #expect(try await ask(fixture, after).status == 401)
        }
    }

    @Test(
        "An earlier sign-in, another person or a flaw leaves it locked",
        arguments: ["old-auth", "no-auth", "wrong-nonce", "bert"])
    func refused(_ what: String) async throws {
        try await ProviderStory.run { story in
            let fixture = try await ServerFixture("provider-locked", provider: story.settings)
            let browser = try await locked(story, fixture)
            let reply = try await ask(fixture, browser)
            if what == "bert" {
                try await story.person("bert")
            } else {
                try await story.flaw(what)
            }
            let back = try await story.goRound(reply, fixture)
            #expect(back.status == 400 && story.token(back) == nil)
            #expect(try await status(fixture, browser) == 423)
        }
    }

    @Test("What ended or was disabled meanwhile is not opened")
    func ended() async throws {
        try await ProviderStory.run { story in
            let fixture = try await ServerFixture("provider-ended", provider: story.settings)
            let browser = try await locked(story, fixture)
            let leaving = try story.departure(try await ask(fixture, browser))
            let back = try await story.wayBack(leaving)
            try await fixture.folder.accounts.set(
                role: .physicist, isDisabled: true, of: browser.account.id, by: "test")
            let reply = try await story.comeBack(back, leaving.cookie, fixture)
            #expect(reply.status == 400 && story.token(reply) == nil)
        }
    }

    @Test("Who is not bound is offered their password alone, and gets no other way")
    func unbound() async throws {
        try await ProviderStory.run { story in
            let fixture = try await ServerFixture("provider-password", provider: story.settings)
            let browser = try await fixture.browser(.physicist)
            let open = try await fixture.send(.get, "/account", browser).text
            #expect(!open.contains("action=\"\(Self.unlock)\""))
            fixture.recordsClock.advance(seconds: 15 * 60 + 1)
            let page = try await fixture.send(.get, "/unlock", browser).text
            #expect(page.contains("name=\"password\"") && !page.contains(Self.unlock))
            #expect(try await ask(fixture, browser).status == 400)
            #expect(try await status(fixture, browser) == 423)
        }
    }
}
