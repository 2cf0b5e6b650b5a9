import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("One's own account")
struct OwnAccountTests {
    typealias Browser = ServerFixture.Browser

    private static func proof(
        _ fixture: ServerFixture, _ browser: Browser, _ more: [String: String] = [:]
    ) throws -> [String: String] {
        [
            "csrf": browser.csrf, "password": ServerFixture.password,
            "code": try fixture.freshCode(),
        ].merging(more) { $1 }
    }

    /// The same account from a second browser.
    private static func second(
        _ fixture: ServerFixture, of browser: Browser
    ) async throws -> Browser {
        let signedIn = try await fixture.accounts.signIn(
            login: browser.account.login, password: ServerFixture.password,
            code: fixture.freshCode(), address: "10.0.0.7", browser: "Firefox, Linux")
        let session = try await fixture.accounts.session(token: signedIn.token)
        return Browser(
            account: browser.account, token: signedIn.token, csrf: session?.csrfToken ?? "")
    }

    private static func status(_ fixture: ServerFixture, _ browser: Browser) async throws -> Int {
        try await fixture.send(.get, "/account", browser).status
    }

    /// The browser after an answer that gave it another token.
    private static func renewed(
        _ browser: Browser, by reply: ServerFixture.Reply, csrf: String? = nil
    ) throws -> Browser {
        let cookie = try #require(reply.headers[.setCookie])
        let token = try #require(cookie.firstMatch(of: /__Host-grevy=([^;]+)/)).1
        return Browser(
            account: browser.account, token: String(token), csrf: csrf ?? browser.csrf)
    }

