import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

/// Generated from the route table, as ``AccessTests``: who of another organisation gets how far.
@Suite("Access of another organisation to every route")
struct ShareAccessTests {
    /// How the other organisation stands to the case.
    enum Standing: String, CaseIterable, Sendable {
        case none, view, comment, download, plan, expired, revoked, emergency, emergencyOver
        /// The share is of another case.
        case elsewhere

        /// What a route may ask of the one who stands so.
        var rights: Set<ShareRight> {
            switch self {
            case .view, .emergency: [.view]
            case .comment: [.view, .comment]
            case .download: [.view, .download]
            case .plan: [.view, .plan]
            case .none, .expired, .revoked, .emergencyOver, .elsewhere: []
            }
        }
    }

    /// A path with its parameters filled in.
    static func path(
        _ route: Route, patient: Int64, _ id: (_ parameter: String) -> String?
    ) -> String {
        var path = route.path.replacing("{case}", with: String(patient))
        for match in route.path.matches(of: /\{([a-z]+)\}/) {
            let name = String(match.1)
            path = path.replacing("{\(name)}", with: id(name) ?? "x")
        }
        return path
    }

    private static func isAllowed(_ route: Route, _ role: Role, _ rights: Set<ShareRight>) -> Bool {
        guard case .ofCase(let right, let shared?) = route.requirement else { return false }
        return role.rights.contains(right) && rights.contains(shared)
    }

    /// Whether the gate has let a call through to a case: then the audit trail says so.
    private static func wasOpened(
        _ route: Route, by browser: ServerFixture.Browser, _ fixture: ServerFixture,
        after head: Int
    ) async throws -> Bool {
        try await fixture.folder.audit.entries(last: 12).contains {
            $0.sequence > head && $0.actor == browser.account.actor
                && $0.action == "access.\(route.method) \(route.path)"
        }
    }

    private static func stand(_ standing: Standing, _ story: ShareStory) async throws {
        let (folder, fixture) = (story.fixture.folder, story.fixture)
        switch standing {
        case .none: return
        case .view: try await story.share(story.ours)
        case .comment: try await story.share(story.ours, rights: [.comment])
        case .download: try await story.share(story.ours, rights: [.download])
        case .plan: try await story.share(story.ours, rights: [.plan])
        case .expired:
            try await story.share(story.ours, rights: [.comment, .download, .plan], days: 1)
            fixture.recordsClock.advance(seconds: 86_401)
        case .revoked:
            let share = try await story.share(story.ours, rights: [.comment, .download, .plan])
            try await folder.shares.revoke(
                share.id, of: story.patient, reason: "test", by: story.owner.account)
        case .emergency, .emergencyOver:
            let administrator = try await fixture.browser(.administrator)
            try await folder.shares.setAllowsEmergencies(true, by: administrator.account)
            let opened = try await folder.shares.openInEmergency(
                patientID: "P0", birthDate: "19600101", reason: "test",
                by: story.recipient.account)
            #expect(opened == [story.patient])
            if standing == .emergencyOver { fixture.recordsClock.advance(seconds: 3601) }
        case .elsewhere:
            // The other way round: what the second organisation gives opens nothing of the first's.
            let series = try await folder.records.series(patient: fixture.patients[1])
            _ = try await folder.shares.create(
                ShareDraft(
                    patient: fixture.patients[1], recipient: fixture.organisations[0].id,
                    terms: try ShareTerms(purpose: "test"), series: Set(series.map(\.id)),
                    records: []), by: story.recipient.account)
        }
    }

