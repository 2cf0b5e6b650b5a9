import Foundation
import HTTPTypes
import NIOCore
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("Hardening")
struct HardeningTests {
    @Test("Every answer carries the headers that keep browsers strict")
    func headers() async throws {
        let fixture = try await ServerFixture("hard-headers")
        let browser = try await fixture.browser(.physicist)
        for path in ["/", "/sign-in", "/nowhere", "/healthz", "/cases/\(fixture.patients[0])"] {
            let reply = try await fixture.send(.get, path, browser)
            for name in [
                "X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy",
                "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
            ] {
                let field = try #require(HTTPField.Name(name))
                #expect(reply.headers[field] != nil, "\(path) \(name)")
            }
            let policy = try #require(HTTPField.Name("Content-Security-Policy"))
            #expect(reply.headers[policy]?.contains("unsafe") == false)
        }
    }

    @Test("A name that is markup is shown, not run")
    func markup() async throws {
        let fixture = try await ServerFixture("hard-markup")
        let administrator = try await fixture.browser(.administrator)
        let payload = "<img src=x onerror=alert(1)>"
        let reply = try await fixture.send(
            .post, "/administration/accounts", administrator,
            form: [
                "csrf": administrator.csrf, "login": "mallory", "name": payload,
                "role": "physicist",
            ])
        #expect(reply.status == 200)
        #expect(!reply.text.contains(payload) && reply.text.contains("&lt;img src=x"))
    }

    @Test("No template puts anything in without escaping")
    func templates() throws {
        for (name, text) in try ReferenceTemplates.all() {
            #expect(!text.contains("{{{") && !text.contains("{{&"), "\(name)")
            #expect(text.firstMatch(of: /\s(style|on[a-z]+)=/) == nil, "\(name)")
        }
    }

    @Test("Calls by another host name are refused")
    func host() async throws {
        let fixture = try await ServerFixture("hard-host")
        #expect(fixture.server.settings.accepts(authority: "localhost:8080"))
        #expect(!fixture.server.settings.accepts(authority: "evil.example"))
        #expect(!fixture.server.settings.accepts(authority: nil))
        for name in ["localhost", "127.0.0.1:80", "[::1]", "[::1]:8080", "LOCALHOST:1"] {
            #expect(fixture.server.settings.accepts(authority: name), "\(name)")
        }
        for name in [
            "", ":80", "localhost:80@evil", "localhost:80@evil.example", "localhost:80:80",
            "user@localhost", "[::1]evil", "[::1", "localhost/evil", "localhost:x",
        ] {
            #expect(!fixture.server.settings.accepts(authority: name), "\(name)")
        }
    }

    @Test("Over TLS only pages that came by TLS send forms, and browsers are told to keep to it")
    func strict() async throws {
        let strict = try #require(HTTPField.Name("Strict-Transport-Security"))
        for (tls, right, wrong) in [(false, "http", "https"), (true, "https", "http")] {
            let fixture = try await ServerFixture("hard-tls-\(tls)", tls: tls)
            let browser = try await fixture.browser(.surgeon)
            func status(_ scheme: String) async throws -> Int {
                try await fixture.send(
                    .post, "/account/session", browser,
                    origin: "\(scheme)://\(ServerFixture.host)"
                ).status
            }
            #expect(try await status(wrong) == 400)
            #expect(try await status(right) == 200)
            let field = try await fixture.send(.get, "/sign-in").headers[strict]
            #expect(field == (tls ? "max-age=31536000" : nil))
        }
    }

