import Foundation
import GRDB
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows
import _TestSupport

/// Planning in another organisation's case, over the wire.
@Suite("Planning by a share", .serialized)
struct SharePlanTests {
    /// A case of the first organisation with a series, a volume of interest and a plan, shared with
    /// the right to plan; the second organisation's people.
    private struct Bench {
        let story: SigningStory
        let planner: ServerFixture.Browser
        let ours: DerivedRecord
        let share: ShareRecord

        var fixture: ServerFixture { story.fixture }
        var folder: DataFolder { fixture.folder }
        var patient: Int64 { story.patient }
        var base: String { "/cases/\(patient)" }

        init(_ label: String, signed: Bool) async throws {
            story = try await SigningStory(label)
            let (fixture, patient) = (story.fixture, story.patient)
            planner = try await fixture.browser(.physicist, organisation: 1)
            ours = try await story.plan()
            if signed { try await story.signAll(ours) } else { try await story.confirm() }
            let digest = try await fixture.folder.records.instances(
                seriesUID: Self.uid
            ).seriesDigest
            let body = try await fixture.folder.records.keep(
                VOIVersionDraft(
                    target: .new(
                        patient: patient, name: "Body", role: "body", seriesUID: Self.uid,
                        gridJSON: """
                            {"shape": [40, 40, 20], "spacingMM": [2, 2, 4],
                             "originMM": [-39, -39, -38],
                             "axesRows": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}
                            """), base: nil, making: "import",
                    draft: DerivedDraft(
                        caseID: story.caseID, kind: "voi", name: "Body",
                        content: try await fixture.folder.objects.put(Array("mask".utf8)),
                        mediaType: "application/x-nifti-gzip",
                        inputs: [DerivedInput("grid", .series(uid: Self.uid, digest: digest))],
                        parametersJSON: #"{"making": "import", "volumeML": 0}"#,
                        softwareVersion: "0")), by: story.maker.account.actor)
            share = try await fixture.folder.shares.create(
                ShareDraft(
                    patient: patient, recipient: fixture.organisations[1].id,
                    terms: try ShareTerms(purpose: "plan", rights: [.plan]), series: [],
                    records: [ours.id, body.record.id]), by: story.maker.account)
        }

        private static let uid = "1.2.0.1"

        func post(
            _ path: String, _ fields: [String: String], by browser: ServerFixture.Browser? = nil
        ) async throws -> ServerFixture.Reply {
            let browser = browser ?? planner
            return try await fixture.send(
                .post, base + path, browser, form: fields.merging(["csrf": browser.csrf]) { $1 })
        }

        func sphere(_ name: String) async throws -> ServerFixture.Reply {
            try await post(
                "/vois",
                [
                    "operation": "sphere", "name": name, "role": "tumour", "base": "", "x": "1",
                    "y": "-2", "z": "3", "diameterMM": "24",
                ])
        }

        func list(_ browser: ServerFixture.Browser) async throws -> [VOIShown] {
            let reply = try await fixture.send(.get, "\(base)/vois/list", browser)
            return try JSONDecoder().decode([VOIShown].self, from: Data(reply.bytes))
        }

        /// A plan of the second organisation, as its job keeps it.
        func theirs(
            _ name: String = "theirs", activityGBq: Double = 3
        ) async throws
            -> DerivedRecord
        {
            let digest = try await folder.records.instances(seriesUID: Self.uid).seriesDigest
            return try await folder.records.save(
                DerivedDraft(
                    caseID: story.caseID, kind: "plan", name: name,
                    content: try await folder.objects.put(
                        PlanJSON.bytes(activityGBq: activityGBq)),
                    mediaType: "application/json",
                    inputs: [DerivedInput("planning", .series(uid: Self.uid, digest: digest))],
                    softwareVersion: "0.1"), by: planner.account.actor)
        }

        func end() async throws {
            let path = "/shares/\(share.id)/end"
            let reply = try await post(path, ["reason": "test"], by: story.maker)
            #expect(reply.status == 303, "\(reply.text)")
        }
    }

    @Test("They make volumes of names of their own, and what is signed stays signed and current")
    func volumes() async throws {
        let bench = try await Bench("share-plan-vois", signed: true)
        #expect(
            try await bench.fixture.send(.get, "\(bench.base)/vois", bench.planner).status == 200)
        #expect(try await bench.sphere("Theirs").status == 201)
        let refused = try await bench.sphere("Body")
        #expect(refused.status == 400 && refused.text.contains("another name"))
        let body = try #require(try await bench.list(bench.planner).first { $0.name == "Body" })
        let theirs = try #require(try await bench.list(bench.planner).first { $0.name == "Theirs" })
        for (path, fields) in [
            ("rename", ["to": "Mine"]), ("withdraw", ["reason": "test"]), ("accept", [:]),
        ] {
            func change(_ voi: VOIShown) async throws -> ServerFixture.Reply {
                try await bench.post(
                    "/vois/\(path)",
                    fields.merging(["name": voi.name, "version": voi.current.id]) { $1 })
            }
            #expect(try await change(body).status == 400, "\(path)")
        }
        let accepted = try await bench.post(
            "/vois/accept", ["name": "Theirs", "version": theirs.current.id])
        #expect(accepted.status == 200, "\(accepted.text)")
        let margin = try await bench.post(
            "/vois",
            ["operation": "margin", "of": "Theirs", "name": "Wider", "role": "tumour"]
                .merging(["marginMM": "4", "base": ""]) { $1 })
        #expect(margin.status == 201, "\(margin.text)")
        _ = try await bench.theirs()

