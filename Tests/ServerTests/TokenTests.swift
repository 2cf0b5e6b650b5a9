import Foundation
import HTTPTypes
import NIOCore
import Pathway
import Server
import Storage
import Testing
import Workflows

/// Generated from the route table, like ``AccessTests``.
@Suite("Machine clients")
struct TokenTests {
    /// A token in one of its states, made by an administrator of the first organisation.
    struct Client {
        let token: String
        let record: AccessTokenRecord

        var header: HTTPFields { [.authorization: "Bearer \(token)"] }
    }

    private static func client(
        _ fixture: ServerFixture, organisation: Int = 0,
        scopes: Set<AccessScope> = Set(AccessScope.allCases)
    ) async throws -> Client {
        let administrator = try await fixture.browser(.administrator, organisation: organisation)
        let made = try await TokenWorkflow(
            folder: fixture.folder, administrator: administrator.account
        ).make(name: "Research database", scopes: scopes, days: "30")
        return Client(token: made.token, record: made.record)
    }

    private static func send(
        _ fixture: ServerFixture, _ route: Route, _ header: HTTPFields, patient: Int = 0
    ) async throws -> ServerFixture.Reply {
        try await fixture.send(
            route.method, AccessTests.path(route, patient: fixture.patients[patient]),
            headers: header, body: route.method == .get ? nil : ByteBuffer(string: "device: glass"),
            origin: nil)
    }

    private static func interface(_ fixture: ServerFixture) -> [Route] {
        fixture.server.routes.filter { $0.api?.scope != nil }
    }

