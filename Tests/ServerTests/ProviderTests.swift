import Cryptography
import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Transfer
import Workflows

@Suite("Sign-in by a provider")
struct ProviderTests {
    @Test("The button is there only with a provider; who is bound comes in, others do not")
    func signIn() async throws {
        let without = try await ServerFixture("provider-none")
        #expect(try await !without.send(.get, "/sign-in").text.contains("/sign-in/provider"))
        #expect(try await without.send(.post, "/sign-in/provider", form: [:]).status == 400)
        try await ProviderStory.run { story in
            let fixture = try await ServerFixture("provider-in", provider: story.settings)
            let page = try await fixture.send(.get, "/sign-in")
            #expect(page.text.contains("Sign in with the hospital"))
            let stranger = try await story.signIn(fixture)
            #expect(stranger.status == 400 && stranger.text.contains("No account here"))
            #expect(story.token(stranger) == nil)
            let account = try await fixture.browser(.physicist, secondFactor: false).account
            try await fixture.folder.accounts.bind(
                account.id, to: story.identity("anna"), by: "test")
            let reply = try await story.signIn(fixture)
            let session = try #require(try await story.session(reply, fixture))
            #expect(session.account.id == account.id && session.isByProvider)
            // The provider stands for the second factor, which this account has not.
            let browser = ServerFixture.Browser(
                account: account, token: try #require(story.token(reply)),
                csrf: session.csrfToken)
            #expect(try await fixture.send(.get, "/", browser).status == 200)
            let password = try await fixture.signIn(account, secondFactor: false)
            #expect(try await fixture.send(.get, "/", password).status == 403)
            try await fixture.folder.accounts.set(
                role: .physicist, isDisabled: true, of: account.id, by: "test")
            #expect(try await story.signIn(fixture).status == 400)
        }
    }

    @Test("The request carries PKCE, nonce and state, and nothing of them is kept in the clear")
    func request() async throws {
        try await ProviderStory.run { story in
            let fixture = try await ServerFixture("provider-request", provider: story.settings)
            let reply = try await fixture.send(.post, "/sign-in/provider", form: [:])
            _ = try await story.wayBack(try story.departure(reply))
            let seen = try JSONDecoder().decode(
                [String: String].self, from: try await story.ask("/seen").body)
            #expect(seen["response_type"] == "code" && seen["client_id"] == "grevy&co")
            #expect(seen["code_challenge_method"] == "S256" && seen["scope"] == "openid")
            #expect(seen["max_age"] == nil)
            for name in ["state", "nonce", "code_challenge"] {
                let value = try #require(seen[name])
                #expect(value.count >= 43, "\(name)")
                for file in ["grevy.sqlite", "grevy.sqlite-wal"] {
                    let bytes = try Data(contentsOf: fixture.folder.url.appending(path: file))
                    #expect(bytes.range(of: Data(value.utf8)) == nil, "\(name) in \(file)")
                }
            }
        }
    }

    /// Flaws of tokens, and what the audit trail calls them; an empty name is a good token.
    static let flaws = [
        ("es256", ""), ("right-azp", ""), ("new-key", ""), ("skewed-auth", ""), ("no-auth", ""),
        ("wrong-nonce", "nonce"), ("wrong-aud", "audience"), ("two-aud", "audience"),
        ("wrong-azp", "audience"), ("other-issuer", "issuer"), ("expired", "expired"),
        ("old-iat", "issued-at"), ("future-iat", "issued-at"), ("none", "algorithm"),
        ("hs256", "algorithm"), ("crit", "algorithm"), ("unknown-key", "key"),
        ("other-key", "signature"), ("changed", "signature"), ("future-auth", "auth-time"),
    ]

    @Test("A token counts only if everything about it is right")
    func flaws() async throws {
        try await ProviderStory.run { story in
            let fixture = try await ServerFixture("provider-flaws", provider: story.settings)
            let account = try await fixture.browser(.physicist).account
            try await fixture.folder.accounts.bind(
                account.id, to: story.identity("anna"), by: "test")
            for (flaw, reason) in Self.flaws {
                try await story.flaw(flaw)
                let reply = try await story.signIn(fixture)
                #expect((story.token(reply) != nil) == reason.isEmpty, "\(flaw): \(reply.text)")
                let last = try #require(try await fixture.folder.audit.entries(last: 1).first)
                let isRefused = last.action == "provider.refused"
                #expect(isRefused == !reason.isEmpty, "\(flaw)")
                #expect(reason.isEmpty || last.detailJSON == #"{"reason":"\#(reason)"}"#, "\(flaw)")
            }
        }
    }

