import DICOM
import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

/// Generated from the route table, as ``AccessTests``: a new route of DICOMweb is tried by every
/// program without being named here.
@Suite("Access of programs to every route of DICOMweb")
struct ImageAccessTests {
    /// Who asks with a token, and how their organisation stands to the case.
    enum Caller: CaseIterable, Sendable {
        case owner, other, viewing, partial, expired, revoked, asked, accepted, declined
        case noScope, endedToken, disabled, nobody

        /// What every answer that is none must be; `nil` for who gets through.
        var refusal: Int? {
            switch self {
            case .noScope: 403
            case .endedToken, .disabled, .nobody: 401
            default: nil
            }
        }

        var series: Set<String> {
            switch self {
            case .owner: ["1.9.1.1", "1.9.1.2"]
            case .partial, .accepted: ["1.9.1.1"]
            default: []
            }
        }
    }

    private struct Story {
        let fixture: ServerFixture
        let owner: ImageClient
        let person: AccountRecord
        let recipient: AccountRecord

        init(_ label: String, change: (inout ServerSettings) -> Void = { _ in }) async throws {
            fixture = try await ServerFixture(label, source: InProcessSource(), change: change)
            owner = try await ImageClient(fixture)
            person = try await fixture.browser(.physicist).account
            recipient = try await fixture.browser(.radiologist, organisation: 1).account
            let files = try ["1.9.1.1", "1.9.1.2"].flatMap { series in
                try (1 ... 2).map { try ImageClient.image(series: series, number: $0) }
            }
            let stored = try await owner.store(ImageClient.body(files))
            try #require(stored.status == 200, "\(stored.text)")
        }

        /// Shares the first series with the second organisation.
        @discardableResult
        func share(
            rights: Set<ShareRight> = [.download], days: Int = 14, question: String = ""
        ) async throws -> ShareRecord {
            let chosen = try await fixture.folder.records.series(uid: "1.9.1.1").id
            return try await fixture.folder.shares.create(
                ShareDraft(
                    patient: fixture.patients[0], recipient: fixture.organisations[1].id,
                    terms: try ShareTerms(
                        purpose: "test", rights: rights, days: days, question: question),
                    series: [chosen], records: []), by: person)
        }

        func end(_ share: ShareRecord) async throws {
            try await fixture.folder.shares.revoke(
                share.id, of: fixture.patients[0], reason: "test", by: person)
        }

        func answer(_ share: ShareRecord, _ state: Referral.State) async throws {
            try await fixture.folder.shares.move(
                referral: share.id, to: state, text: "x", by: recipient)
        }

        func endTokens() async throws {
            let administrator = try await fixture.browser(.administrator, organisation: 1)
            let tokens = TokenWorkflow(
                folder: fixture.folder, administrator: administrator.account)
            for token in try await tokens.list() { try await tokens.revoke(token.id) }
        }
    }

    private static func client(_ caller: Caller, _ story: Story) async throws -> ImageClient {
        let folder = story.fixture.folder
        switch caller {
        case .owner: return story.owner
        case .noScope:
            try await story.share()
            return try await ImageClient(story.fixture, organisation: 1, scopes: [.stow])
        case .nobody:
            try await story.share()
            return ImageClient(story.fixture, header: [:])
        case .endedToken, .disabled:
            try await story.share()
            let client = try await ImageClient(story.fixture, organisation: 1)
            if caller == .endedToken {
                try await story.endTokens()
                return client
            }
            let machines = try await folder.accounts.accounts(
                organisation: story.fixture.organisations[1].id
            ).filter { $0.role == .machine }
            #expect(!machines.isEmpty)
            for machine in machines {
                try await folder.accounts.set(
                    role: .machine, isDisabled: true, of: machine.id, by: "test")
            }
            return client
        case .other: break
        case .viewing: try await story.share(rights: [.comment])
        case .partial: try await story.share()
        case .expired:
            try await story.share(days: 1)
            story.fixture.recordsClock.advance(seconds: 86_401)
        case .revoked: try await story.end(story.share())
        case .asked: try await story.share(question: "SIRT?")
        case .accepted: try await story.answer(story.share(question: "SIRT?"), .accepted)
        case .declined: try await story.answer(story.share(question: "SIRT?"), .declined)
        }
        return try await ImageClient(story.fixture, organisation: 1)
    }

    private static let everything = """
        application/dicom+json, multipart/related; type="application/dicom", \
        multipart/related; type="application/octet-stream", image/png
        """

    private static func path(_ route: Route, study: String, series: String) -> String {
        let ids = [
            "study": study, "series": series, "instance": "\(series).1", "frame": "1",
            "place": "7FE00010",
        ]
        return ids.reduce(String(route.path.dropFirst("/dicomweb".count))) {
            $0.replacing("{\($1.key)}", with: $1.value)
        }
    }

