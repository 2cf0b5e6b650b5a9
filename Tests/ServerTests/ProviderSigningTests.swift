import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Transfer
import Workflows

@Suite("Signatures by a new sign-in")
struct ProviderSigningTests {
    /// A signer without an authenticator, whose session the provider began.
    private func signer(
        _ story: ProviderStory, _ signing: SigningStory
    ) async throws -> ServerFixture.Browser {
        let account = try await signing.fixture.browser(.physicist, secondFactor: false).account
        return try await story.browser(account, signing.fixture)
    }

    private func ask(
        _ signing: SigningStory, _ plan: DerivedRecord, _ person: ServerFixture.Browser,
        digest: String? = nil, findings: Bool = true
    ) async throws -> ServerFixture.Reply {
        var form = ["csrf": person.csrf, "digest": digest ?? plan.draft.content.hex]
        if findings { form["findings"] = "read" }
        return try await signing.fixture.send(
            .post, "\(signing.path(plan))/sign/made/again", person, form: form)
    }

    private func sign(
        _ signing: SigningStory, _ plan: DerivedRecord, _ person: ServerFixture.Browser
    ) async throws -> ServerFixture.Reply {
        try await signing.fixture.send(
            .post, "\(signing.path(plan))/sign/made", person,
            form: ["csrf": person.csrf, "digest": plan.draft.content.hex, "again": "yes"])
    }

    @Test(
        "A new sign-in confirms one signature, on the page that asked, with what was ticked there")
    func story() async throws {
        try await ProviderStory.run { story in
            let signing = try await SigningStory("provider-sign", provider: story.settings)
            let plan = try await signing.plan(warning: "The liver is small.")
            try await signing.confirm()
            let person = try await signer(story, signing)
            let fixture = signing.fixture
            let page = try await fixture.send(.get, "\(signing.path(plan))/signatures", person)
            #expect(page.text.contains("Sign in again at the hospital"))
            #expect(!page.text.contains("Code that the authenticator"))
            // Without the round trip nothing is signed, and without the tick nobody leaves.
            #expect(try await sign(signing, plan, person).status == 400)
            #expect(try await ask(signing, plan, person, findings: false).status == 400)
            #expect(
                try await ask(
                    signing, plan, person, digest: String(repeating: "0", count: 64)
                ).status == 409)
            let back = try await story.goRound(try await ask(signing, plan, person), fixture)
            #expect(back.text.contains("url=\(signing.path(plan))/signatures"))
            let seen = try await story.ask("/seen").body
            #expect(String(decoding: seen, as: UTF8.self).contains(#""max_age": "0""#))
            let ready = try await fixture.send(.get, "\(signing.path(plan))/signatures", person)
            #expect(ready.text.contains("You signed in again at the hospital"))
            #expect(try await sign(signing, plan, person).status == 303)
            let signatures = try await signing.counting(plan)
            #expect(signatures.map(\.account) == [person.account.id])
            let actions = try await fixture.folder.audit.entries(last: 100).map(\.action)
            #expect(
                actions.filter { $0.hasPrefix("provider.") } == [
                    "provider.ask", "provider.signed-in-again", "provider.sign",
                ])
            // Used up: the same again does not sign after a withdrawal.
            try await signing.end(plan, "withdraw", person)
            let second = try await sign(signing, plan, person)
            #expect(second.status != 303)
            #expect(try await signing.counting(plan).isEmpty)
        }
    }

    @Test(
        "Who signed in before, or is somebody else, confirms nothing",
        arguments: ["old-auth", "no-auth", "wrong-nonce", "bert"])
    func refused(_ what: String) async throws {
        try await ProviderStory.run { story in
            let signing = try await SigningStory("provider-unsigned", provider: story.settings)
            let plan = try await signing.plan()
            try await signing.confirm()
            let person = try await signer(story, signing)
            let reply = try await ask(signing, plan, person)
            if what == "bert" {
                try await story.person("bert")
            } else {
                try await story.flaw(what)
            }
            #expect(try await story.goRound(reply, signing.fixture).status == 400)
            #expect(try await sign(signing, plan, person).status == 400)
            #expect(try await signing.counting(plan).isEmpty)
        }
    }

    @Test("It is for that session, that plan and five minutes alone")
    func bounds() async throws {
        try await ProviderStory.run { story in
            let signing = try await SigningStory("provider-bounds", provider: story.settings)
            let (first, fixture) = (try await signing.plan(), signing.fixture)
            try await signing.confirm()
            let person = try await signer(story, signing)
            _ = try await story.goRound(try await ask(signing, first, person), fixture)
            let reply = try await story.signIn(fixture)
            let session = try #require(try await story.session(reply, fixture))
            let elsewhere = ServerFixture.Browser(
                account: person.account, token: try #require(story.token(reply)),
                csrf: session.csrfToken)
            #expect(try await sign(signing, first, elsewhere).status == 400)
            let second = try await signing.plan(activityGBq: 3)
            #expect(try await sign(signing, second, person).status == 400)
            _ = try await story.goRound(try await ask(signing, second, person), fixture)
            fixture.recordsClock.advance(seconds: 301)
            #expect(try await sign(signing, second, person).status == 400)
            #expect(try await signing.counting(second).isEmpty)
        }
    }

    @Test("Who is not bound is offered no new sign-in and gets none")
    func unbound() async throws {
        try await ProviderStory.run { story in
            let signing = try await SigningStory("provider-unbound", provider: story.settings)
            let plan = try await signing.plan()
            try await signing.confirm()
            let page = try await signing.fixture.send(
                .get, "\(signing.path(plan))/signatures", signing.maker)
            #expect(!page.text.contains("Sign in again"))
            #expect(page.text.contains("Code that the authenticator"))
            #expect(try await ask(signing, plan, signing.maker).status == 400)
            #expect(try await signing.sign(plan, .made, signing.maker).status == 303)
        }
    }
}