    @Test("A way back counts once, in the browser that began it, within ten minutes")
    func ways() async throws {
        try await ProviderStory.run { story in
            let fixture = try await ServerFixture("provider-ways", provider: story.settings)
            let account = try await fixture.browser(.physicist).account
            try await fixture.folder.accounts.bind(
                account.id, to: story.identity("anna"), by: "test")
            func begin() async throws -> (ProviderStory.Departure, String) {
                let reply = try await fixture.send(.post, "/sign-in/provider", form: [:])
                let departure = try story.departure(reply)
                return (departure, try await story.wayBack(departure))
            }
            let (own, back) = try await begin()
            let (other, _) = try await begin()
            #expect(
                story.token(try await story.comeBack(back, other.cookie, fixture)) == nil)
            #expect(story.token(try await story.comeBack(back, "a=b", fixture)) == nil)
            #expect(story.token(try await story.comeBack(back, own.cookie, fixture)) != nil)
            let again = try await story.comeBack(back, own.cookie, fixture)
            #expect(again.status == 400 && story.token(again) == nil)
            // Another's code with the own state: PKCE does not fit, and the provider refuses it.
            let (first, firstBack) = try await begin()
            let (second, secondBack) = try await begin()
            let code = try #require(secondBack.firstMatch(of: /code=[^&]+/)).0
            let mixed = firstBack.replacing(/code=[^&]+/, with: code)
            #expect(story.token(try await story.comeBack(mixed, first.cookie, fixture)) == nil)
            let foreign = secondBack.replacing(/iss=[^&]+/, with: "iss=https%3A%2F%2Fevil")
            #expect(story.token(try await story.comeBack(foreign, second.cookie, fixture)) == nil)
            let (late, lateBack) = try await begin()
            fixture.clock.advance(seconds: 601)
            let over = try await story.comeBack(lateBack, late.cookie, fixture)
            #expect(story.token(over) == nil && over.text.contains("more than ten minutes"))
            let denied = try await begin()
            let error = denied.1.replacing(/code=[^&]+/, with: "error=access_denied")
            #expect(
                try await story.comeBack(error, denied.0.cookie, fixture).text
                    .contains("Nobody signed in"))
        }
    }

    @Test("However many begin to sign in, nothing is kept of them and nobody has to wait")
    func many() async throws {
        try await ProviderStory.run { story in
            let fixture = try await ServerFixture("provider-many", provider: story.settings)
            let account = try await fixture.browser(.physicist).account
            try await fixture.folder.accounts.bind(
                account.id, to: story.identity("anna"), by: "test")
            let head = try await fixture.folder.audit.head()
            let own = try await fixture.send(.post, "/sign-in/provider", form: [:])
            for _ in 0 ..< 1100 {
                let reply = try await fixture.send(.post, "/sign-in/provider", form: [:])
                try #require(reply.status == 200, "\(reply.text)")
            }
            #expect(try await fixture.folder.audit.head() == head)
            #expect(story.token(try await story.goRound(own, fixture)) != nil)
            #expect(story.token(try await story.signIn(fixture)) != nil)
        }
    }

    @Test("A cookie for the way that the server did not make, or with another time, opens nothing")
    func madeUp() async throws {
        try await ProviderStory.run { story in
            let fixture = try await ServerFixture("provider-made-up", provider: story.settings)
            let account = try await fixture.browser(.physicist).account
            try await fixture.folder.accounts.bind(
                account.id, to: story.identity("anna"), by: "test")
            let departure = try story.departure(
                try await fixture.send(.post, "/sign-in/provider", form: [:]))
            let back = try await story.wayBack(departure)
            let parts = departure.cookie.split(separator: "=", maxSplits: 1)
            let token = String(parts[1])
            let began = try #require(token.split(separator: ".").first.flatMap { Int($0) })
            let later = "\(began + 600)" + token.drop { $0 != "." }
            // One of sixteen seals ends with an A already.
            let otherSeal = token.dropLast() + (token.hasSuffix("A") ? "E" : "A")
            for other in [later, String(otherSeal), "", "..", token + "."] {
                // The state is made from the cookie, which anybody could do for their own.
                let state = Data(SHA256.digest(of: Array("state\n\(other)".utf8)))
                    .base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                    .replacing("=", with: "")
                let way = back.replacing(/state=[^&]+/, with: "state=\(state)")
                let reply = try await story.comeBack(way, "\(parts[0])=\(other)", fixture)
                #expect(reply.status == 400 && story.token(reply) == nil, "\(other)")
            }
            #expect(story.token(try await story.comeBack(back, departure.cookie, fixture)) != nil)
        }
    }

    @Test("A person binds their own account with their password; an identity is one account's")
    func bind() async throws {
        try await ProviderStory.run { story in
            let fixture = try await ServerFixture("provider-bind", provider: story.settings)
            let person = try await fixture.browser(.physicist)
            func ask(_ password: String) async throws -> ServerFixture.Reply {
                try await fixture.send(
                    .post, "/account/provider", person,
                    form: [
                        "csrf": person.csrf, "password": password, "code": try fixture.freshCode(),
                    ])
            }
            #expect(try await ask("not the password").status == 400)
            let reply = try await ask(ServerFixture.password)
            #expect(try await story.goRound(reply, fixture).status == 200)
            #expect(
                try await fixture.folder.accounts.identity(of: person.account.id)
                    == story.identity("anna"))
            #expect(try await fixture.send(.get, "/account", person).text.contains("End this"))
            let administrator = try await fixture.browser(.administrator)
            let second = try await fixture.browser(.physicist).account
            func bind(_ subject: String, _ account: Int64) async throws -> Int {
                try await fixture.send(
                    .post, "/administration/accounts/\(account)/provider", administrator,
                    form: ["csrf": administrator.csrf, "subject": subject]
                ).status
            }
            #expect(try await bind("anna", second.id) == 400)
            #expect(try await bind("bert", second.id) == 303)
            #expect(try await bind("dora", administrator.account.id) == 400)
            let foreign = try await fixture.browser(.physicist, organisation: 1).account
            #expect(try await bind("cara", foreign.id) == 404)
            try await story.person("bert")
            let session = try await story.session(try await story.signIn(fixture), fixture)
            #expect(session?.account.id == second.id)
            // Binding ends what an account was signed in to.
            #expect(try await bind("", second.id) == 303)
            #expect(try await story.signIn(fixture).status == 400)
            let ended = try await fixture.send(.post, "/account/provider/end", person)
            #expect(ended.status == 303)
            #expect(try await fixture.folder.accounts.identity(of: person.account.id) == nil)
        }
    }
}