    @Test(
        "A program gets exactly what its organisation owns or accepted shares let it take out",
        arguments: Caller.allCases)
    func routes(_ caller: Caller) async throws {
        let story = try await Story("image-access")
        let client = try await Self.client(caller, story)
        let routes = story.fixture.server.routes.filter {
            $0.path.hasPrefix("/dicomweb") && $0.method == .get
        }
        #expect(routes.count >= 15)
        for route in routes {
            for series in ["1.9.1.1", "1.9.1.2"] {
                let path = Self.path(route, study: "1.9.1", series: series)
                let reply = try await client.get(path, accept: Self.everything)
                if let refusal = caller.refusal {
                    #expect(reply.status == refusal, "\(caller) \(path)")
                    continue
                }
                // What names no series is there when any is seen.
                let isSeen =
                    route.path.contains("{series}")
                    ? caller.series.contains(series) : !caller.series.isEmpty
                if !route.path.contains("{study}") {
                    let own = caller == .owner ? "" : "PatientID=P0"
                    let text = try await client.get("\(path)?\(own)").text
                    #expect(text.contains("1.9.1") == isSeen, "\(caller) \(path)")
                } else {
                    #expect(reply.status == (isSeen ? 200 : 404), "\(caller) \(path)")
                }
                // Nothing that is not seen is named or handed out beside what is.
                for hidden in ["1.9.1.1", "1.9.1.2"] where !caller.series.contains(hidden) {
                    #expect(!reply.text.contains("\(hidden)."), "\(caller) \(path)")
                }
                guard !isSeen, route.path.contains("{study}") else { continue }
                let absent = try await client.get(
                    Self.path(route, study: "9.9.9", series: series), accept: Self.everything)
                #expect(
                    absent.status == reply.status && absent.text == reply.text,
                    "\(caller) \(path)")
            }
        }
        try await Self.checkTrail(caller, story)
    }

    private static func checkTrail(_ caller: Caller, _ story: Story) async throws {
        let trail = try await story.fixture.folder.audit.entries(last: 400)
        let read = trail.filter {
            $0.action.hasPrefix("access.GET /dicomweb/studies/{study}")
        }.map(\.subject)
        let patient = "patient-\(story.fixture.patients[0])"
        #expect(read.contains(patient) == (caller == .owner))
        let id = try await story.fixture.folder.records.series(uid: "1.9.1.1").id
        #expect(read.contains("share-1 series-\(id)") == [.partial, .accepted].contains(caller))
        #expect(read.contains("share-1") == [.partial, .accepted].contains(caller))
        if [.noScope, .endedToken, .disabled].contains(caller) {
            #expect(trail.contains { $0.action == "access.token refused" })
        } else if caller != .nobody {
            // Who asks for what is not theirs is in the trail too.
            #expect(trail.contains { $0.action == "access.GET /dicomweb/studies" })
        }
    }

    @Test("Nobody stores into somebody else's case by a share")
    func store() async throws {
        let story = try await Story("image-access-store")
        try await story.share(rights: [.comment, .download])
        let client = try await ImageClient(story.fixture, organisation: 1)
        let reply = try await client.store(
            ImageClient.body([ImageClient.image(series: "1.9.1.1", number: 9)]))
        let all = try await story.owner.list("/studies/1.9.1/series/1.9.1.1/instances")
        #expect(all.count == 2, "\(reply.status)")
        #expect(try await client.list("/studies/1.9.1/instances").count == 2)
    }

    @Test("A study that is on its way ends with the share or the token", arguments: [0.0, 60.0])
    func ended(lookSeconds: Double) async throws {
        for ending in ["share", "token"] {
            // What has not begun is not sent, however seldom a running answer is looked at.
            if ending == "token", lookSeconds > 0 { continue }
            let story = try await Story("image-access-ended") { $0.lookSeconds = lookSeconds }
            let share = try await story.share()
            let client = try await ImageClient(story.fixture, organisation: 1)
            let path = "/dicomweb/studies/1.9.1"
            var header = client.header
            header[.accept] = "multipart/related; type=\"application/dicom\""
            let whole = try await story.fixture.send(.get, path, headers: header)
            #expect(try ImageClient.parts(whole).count == 2)
            let collector = Collector {
                if ending == "share" {
                    try await story.end(share)
                } else {
                    try await story.endTokens()
                }
            }
            await #expect(throws: (any Error).self) {
                try await story.fixture.send(.get, path, headers: header, into: collector)
            }
            #expect(collector.bytes.count < whole.bytes.count)
        }
    }
}
