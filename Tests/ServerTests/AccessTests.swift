import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

/// Generated from the route table: a new route is tried by everybody without being named here.
@Suite("Access to every route")
struct AccessTests {
    /// A path with its parameters filled in for a case.
    static func path(_ route: Route, patient: Int64) -> String {
        route.path.replacing("{case}", with: String(patient))
            .replacing(/\{[a-z]+\}/, with: "x")
    }

    /// A role that passes the gate.
    private static func role(for route: Route) -> Role? {
        switch route.requirement {
        case .anyone, .signedIn, .keeper: .administrator
        case .right(let right), .ofCase(let right, _):
            Role.people.first { $0.rights.contains(right) }
        }
    }

    /// Whether an answer means that the gate let the call through to the route's own code.
    private static func isThrough(_ status: Int) -> Bool { status != 401 && status != 403 }

    @Test("Without a session only open routes answer")
    func nobody() async throws {
        let fixture = try await ServerFixture("access-nobody")
        for route in fixture.server.routes {
            let reply = try await fixture.send(
                route.method, Self.path(route, patient: fixture.patients[0]), form: [:])
            // Where no session is locked, there is nothing to open.
            let isUnlocking = route.method == .post && route.path == "/unlock"
            if route.requirement == .anyone, !isUnlocking {
                #expect(Self.isThrough(reply.status), "\(route.method) \(route.path)")
            } else {
                #expect(reply.status == 401, "\(route.method) \(route.path)")
            }
        }
    }

    @Test("A role passes exactly where the table gives it the right", arguments: Role.people)
    func role(_ role: Role) async throws {
        let fixture = try await ServerFixture("access-\(role.rawValue)")
        for route in fixture.server.routes where route.path != "/sign-out" {
            let browser = try await fixture.browser(role)
            let reply = try await fixture.send(
                route.method, Self.path(route, patient: fixture.patients[0]), browser)
            let isAllowed =
                switch route.requirement {
                case .anyone, .signedIn: true
                case .keeper: role == .administrator
                case .right(let right), .ofCase(let right, _): role.rights.contains(right)
                }
            #expect(
                Self.isThrough(reply.status) == isAllowed,
                "\(role) \(route.method) \(route.path): \(reply.status)")
            #expect(reply.status < 500, "\(role) \(route.method) \(route.path)")
        }
    }

    @Test("A case of another organisation looks as if it did not exist")
    func otherOrganisation() async throws {
        let fixture = try await ServerFixture("access-other")
        let browser = try await fixture.browser(.nuclearMedicinePhysician)
        for route in fixture.server.routes where route.path.contains("{case}") {
            let foreign = try await fixture.send(
                route.method, Self.path(route, patient: fixture.patients[1]), browser)
            let absent = try await fixture.send(
                route.method, Self.path(route, patient: 999), browser)
            #expect(foreign.status == 404 && absent.status == 404, "\(route.path)")
            #expect(foreign.text == absent.text, "\(route.path)")
        }
        let worklist = try await fixture.send(.get, "/", browser)
        #expect(worklist.text.contains("Number0") && !worklist.text.contains("Number1"))
    }

    @Test("Signing roles without a second factor get no further than to set it up")
    func secondFactor() async throws {
        let fixture = try await ServerFixture("access-factor")
        let browser = try await fixture.browser(.physicist, secondFactor: false)
        for route in fixture.server.routes {
            switch route.requirement {
            case .right(let right) where Role.physicist.rights.contains(right),
                .ofCase(let right, _) where Role.physicist.rights.contains(right):
                let reply = try await fixture.send(
                    route.method, Self.path(route, patient: fixture.patients[0]), browser)
                #expect(reply.status == 403, "\(route.path)")
            default: break
            }
        }
        #expect(try await fixture.send(.get, "/", browser).status == 403)
        #expect(try await fixture.send(.get, "/account/second-factor", browser).status == 200)
    }

    @Test("A disabled account and an ended session are nobody")
    func ended() async throws {
        let fixture = try await ServerFixture("access-ended")
        let disabled = try await fixture.browser(.physicist)
        try await fixture.folder.accounts.set(
            role: .physicist, isDisabled: true, of: disabled.account.id, by: "test")
        let signedOut = try await fixture.browser(.physicist)
        try await fixture.accounts.signOut(token: signedOut.token)
        for browser in [disabled, signedOut] {
            for route in fixture.server.routes where route.requirement != .anyone {
                let reply = try await fixture.send(
                    route.method, Self.path(route, patient: fixture.patients[0]), browser)
                #expect(reply.status == 401, "\(route.path)")
            }
        }
    }

    @Test("What changes something needs the page's token and our origin")
    func forgery() async throws {
        let fixture = try await ServerFixture("access-forgery")
        for route in fixture.server.routes where route.method != .get {
            let browser = try await fixture.browser(try #require(Self.role(for: route)))
            let path = Self.path(route, patient: fixture.patients[0])
            for origin in [nil, "null", "http://evil.example"] {
                let reply = try await fixture.send(route.method, path, browser, origin: origin)
                #expect(reply.status == 400, "\(route.path)")
            }
            let reply = try await fixture.send(
                route.method, path, browser, form: ["csrf": "guess"])
            #expect(reply.status == 400, "\(route.path)")
        }
    }
}