        #expect(try await bench.story.counting(bench.ours).count == 3)
        let ours = try await bench.folder.records.derived(id: bench.ours.id)
        #expect(ours.state == .current)
        #expect(try await bench.story.state() == .prescribed)
        // The owner sees them with who made them, also when the share is over.
        try await bench.end()
        #expect(
            try await bench.fixture.send(.get, "\(bench.base)/vois/list", bench.planner).status
                == 404)
        let seen = try await bench.list(bench.story.maker)
        #expect(seen.map(\.name) == ["Body", "Theirs", "Wider"])
        let name = bench.planner.account.nameWithOrganisation
        #expect(seen[1].current.author == name && seen[1].current.acceptedBy == name)
        #expect(seen[0].current.author == bench.story.maker.account.fullName)
    }

    @Test("They sign their own plan as made and checked; the owner prescribes it, and it stays")
    func signatures() async throws {
        let bench = try await Bench("share-plan-sign", signed: false)
        let (story, fixture) = (bench.story, bench.fixture)
        let checker = try await fixture.browser(.nuclearMedicinePhysician, organisation: 1)
        let plan = try await bench.theirs()
        // The owner's plan is to look at.
        let page = try await fixture.send(
            .get, "\(story.path(bench.ours))/signatures", bench.planner)
        #expect(page.status == 200 && page.text.contains("Another organisation made this plan"))
        #expect(try await story.sign(bench.ours, .made, bench.planner).status == 400)
        #expect(try await story.sign(plan, .made, bench.planner).status == 303)
        #expect(try await story.sign(plan, .checked, checker).status == 303)
        #expect(try await story.state() == .checked)
        #expect(try await story.sign(plan, .prescribed, checker).status == 404)
        #expect(try await story.sign(plan, .prescribed, story.practitioner).status == 303)
        let seen = try await fixture.send(.get, "\(story.path(plan))/signatures", story.maker)
        for person in [bench.planner, checker] {
            #expect(seen.text.contains(person.account.nameWithOrganisation))
        }
        // Now it carries the owner's signature: they end it no more.
        for (how, person) in [("withdraw", bench.planner), ("return", bench.planner)] {
            #expect(try await story.end(plan, how, person).status == 400)
        }
        await #expect(throws: ContributionRefusal.othersGround(kind: "plan")) {
            _ = try await bench.theirs(activityGBq: 4)
        }
        try await bench.end()
        #expect(try await fixture.send(.get, story.path(plan), bench.planner).status == 404)
        #expect(try await story.sign(plan, .made, bench.planner).status == 404)
        #expect(try await story.counting(plan).count == 3)
        #expect(try await story.state() == .prescribed)
        let owners = try await fixture.send(.get, "\(bench.base)/plans/\(plan.id)", story.maker)
        #expect(
            owners.status == 200 && owners.text.contains(bench.planner.account.nameWithOrganisation)
        )
        #expect(try await bench.folder.check(rereadingObjects: false).isEmpty)
    }

    @Test("They withdraw and return what their own organisation signed")
    func ends() async throws {
        let bench = try await Bench("share-plan-ends", signed: false)
        let story = bench.story
        let plan = try await bench.theirs()
        let second = try await bench.fixture.browser(.physicist, organisation: 1)
        for (how, person) in [("withdraw", bench.planner), ("return", second)] {
            #expect(try await story.sign(plan, .made, bench.planner).status == 303)
            #expect(try await story.end(plan, how, person).status == 303)
            #expect(try await story.state() == .ready)
        }
        // What the owner signed, they leave: also on a plan of theirs.
        #expect(try await story.sign(plan, .made, story.maker).status == 303)
        #expect(try await story.end(plan, "return", bench.planner).status == 400)
        #expect(try await story.state() == .planned)
    }

    /// What the form of a new plan sends.
    @Test("The end of a share ends the other jobs too where one cannot be ended")
    func damaged() async throws {
        let bench = try await Bench("share-plan-damaged", signed: false)
        let other = try await bench.fixture.browser(.radiologist, organisation: 1).account.id
        let damaged = bench.planner.account.id
        // The latest comes first.
        var jobs: [JobRecord] = []
        for account in [other, damaged] {
            jobs.append(
                try await bench.folder.jobs.enqueue(
                    kind: "plan", taskJSON: "{}", account: account, patient: bench.patient))
        }
        // Whose job it is cannot be read any more.
        let queue = try DatabaseQueue(
            path: bench.folder.url.appending(path: "grevy.sqlite").path)
        try await queue.write {
            try $0.execute(
                sql: "UPDATE account SET role = 'damaged' WHERE id = ?", arguments: [damaged])
        }
        try queue.close()
        try await bench.end()
        #expect(try await bench.folder.jobs.job(jobs[0].id).state == .cancelled)
        #expect(try await bench.folder.jobs.job(jobs[1].id).state == .queued)
    }
}