    @Test("Sessions are listed with when and from where, and ended one by one or all others")
    func sessions() async throws {
        let fixture = try await ServerFixture("own-sessions")
        let first = try await fixture.browser(.physicist)
        let other = try await Self.second(fixture, of: first)
        let third = try await Self.second(fixture, of: first)
        let stranger = try await fixture.browser(.physicist)
        let page = try await fixture.send(.get, "/account", first).text
        #expect(page.contains("Firefox, Linux") && page.contains("10.0.0.7"))
        #expect(page.matches(of: /sessions\/[0-9a-f]{16}\/end/).count == 2)
        #expect(!page.contains(other.token))
        let names = page.matches(of: /sessions\/([0-9a-f]{16})\/end/).map { String($0.1) }
        for name in names {
            let path = "/account/sessions/\(name)/end"
            #expect(try await fixture.send(.post, path, stranger).status == 404)
        }
        _ = try await fixture.send(.post, "/account/sessions/\(names[0])/end", first)
        let left = [try await Self.status(fixture, other), try await Self.status(fixture, third)]
        #expect(left.sorted() == [200, 401])
        let alive = left[0] == 200 ? other : third
        #expect(
            try await fixture.send(.post, "/account/other-sessions/end", alive).status == 303)
        #expect(try await Self.status(fixture, first) == 401)
        #expect(try await Self.status(fixture, alive) == 200)
        #expect(try await Self.status(fixture, stranger) == 200)
        let actions = try await fixture.folder.audit.entries(last: 10).map(\.action)
        #expect(actions.filter { $0 == "session.end" }.count == 2)
    }

    @Test("A new password needs the old one and a code, ends every session, and begins one here")
    func password() async throws {
        let fixture = try await ServerFixture("own-password")
        let browser = try await fixture.browser(.physicist)
        let other = try await Self.second(fixture, of: browser)
        let new = "amber-heron-lantern"
        for wrong in [
            ["password": "wrong-password-here"], ["code": "000000"], ["new-password": "short"],
            ["new-password": "password1234"],
        ] {
            let form = try Self.proof(fixture, browser, ["new-password": new]).merging(wrong) { $1 }
            let reply = try await fixture.send(.post, "/account/password", browser, form: form)
            #expect(reply.status == 400 && reply.text.contains("role=\"alert\""), "\(wrong)")
        }
        #expect(try await Self.status(fixture, other) == 200)
        let reply = try await fixture.send(
            .post, "/account/password", browser,
            form: try Self.proof(fixture, browser, ["new-password": new]))
        #expect(reply.status == 303)
        #expect(try await Self.status(fixture, browser) == 401)
        #expect(try await Self.status(fixture, other) == 401)
        #expect(try await Self.status(fixture, try Self.renewed(browser, by: reply)) == 200)
        await #expect(throws: AccountWorkflow.Refusal.wrong) {
            _ = try await Self.second(fixture, of: browser)
        }
        let actions = try await fixture.folder.audit.entries(last: 10).map(\.action)
        #expect(actions.contains("account.password"))
    }

    @Test(
        "A change of password, role or status ends a listening page",
        arguments: ["password", "role", "status", "session"])
    func listening(change: String) async throws {
        let fixture = try await ServerFixture("own-listening", eventSeconds: 120)
        let browser = try await fixture.browser(.physicist)
        let path = "/cases/\(fixture.patients[0])/jobs/events"
        let heard = Collector()
        let stream = Task { try await fixture.send(.get, path, browser, into: heard) }
        try await heard.holds(1)
        let start = ContinuousClock.now
        switch change {
        case "password":
            let token = try await fixture.accounts.resetToken(
                for: browser.account, by: browser.account)
            try await fixture.accounts.setPassword(token: token, password: "other-otter-harbour")
        case "role":
            try await fixture.folder.accounts.set(
                role: .surgeon, isDisabled: false, of: browser.account.id, by: "test")
        case "status":
            try await fixture.folder.accounts.set(
                role: .physicist, isDisabled: true, of: browser.account.id, by: "test")
        default: try await fixture.folder.accounts.endSessions(of: browser.account.id)
        }
        #expect(try await stream.value.status == 200)
        // At the next look, which is every half second on a machine that is free.
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(try await Self.status(fixture, browser) == 401)
    }

    @Test("A second factor is replaced with password and a code of the old one, never without")
    func anotherAuthenticator() async throws {
        let fixture = try await ServerFixture("own-factor")
        let browser = try await fixture.browser(.physicist)
        let path = "/account/second-factor"
        let page = try await fixture.send(.get, path, browser).text
        #expect(page.contains("name=\"password\"") && page.contains("name=\"old-code\""))
        func replace(_ more: [String: String], _ browser: Browser) async throws -> Int {
            let draft = fixture.accounts.secondFactorDraft(for: browser.account)
            let form = [
                "csrf": browser.csrf, "secret": draft.secret,
                "code": try #require(OneTimePassword(base32: draft.secret)).code(
                    step: fixture.clock.step),
            ]
            return try await fixture.send(
                .post, path, browser, form: form.merging(more) { $1 }
            ).status
        }
        let password = ServerFixture.password
        for wrong in [
            [:], ["password": password], ["password": password, "old-code": "000000"],
            ["password": "wrong-password-here", "old-code": try fixture.freshCode()],
        ] {
            #expect(try await replace(wrong, browser) == 400, "\(wrong.keys)")
        }
        let kept = try await fixture.folder.accounts.secrets(of: browser.account.id)
        #expect(kept.totpSecret == ServerFixture.secret)
        // A code of the new secret that is wrong uses up none of the old one.
        let code = try fixture.freshCode()
        let typo = ["password": password, "old-code": code, "code": "000000x"]
        #expect(try await replace(typo, browser) == 400)
        let made = try await fixture.accounts.newRecoveryCodes(
            token: browser.token,
            AccountWorkflow.Proof(password: password, code: code, address: ""),
            of: browser.account)
        let after = Browser(
            account: browser.account, token: made.signedIn.token, csrf: browser.csrf)
        let right = ["password": password, "old-code": made.codes[0]]
        #expect(try await replace(right, after) == 200)
        let secrets = try await fixture.folder.accounts.secrets(of: browser.account.id)
        #expect(secrets.totpSecret != ServerFixture.secret)
        #expect(try await Self.status(fixture, after) == 401)
    }

    @Test("The first second factor asks for nothing but its own code")
    func firstAuthenticator() async throws {
        let fixture = try await ServerFixture("own-first-factor")
        let browser = try await fixture.browser(.physicist, secondFactor: false)
        let page = try await fixture.send(.get, "/account/second-factor", browser).text
        #expect(!page.contains("name=\"old-code\""))
        let draft = fixture.accounts.secondFactorDraft(for: browser.account)
        let form = [
            "csrf": browser.csrf, "secret": draft.secret,
            "code": try #require(OneTimePassword(base32: draft.secret)).code(
                step: fixture.clock.step),
        ]
        let reply = try await fixture.send(.post, "/account/second-factor", browser, form: form)
        #expect(reply.status == 200)
    }

    @Test("New recovery codes replace the old ones, and renew the session")
    func codes() async throws {
        let fixture = try await ServerFixture("own-codes")
        let browser = try await fixture.browser(.physicist)
        func make(_ browser: Browser) async throws -> (codes: [String], browser: Browser) {
            let reply = try await fixture.send(
                .post, "/account/recovery-codes", browser, form: try Self.proof(fixture, browser))
            let codes = reply.text.matches(of: /[A-Z2-7]{4}(-[A-Z2-7]{4}){3}/).map { String($0.0) }
            #expect(codes.count == 10)
            return (codes, try Self.renewed(browser, by: reply))
        }
        let first = try await make(browser)
        #expect(try await Self.status(fixture, browser) == 401)
        let second = try await make(first.browser)
        func signIn(_ code: String) async throws {
            _ = try await fixture.accounts.signIn(
                login: browser.account.login, password: ServerFixture.password, code: code,
                address: "10.0.0.8")
        }
        await #expect(throws: AccountWorkflow.Refusal.wrong) { try await signIn(first.codes[0]) }
        try await signIn(second.codes[0])
        let actions = try await fixture.folder.audit.entries(last: 20).map(\.action)
        #expect(actions.filter { $0 == "account.recovery-codes" }.count == 2)
    }
}

