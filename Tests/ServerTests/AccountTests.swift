import Foundation
import HTTPTypes
import NIOEmbedded
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("Accounts")
struct AccountTests {
    @Test("People read who made a link to their account, and that it was used")
    func told() async throws {
        let fixture = try await ServerFixture("own-told")
        let administrator = try await fixture.browser(.administrator)
        let person = try await fixture.browser(.nurseSpecialist, secondFactor: false)
        let link = try await fixture.accounts.resetToken(
            for: person.account, by: administrator.account)
        let before = try await fixture.send(.get, "/account", person).text
        #expect(before.contains("A link for a new password was made"))
        #expect(before.contains("Administrator <span class=\"badge badge-warning\">not you"))
        try await fixture.accounts.setPassword(token: link, password: "copper-finch-meadow")
        let again = try await fixture.accounts.signIn(
            login: person.account.login, password: "copper-finch-meadow", code: "",
            address: "127.0.0.1")
        let session = try await fixture.accounts.session(token: again.token)
        let after = try await fixture.send(
            .get, "/account",
            ServerFixture.Browser(
                account: again.account, token: again.token, csrf: session?.csrfToken ?? "")
        ).text
        #expect(after.contains("A link was used to set a password"))
        #expect(!after.contains(link), "nobody reads the link itself")
    }