    @Test("A token that lives opens the whole interface, without cookie, origin or form token")
    func active() async throws {
        let fixture = try await ServerFixture("token-active")
        let client = try await Self.client(fixture)
        #expect(Self.interface(fixture).count > 8)
        for route in Self.interface(fixture) {
            let reply = try await Self.send(fixture, route, client.header)
            #expect(
                [200, 202, 400, 404, 415].contains(reply.status), "\(route.path): \(reply.status)")
        }
        let cases = try await fixture.send(.get, "/api/v1/cases", headers: client.header)
        #expect(cases.status == 200)
        #expect(cases.text.contains("Number0") && !cases.text.contains("Number1"))
    }

    @Test(
        "A token that is unknown, expired, revoked or of a disabled account opens nothing",
        arguments: ["unknown", "expired", "revoked", "disabled", "other kind"])
    func dead(state: String) async throws {
        let fixture = try await ServerFixture("token-dead")
        let administrator = try await fixture.browser(.administrator).account
        var client = try await Self.client(fixture)
        var header = client.header
        switch state {
        case "unknown": header = [.authorization: "Bearer grevy_\(UUID().uuidString)"]
        case "expired": fixture.clock.advance(seconds: 30 * 86400 + 1)
        case "revoked":
            try await fixture.folder.accounts.revokeToken(client.record.id, by: administrator)
        case "disabled":
            try await fixture.folder.accounts.set(
                role: .machine, isDisabled: true, of: client.record.account.id, by: "test")
        default: header = [.authorization: "Basic \(client.token)"]
        }
        for route in Self.interface(fixture) {
            let reply = try await Self.send(fixture, route, header)
            #expect(reply.status == 401, "\(state) \(route.path)")
            #expect(reply.headers[.wwwAuthenticate] == "Bearer")
        }
        if state == "expired" { fixture.recordsClock.advance(seconds: 30 * 86400 + 1) }
        client = try await Self.client(fixture)
        #expect(try await fixture.send(.get, "/api/v1/cases", headers: client.header).status == 200)
    }

    @Test("A token lacks what its scopes do not name", arguments: AccessScope.allCases)
    func scopes(scope: AccessScope) async throws {
        let fixture = try await ServerFixture("token-scope")
        let client = try await Self.client(fixture, scopes: [scope])
        #expect(Self.interface(fixture).contains { $0.api?.scope == scope })
        for route in Self.interface(fixture) {
            let reply = try await Self.send(fixture, route, client.header)
            #expect((reply.status == 403) == (route.api?.scope != scope), "\(route.path)")
        }
        let audit = try await fixture.folder.audit.entries(last: 100)
        #expect(audit.contains { $0.action == "access.token refused" })
    }

    @Test("A case of another organisation looks as if it did not exist")
    func otherOrganisation() async throws {
        let fixture = try await ServerFixture("token-other")
        let client = try await Self.client(fixture)
        for route in Self.interface(fixture) where route.path.contains("{case}") {
            let foreign = try await Self.send(fixture, route, client.header, patient: 1)
            let absent = try await fixture.send(
                route.method, AccessTests.path(route, patient: 999), headers: client.header,
                body: ByteBuffer(string: "x"), origin: nil)
            #expect(foreign.status == 404 && absent.status == 404, "\(route.path)")
            #expect(foreign.text == absent.text, "\(route.path)")
        }
    }

    @Test("A token opens no page, and none that stands in an address or a cookie")
    func elsewhere() async throws {
        let fixture = try await ServerFixture("token-elsewhere")
        let client = try await Self.client(fixture)
        for route in fixture.server.routes where route.api == nil && route.requirement != .anyone {
            let reply = try await Self.send(fixture, route, client.header)
            #expect(reply.status == 401, "\(route.path)")
        }
        for name in ["token", "access_token"] {
            let path = "/api/v1/cases?\(name)=\(client.token)"
            for path in [path, "/dicomweb/studies?\(name)=\(client.token)"] {
                #expect(try await fixture.send(.get, path).status == 401)
            }
            let browser = try await fixture.browser(.surgeon)
            let reply = try await fixture.send(.get, path, browser)
            #expect(reply.status == 400 && reply.text.contains("revoke this one"))
        }
        let cookie: HTTPFields = [.cookie: "__Host-grevy=\(client.token)"]
        #expect(try await fixture.send(.get, "/api/v1/cases", headers: cookie).status == 401)
    }

    @Test("A token is shown once, kept as a hash, and revoked by its own organisation only")
    func page() async throws {
        let fixture = try await ServerFixture("token-page")
        let administrator = try await fixture.browser(.administrator)
        let form = [
            "csrf": administrator.csrf, "name": "Research database", "days": "365",
            "scope-api": "yes",
        ]
        for wrong in [["days": "366"], ["days": "0"], ["name": " "], ["scope-api": "no"]] {
            let reply = try await fixture.send(
                .post, "/administration/tokens", administrator,
                form: form.merging(wrong) { $1 })
            #expect(reply.status == 400, "\(wrong)")
        }
        let made = try await fixture.send(
            .post, "/administration/tokens", administrator, form: form)
        let token = String(try #require(made.text.firstMatch(of: /grevy_[\w-]{43}/)).0)
        let header: HTTPFields = [.authorization: "Bearer \(token)"]
        #expect(try await fixture.send(.get, "/api/v1/cases", headers: header).status == 200)
        let later = try await fixture.send(.get, "/administration/tokens", administrator)
        #expect(later.text.contains("Research database") && !later.text.contains(token))
        let database = try Data(contentsOf: fixture.folder.url.appending(path: "grevy.sqlite"))
        #expect(database.range(of: Data(token.utf8)) == nil)
        let other = try await fixture.browser(.administrator, organisation: 1)
        #expect(
            try await fixture.send(.post, "/administration/tokens/1/revoke", other).status == 404)
        #expect(try await fixture.send(.get, "/api/v1/cases", headers: header).status == 200)
        _ = try await fixture.send(.post, "/administration/tokens/1/revoke", administrator)
        #expect(try await fixture.send(.get, "/api/v1/cases", headers: header).status == 401)
        let actions = try await fixture.folder.audit.entries(last: 50).map(\.action)
        #expect(actions.contains("token.make") && actions.contains("token.revoke"))
    }

    @Test("Nobody signs in as a machine, and no account becomes one")
    func noSignIn() async throws {
        let fixture = try await ServerFixture("token-sign-in")
        let administrator = try await fixture.browser(.administrator)
        let client = try await Self.client(fixture)
        let path = "/administration/accounts/\(client.record.account.id)"
        for form in [["act": "reset"], ["role": "surgeon"]] {
            let reply = try await fixture.send(
                .post, path, administrator, form: form.merging(["csrf": administrator.csrf]) { $1 })
            #expect(reply.status == 404)
        }
        let invited = try await fixture.send(
            .post, "/administration/accounts", administrator,
            form: ["csrf": administrator.csrf, "login": "eve", "name": "E", "role": "machine"])
        #expect(invited.status == 400)
        let page = try await fixture.send(.get, "/administration/accounts", administrator)
        #expect(!page.text.contains("Research database") && !page.text.contains("machine"))
    }
}