    @Test("A data folder that others may look into is not served")
    func openFolder() async throws {
        let fixture = try await ServerFixture("hard-folder")
        let data = fixture.home.appending(path: "open")
        try FileManager.default.createDirectory(
            at: data, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o750])
        // Without templates nothing is served in any case.
        let serving = Serving(
            dataPath: data.path, settings: ServerSettings(web: fixture.home.appending(path: "no")),
            signingKey: fixture.home.appending(path: "key/key.pem").path)
        let sentence =
            "Others on this machine may look into the data folder; take their rights away first: "
            + "chmod -R go= '\(data.path)'"
        await #expect(throws: WorkflowError.refused(sentence: sentence)) {
            try await serving.run { _ in }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: data.path).isEmpty)
    }

    @Test("Metrics and health name no patient and no path that was asked for")
    func metrics() async throws {
        let fixture = try await ServerFixture("hard-metrics")
        let browser = try await fixture.browser(.physicist)
        _ = try await fixture.send(.get, "/?search=Phantom", browser)
        _ = try await fixture.send(.get, "/cases/\(fixture.patients[0])", browser)
        let text = try await fixture.send(.get, "/metrics").text
        #expect(text.contains("route=\"/cases/{case}\""))
        #expect(!text.contains("Phantom") && !text.contains("/cases/1"))
    }

    @Test("Reading a case is in the audit trail, once for five minutes")
    func audit() async throws {
        let fixture = try await ServerFixture("hard-audit")
        let browser = try await fixture.browser(.physicist)
        for _ in 0 ..< 3 {
            _ = try await fixture.send(.get, "/cases/\(fixture.patients[0])", browser)
        }
        let entries = try await fixture.folder.audit.entries(last: 50).filter {
            $0.action.hasPrefix("access.") && $0.subject == "patient-\(fixture.patients[0])"
        }
        #expect(entries.count == 1 && entries[0].actor == "account-\(browser.account.id)")
    }

    @Test("Reading the worklist is in the audit trail, once for five minutes")
    func worklist() async throws {
        let fixture = try await ServerFixture("hard-worklist")
        let browser = try await fixture.browser(.physicist)
        func entries() async throws -> [AuditEntry] {
            try await fixture.folder.audit.entries(last: 50).filter { $0.action == "access.GET /" }
        }
        for path in ["/", "/?search=Phantom", "/"] {
            #expect(try await fixture.send(.get, path, browser).status == 200)
        }
        let first = try await entries()
        #expect(first.map(\.subject) == ["organisation-\(fixture.organisations[0].id)"])
        #expect(first.map(\.actor) == ["account-\(browser.account.id)"])
        fixture.recordsClock.advance(seconds: 301)
        _ = try await fixture.send(.get, "/", browser)
        #expect(try await entries().map(\.detailJSON).last?.contains("3") == true)
        // What shows no patient is no access to them.
        let without = try await fixture.browser(.physicist, secondFactor: false)
        let administrator = try await fixture.browser(.administrator)
        for other in [without, administrator] { _ = try await fixture.send(.get, "/", other) }
        #expect(try await entries().count == 2)
    }

    @Test("A search is read as browsers write it")
    func search() async throws {
        let fixture = try await ServerFixture("hard-search")
        let browser = try await fixture.browser(.physicist)
        for (search, isFound) in [
            ("phantom+number0", true), ("phantom%20NUMBER0", true), ("x", false),
        ] {
            let reply = try await fixture.send(.get, "/?search=\(search)", browser)
            #expect(reply.status == 200 && reply.text.contains("/cases/") == isFound, "\(search)")
        }
        #expect(try await fixture.send(.get, "/?search=%zz", browser).status == 400)
    }

    @Test("A form that is too long is refused before it is all there")
    func tooLong() async throws {
        let fixture = try await ServerFixture("hard-long")
        let reply = try await fixture.send(
            .post, "/sign-in", form: ["login": String(repeating: "a", count: 300_000)])
        #expect(reply.status == 413)
    }

    @Test("A form that claims 4 GB is refused before anything of it is waited for")
    func claimed() async throws {
        let fixture = try await ServerFixture("hard-claimed")
        for claim in ["4294967296", "-1", "9223372036854775808"] {
            let reply = try await fixture.send(
                .post, "/sign-in",
                headers: [
                    .contentType: "application/x-www-form-urlencoded", .contentLength: claim,
                ], body: ByteBuffer(string: "login=a&password=b"))
            #expect(reply.status == 413, "\(claim): \(reply.status)")
        }
    }
}
