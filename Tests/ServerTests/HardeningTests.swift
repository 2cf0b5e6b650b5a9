import HTTPTypes
import Pathway
import Server
import Storage
import Testing

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
}