@Suite("Locked sessions")
struct LockTests {
    private static let unlock = "/unlock"
    private static let page: HTTPFields = [.accept: "text/html"]

    @Test("After 15 minutes without use every route but the open ones is locked, not over")
    func locked() async throws {
        let fixture = try await ServerFixture("lock-idle")
        let browser = try await fixture.browser(.physicist)
        fixture.recordsClock.advance(seconds: 15 * 60 + 1)
        for route in fixture.server.routes
        where route.requirement != .anyone
            && !["/sign-out", "/unlock/provider"].contains(route.path)
        {
            let reply = try await fixture.send(
                route.method, AccessTests.path(route, patient: fixture.patients[0]), browser)
            #expect(reply.status == 423, "\(route.path)")
        }
        let asked = try await fixture.send(.get, "/cases/1", browser, headers: Self.page)
        #expect(asked.status == 303 && asked.headers[.location] == "/unlock?to=/cases/1")
        let form = try await fixture.send(.get, "/unlock?to=/cases/1", browser)
        #expect(form.status == 200 && !form.text.contains("Number0"))
    }

    @Test("Password and code open it under another token; what was open on the page can be sent")
    func open() async throws {
        let fixture = try await ServerFixture("lock-open")
        let browser = try await fixture.browser(.physicist)
        fixture.recordsClock.advance(seconds: 15 * 60 + 1)
        func unlock(_ more: [String: String]) async throws -> ServerFixture.Reply {
            let form = [
                "csrf": browser.csrf, "password": ServerFixture.password,
                "code": try fixture.freshCode(), "to": "/cases/1",
            ].merging(more) { $1 }
            return try await fixture.send(
                .post, Self.unlock, browser, form: form, headers: Self.page)
        }
        for wrong in [["password": "wrong-password-here"], ["code": "000000"]] {
            #expect(try await unlock(wrong).status == 400)
        }
        #expect(try await fixture.send(.get, "/account", browser).status == 423)
        let reply = try await unlock([:])
        #expect(reply.status == 303 && reply.headers[.location] == "/cases/1")
        let cookie = try #require(reply.headers[.setCookie])
        let token = String(try #require(cookie.firstMatch(of: /__Host-grevy=([^;]+)/)).1)
        #expect(token != browser.token)
        #expect(try await fixture.send(.get, "/account", browser).status == 401)
        let after = ServerFixture.Browser(
            account: browser.account, token: token, csrf: browser.csrf)
        #expect(
            try await fixture.send(.post, "/cases/\(fixture.patients[0])/confirm-identity", after)
                .status == 303)
    }