    @Test(
        "RFC 6238's codes come out",
        arguments: [
            (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"),
            (1_234_567_890, "005924"), (2_000_000_000, "279037"), (20_000_000_000, "353130"),
        ])
    func codes(seconds: Int, code: String) throws {
        // "12345678901234567890" in base 32; the RFC's eight digits end in these six.
        let password = try #require(
            OneTimePassword(base32: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
        #expect(try password.code(step: seconds / 30) == code)
        #expect(try password.step(of: code, at: Double(seconds) + 29) != nil)
        #expect(try password.step(of: code, at: Double(seconds) + 61) == nil)
    }

    @Test("A code signs in once")
    func replay() async throws {
        let fixture = try await ServerFixture("account-replay")
        let browser = try await fixture.browser(.physicist)
        let password = try #require(
            OneTimePassword(base32: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
        let code = try password.code(step: ServerFixture.step)
        await #expect(throws: AccountWorkflow.Refusal.wrong) {
            try await fixture.accounts.signIn(
                login: browser.account.login, password: ServerFixture.password, code: code,
                address: "127.0.0.1")
        }
    }

    @Test("The set-up link works once and only while there is no administrator")
    func setUp() async throws {
        let fixture = try await ServerFixture("account-setup")
        let token = try #require(try await fixture.accounts.setUpToken())
        let form = [
            "organisation": "NET centre", "name": "Ada Admin", "login": "ada",
            "password": ServerFixture.password,
        ]
        let weak = form.merging(["password": "password1234"]) { $1 }
        #expect(try await fixture.send(.post, "/set-up/\(token)", form: weak).status == 400)
        let first = try await fixture.send(.post, "/set-up/\(token)", form: form)
        #expect(first.status == 303)
        let cookie = first.headers[.setCookie] ?? ""
        for part in ["__Host-grevy=", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
            #expect(cookie.contains(part))
        }
        let again = form.merging(["login": "eve"]) { $1 }
        #expect(try await fixture.send(.post, "/set-up/\(token)", form: again).status == 400)
        #expect(try await fixture.accounts.setUpToken() == nil)
    }

    @Test("Looking at a link does not use it up; of two who use it at once one succeeds")
    func links() async throws {
        let fixture = try await ServerFixture("account-links")
        let administrator = try await fixture.browser(.administrator).account
        let invited = try await fixture.accounts.invite(
            login: "new-one", fullName: "New One", role: .physicist, by: administrator)
        #expect(try await fixture.send(.get, "/link/\(invited.token)").status == 200)
        let results = await withTaskGroup(of: Bool.self) { group in
            for _ in 0 ..< 2 {
                group.addTask {
                    (try? await fixture.accounts.setPassword(
                        token: invited.token, password: ServerFixture.password)) != nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(results == 1)
    }

    @Test("A wrong login, password and disabled account are told apart by nobody")
    func sameWords() async throws {
        let fixture = try await ServerFixture("account-words")
        let known = try await fixture.browser(.surgeon, secondFactor: false).account
        var texts: Set<String> = []
        for (login, password) in [
            ("nobody", ServerFixture.password), (known.login, "wrong-password-here"),
        ] {
            let reply = try await fixture.send(
                .post, "/sign-in", form: ["login": login, "password": password])
            #expect(reply.status == 401)
            texts.insert(reply.text.replacing(login, with: "LOGIN"))
        }
        try await fixture.folder.accounts.set(
            role: .surgeon, isDisabled: true, of: known.id, by: "test")
        let disabled = try await fixture.send(
            .post, "/sign-in", form: ["login": known.login, "password": ServerFixture.password])
        #expect(disabled.status == 401)
        texts.insert(disabled.text.replacing(known.login, with: "LOGIN"))
        #expect(texts.count == 1)
    }

    @Test("Failures slow down one login from one address, and nobody else")
    func throttle() async throws {
        let fixture = try await ServerFixture("account-throttle")
        let known = try await fixture.browser(.surgeon, secondFactor: false).account
        func attempt(_ password: String, _ address: String) async throws {
            _ = try await fixture.accounts.signIn(
                login: known.login, password: password, code: "", address: address)
        }
        for _ in 0 ..< 5 {
            await #expect(throws: AccountWorkflow.Refusal.wrong) {
                try await attempt("wrong-password-here", "10.0.0.1")
            }
        }
        await #expect(throws: AccountWorkflow.Refusal.wait(seconds: 1)) {
            try await attempt(ServerFixture.password, "10.0.0.1")
        }
        try await attempt(ServerFixture.password, "10.0.0.2")
    }

    @Test("Failures that come together are counted one by one, and a success takes them back")
    func together() async throws {
        let fixture = try await ServerFixture("account-together")
        let known = try await fixture.browser(.surgeon, secondFactor: false).account
        @Sendable func attempt(_ password: String) async throws -> Int {
            try await fixture.send(
                .post, "/sign-in", form: ["login": known.login, "password": password]
            ).status
        }
        for _ in 0 ..< 4 { #expect(try await attempt("wrong-password-here") == 401) }
        #expect(try await attempt(ServerFixture.password) == 303)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0 ..< 12 { group.addTask { try await attempt("wrong-password-here") } }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(statuses == [401: 5, 429: 7])
        let refused = try await fixture.folder.audit.entries(last: 50).filter {
            $0.action == "session.refused"
        }
        #expect(refused.count == 9)
    }

    @Test("Few passwords wait; more are sent away, and nothing is hashed for who has hung up")
    func queue() async throws {
        let fixture = try await ServerFixture("account-queue")
        let known = try await fixture.browser(.surgeon, secondFactor: false).account
        let gate = fixture.accounts.gate
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let (over, end) = AsyncStream<Void>.makeStream()
        let first = Task {
            try await gate.run {
                begin.finish()
                for await _ in over {}
            }
        }
        for await _ in begun {}
        let channels = (0 ..< HashingGate.mostWaiting).map { _ in NIOAsyncTestingChannel() }
        let waiting = channels.enumerated().map { number, channel in
            Task {
                try await fixture.send(
                    .post, "/sign-in", form: ["login": "nobody-\(number)", "password": "x"],
                    over: channel)
            }
        }
        while await gate.waitingCount < HashingGate.mostWaiting { await Task.yield() }
        let form = ["login": known.login, "password": ServerFixture.password]
        for headers in [[:], [.accept: "text/html"]] as [HTTPFields] {
            let reply = try await fixture.send(.post, "/sign-in", form: form, headers: headers)
            #expect(reply.status == 429 && reply.headers[.retryAfter] == "10")
            #expect(reply.text.contains("Too many people are signing in"))
        }
        for channel in channels { _ = try await channel.finish() }
        while await gate.waitingCount > 0 { await Task.yield() }
        end.finish()
        try await first.value
        for task in waiting { _ = try await task.value }
        #expect(try await fixture.send(.post, "/sign-in", form: form).status == 303)
        let actions = try await fixture.folder.audit.entries(last: 50).map(\.action)
        #expect(!actions.contains("session.refused"))
    }

    @Test("Signing out has the browser forget what it keeps")
    func signOut() async throws {
        let fixture = try await ServerFixture("sign-out")
        let person = try await fixture.browser(.physicist)
        let reply = try await fixture.send(.post, "/sign-out", person)
        let name = try #require(HTTPField.Name("Clear-Site-Data"))
        #expect(reply.headers[name]?.contains("\"cache\"") == true)
        #expect(reply.headers[.setCookie]?.contains("Max-Age=0") == true)
    }

    @Test("A new password ends every session of the account")
    func sessionsEnd() async throws {
        let fixture = try await ServerFixture("account-sessions")
        let browser = try await fixture.browser(.surgeon)
        let link = try await fixture.accounts.resetToken(
            for: browser.account, by: browser.account)
        try await fixture.accounts.setPassword(token: link, password: "other-otter-harbour")
        #expect(try await fixture.send(.get, "/", browser).status == 401)
    }

    @Test("A recovery code signs in once in place of the authenticator")
    func recovery() async throws {
        let fixture = try await ServerFixture("account-recovery")
        let browser = try await fixture.browser(.surgeon, secondFactor: false)
        let draft = fixture.accounts.secondFactorDraft(for: browser.account)
        let password = try #require(OneTimePassword(base32: draft.secret))
        let codes = try await fixture.accounts.confirmSecondFactor(
            secret: draft.secret, code: try password.code(step: ServerFixture.step),
            for: browser.account
        ).recoveryCodes
        #expect(codes.count == 10 && Set(codes).count == 10)
        func signIn() async throws {
            _ = try await fixture.accounts.signIn(
                login: browser.account.login, password: ServerFixture.password, code: codes[3],
                address: "127.0.0.1")
        }
        try await signIn()
        await #expect(throws: AccountWorkflow.Refusal.wrong) { try await signIn() }
    }

    @Test("Scrypt's kept form holds no password and differs from account to account")
    func kept() async throws {
        let fixture = try await ServerFixture("account-kept")
        var kept: Set<String> = []
        for _ in 0 ..< 2 {
            let account = try await fixture.browser(.surgeon, secondFactor: false).account
            let hash = try #require(
                try await fixture.folder.accounts.secrets(of: account.id).passwordHash)
            #expect(hash.hasPrefix("scrypt$16$8$1$") && !hash.contains(ServerFixture.password))
            kept.insert(hash)
        }
        #expect(kept.count == 2)
    }
}