    @Test(
        "A route opens a case exactly where it says what a share must give, and the share gives it",
        arguments: Standing.allCases)
    func standing(_ standing: Standing) async throws {
        let story = try await ShareStory("share-access-\(standing.rawValue)")
        let fixture = story.fixture
        try await Self.stand(standing, story)
        // Sessions from before the clock went on are over.
        var browser = story.recipient
        if standing == .expired || standing == .emergencyOver {
            fixture.clock.advance(seconds: 30)
            browser = try await fixture.signIn(story.recipient.account)
        }
        for route in fixture.server.routes where route.path.contains("{case}") {
            func id(_ name: String) -> String? { story.ours.id(for: name, in: route.path) }
            let head = try await fixture.folder.audit.head().sequence
            let reply = try await fixture.send(
                route.method, Self.path(route, patient: story.patient, id), browser)
            let isOpened = try await Self.wasOpened(route, by: browser, fixture, after: head)
            let isAllowed = Self.isAllowed(route, browser.account.role, standing.rights)
            #expect(isOpened == isAllowed, "\(standing) \(route.method) \(route.path)")
            #expect(reply.status < 500 || isAllowed, "\(route.path): \(reply.status)")
            guard !isAllowed else { continue }
            let absent = try await fixture.send(
                route.method, Self.path(route, patient: 999, id), browser)
            #expect(
                reply.status == absent.status && reply.text == absent.text,
                "\(standing) \(route.method) \(route.path)")
            #expect([403, 404].contains(reply.status), "\(route.path): \(reply.status)")
            #expect(reply.headers[.eTag] == nil)
        }
    }

    @Test("A share gives no role more than its own organisation gives it", arguments: Role.people)
    func roles(_ role: Role) async throws {
        let story = try await ShareStory("share-role-\(role.rawValue)", role: role)
        let (fixture, browser) = (story.fixture, story.recipient)
        try await story.share(story.ours, rights: [.comment, .download, .plan])
        for route in fixture.server.routes where route.path.contains("{case}") {
            let head = try await fixture.folder.audit.head().sequence
            let path = Self.path(route, patient: story.patient) {
                story.ours.id(for: $0, in: route.path)
            }
            _ = try await fixture.send(route.method, path, browser)
            let isOpened = try await Self.wasOpened(route, by: browser, fixture, after: head)
            #expect(
                isOpened == Self.isAllowed(route, role, Set(ShareRight.allCases)),
                "\(role) \(route.method) \(route.path)")
        }
    }

    @Test("Looking and downloading change nothing")
    func readOnly() async throws {
        let fixture = try await ServerFixture("share-read-only")
        for route in fixture.server.routes {
            guard case .ofCase(_, let shared?) = route.requirement else { continue }
            // Right for who may only read: with the right to download they may have every byte that they
            // see, and an export is those bytes at once. The job is their own, sees what the share shows
            // (CaseExportTests.shared), is refused once that ends, and writes the audit entry alone.
            let isExport = route.path == "/cases/{case}/exports" && shared == .download
            #expect(
                shared == .comment || shared == .plan || route.method == .get || isExport,
                "\(route.method) \(route.path)")
        }
    }

    @Test("A share without the right to plan, or with it for a token, opens no route that plans")
    func planning() async throws {
        let fixture = try await ServerFixture("share-planning")
        let planning = fixture.server.routes.filter { $0.requirement.sharedRight == .plan }
        #expect(planning.count >= 22, "\(planning.count)")
        // What prescribes, records, brings in, shares or moves a case otherwise is the owner's alone.
        for word in ["prescribe", "treatment", "delivered", "uploads", "shares", "acceptance"]
            + ["withdrawal", "next-course", "confirm-identity", "nodes", "regions"]
        {
            #expect(!planning.contains { $0.path.contains(word) && !$0.path.contains("vois/") })
        }
        // Programs call routes of the JSON interface alone.
        #expect(planning.allSatisfy { $0.api == nil })
    }

    @Test("An id that is not shared answers as one that does not exist")
    func items() async throws {
        let story = try await ShareStory("share-items")
        let fixture = story.fixture
        try await story.share(story.ours, rights: [.comment, .download, .plan])
        let shared = fixture.server.routes.filter {
            if case .ofCase(_, _?) = $0.requirement { true } else { false }
        }
        // What paths do not show: two that name things in their query.
        let queries = [
            "/images": "?left=", "/images/scenes": "?left=", "/compare": "?a=\(story.ours.plan)&b=",
        ]
        var tried = 0
        for route in shared {
            let query = queries.first { route.path.hasSuffix("{case}\($0.key)") }?.value
            guard route.path.matches(of: /\{[a-z]+\}/).count > 1 || query != nil else { continue }
            func reply(_ line: ShareStory.Line) async throws -> ServerFixture.Reply {
                let path = Self.path(route, patient: story.patient) {
                    line.id(for: $0, in: route.path)
                }
                let named = query.map { "\($0)\($0.hasPrefix("?a") ? line.plan : line.series)" }
                return try await fixture.send(
                    route.method, path + (named ?? ""), story.recipient)
            }
            let foreign = try await reply(story.foreign)
            let absent = try await reply(ShareStory.Line.absent)
            #expect(
                foreign.status == absent.status && foreign.text == absent.text,
                "\(route.method) \(route.path): \(foreign.status), \(absent.status)")
            #expect([400, 404].contains(foreign.status), "\(route.path): \(foreign.status)")
            tried += 1
        }
        #expect(tried >= 12, "\(tried)")
    }

    @Test("Lists, search and counts show no case that is not shared, and of a shared one no more")
    func lists() async throws {
        let story = try await ShareStory("share-lists")
        func texts() async throws -> [String] {
            var texts: [String] = []
            for path in ["/", "/?search=Number0", "/?search=P0", "/jobs", "/referrals"] {
                texts.append(try await story.get(path).text)
            }
            return texts
        }
        for text in try await texts() { #expect(!text.contains("Phantom, Number0")) }
        let share = try await story.share(story.ours)
        #expect(try await story.get("/").text.contains("Phantom, Number0"))
        for text in try await texts() {
            for hidden in [story.foreign.plan, story.foreign.series, story.foreign.report] {
                #expect(!text.contains(hidden))
            }
        }
        try await story.fixture.folder.shares.revoke(
            share.id, of: story.patient, reason: "test", by: story.owner.account)
        for text in try await texts() { #expect(!text.contains("Phantom, Number0")) }
    }

    @Test("A disabled person of the other organisation is nobody, whatever is shared")
    func disabled() async throws {
        let story = try await ShareStory("share-disabled")
        try await story.share(story.ours, rights: [.comment, .download, .plan])
        try await story.fixture.folder.accounts.set(
            role: story.recipient.account.role, isDisabled: true, of: story.recipient.account.id,
            by: "test")
        for route in story.fixture.server.routes where route.path.contains("{case}") {
            let path = Self.path(route, patient: story.patient) {
                story.ours.id(for: $0, in: route.path)
            }
            let reply = try await story.fixture.send(route.method, path, story.recipient)
            #expect(reply.status == 401, "\(route.path)")
        }
    }
}