    @Test("Unlocking adds nothing to the twelve hours")
    func absolute() async throws {
        let fixture = try await ServerFixture("lock-absolute")
        let browser = try await fixture.browser(.physicist)
        fixture.recordsClock.advance(seconds: 12 * 3600 - 60)
        let form = [
            "password": ServerFixture.password, "code": try fixture.freshCode(),
            "csrf": browser.csrf,
        ]
        let reply = try await fixture.send(.post, Self.unlock, browser, form: form)
        #expect(reply.status == 200)
        let cookie = try #require(reply.headers[.setCookie])
        let token = String(try #require(cookie.firstMatch(of: /__Host-grevy=([^;]+)/)).1)
        let after = ServerFixture.Browser(
            account: browser.account, token: token, csrf: browser.csrf)
        #expect(try await fixture.send(.get, "/account", after).status == 200)
        fixture.recordsClock.advance(seconds: 61)
        #expect(try await fixture.send(.get, "/account", after).status == 401)
        let late = try await fixture.send(.post, Self.unlock, after, form: form)
        #expect(late.status == 401)
    }

    @Test("Somebody at the page keeps a session open; the page's own questions do not")
    func use() async throws {
        let fixture = try await ServerFixture("lock-use")
        let browser = try await fixture.browser(.physicist)
        for _ in 0 ..< 4 {
            fixture.recordsClock.advance(seconds: 10 * 60)
            #expect(try await fixture.send(.post, "/account/session", browser).status == 200)
        }
        fixture.recordsClock.advance(seconds: 10 * 60)
        let asked = try await fixture.send(.get, "/account/session", browser)
        #expect(asked.text.hasPrefix(#"{"secondsToLock":300,"tag":""#))
        fixture.recordsClock.advance(seconds: 5 * 60 + 1)
        #expect(try await fixture.send(.get, "/account/session", browser).status == 423)
    }

    @Test("A locked session can be ended without its password, by its own page")
    func signOut() async throws {
        let fixture = try await ServerFixture("lock-sign-out")
        let browser = try await fixture.browser(.physicist)
        fixture.recordsClock.advance(seconds: 15 * 60 + 1)
        let form = try await fixture.send(.get, Self.unlock, browser)
        #expect(form.text.contains("action=\"/sign-out\""))
        let guess = try await fixture.send(.post, "/sign-out", browser, form: ["csrf": "guess"])
        #expect(guess.status == 400)
        let reply = try await fixture.send(.post, "/sign-out", browser)
        #expect(reply.status == 303 && reply.headers[.location] == "/sign-in")
        #expect(try await fixture.send(.get, "/account", browser).status == 401)
    }

    @Test("A page knows its own session again, after the lock too, and no other one's")
    func tag() async throws {
        let fixture = try await ServerFixture("lock-tag")
        let first = try await fixture.browser(.physicist)
        let second = try await fixture.browser(.physicist)
        func tag(_ browser: ServerFixture.Browser) async throws -> String {
            let page = try await fixture.send(.get, "/account", browser).text
            let tag = String(try #require(page.firstMatch(of: /data-tag="([0-9a-f]{16})"/)).1)
            for method in [HTTPRequest.Method.get, .post] {
                let state = try await fixture.send(method, "/account/session", browser).text
                #expect(state.contains(#""tag":"\#(tag)""#))
            }
            return tag
        }
        let own = try await tag(first)
        #expect(try await tag(second) != own)
        #expect(!first.csrf.contains(own))
        fixture.recordsClock.advance(seconds: 15 * 60 + 1)
        let form = [
            "csrf": first.csrf, "password": ServerFixture.password,
            "code": try fixture.freshCode(),
        ]
        let reply = try await fixture.send(.post, Self.unlock, first, form: form)
        let cookie = try #require(reply.headers[.setCookie])
        let token = String(try #require(cookie.firstMatch(of: /__Host-grevy=([^;]+)/)).1)
        let after = ServerFixture.Browser(account: first.account, token: token, csrf: first.csrf)
        #expect(try await tag(after) == own)
    }

    @Test("Guesses at the lock are slowed down like those at the sign-in")
    func throttle() async throws {
        let fixture = try await ServerFixture("lock-throttle")
        let browser = try await fixture.browser(.physicist)
        fixture.recordsClock.advance(seconds: 15 * 60 + 1)
        var statuses: [Int] = []
        for n in 0 ..< 6 {
            let form = ["csrf": browser.csrf, "password": "wrong-password-\(n)", "code": "1"]
            statuses.append(
                try await fixture.send(.post, Self.unlock, browser, form: form).status)
        }
        #expect(statuses == [400, 400, 400, 400, 400, 429])
    }

    @Test(
        "The lock leads back to pages of this server only",
        arguments: ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:1"])
    func way(to: String) async throws {
        let fixture = try await ServerFixture("lock-way")
        let browser = try await fixture.browser(.physicist)
        let query = to.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let reply = try await fixture.send(.get, "/unlock?to=\(query)", browser)
        #expect(reply.status == 303 && reply.headers[.location] == "/")
    }
}
