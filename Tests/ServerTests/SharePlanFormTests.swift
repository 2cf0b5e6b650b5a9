import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

/// The page "New plan" in another organisation's case.
@Suite("Planning by a share, on the page", .serialized)
struct SharePlanFormTests {
    private static func form(_ changes: [String: String]) -> [String: String] {
        [
            "from": "", "act": "plan", "name": "theirs", "device": "glass", "method": "voxel",
            "profile": "eanm2022", "tumourEntity": "NET", "evidence": "protocol",
            "registration": "identity", "structure-0": "Liver", "use-0": "wholeLiver",
            "territory-0": "liver", "wish-0": "activity", "wished-0": "1.25", "shunt": "typed",
            "shuntPercent": "5.5", "lungMass": "convention", "residualPercent": "1",
            "engine": "local-deposition", "grid": "6", "density": "fixed", "limits": "",
        ].merging(changes) { $1 }
    }

    @Test("A form that names what is not shared is answered as if it were not there")
    func hidden() async throws {
        let story = try await ShareStory("share-plan-hidden", role: .physicist)
        try await story.share(story.ours, rights: [.plan])
        let (ours, foreign) = (story.ours.series, story.foreign.series)
        let owner = story.owner.account
        let registration = try await story.fixture.folder.records.save(
            DerivedDraft(
                caseID: "patient-\(story.patient)", kind: "registration", name: "hidden",
                content: try await story.fixture.folder.objects.put(Array("r".utf8)),
                mediaType: "application/json", inputs: [], softwareVersion: "0.1"),
            by: owner.actor)
        _ = try await story.fixture.folder.records.keep(
            VOIVersionDraft(
                target: .new(
                    patient: story.patient, name: "Hidden volume", role: "tumour",
                    seriesUID: story.foreign.seriesUID, gridJSON: "{}"), base: nil,
                making: "drawn",
                draft: DerivedDraft(
                    caseID: "patient-\(story.patient)", kind: "voi", name: "Hidden volume",
                    content: try await story.fixture.folder.objects.put(Array("v".utf8)),
                    mediaType: "application/x-nifti-gzip", inputs: [], softwareVersion: "0.1")),
            by: owner.actor)
        func begin(_ changes: [String: String]) async throws -> ServerFixture.Reply {
            let all = ["planning": ours, "activity": ours, "structures": "vois"]
                .merging(changes) { $1 }.merging(["csrf": story.recipient.csrf]) { $1 }
            return try await story.fixture.send(
                .post, "\(story.base)/new-plan", story.recipient, form: Self.form(all))
        }
        for (field, hidden, absent) in [
            ("planning", foreign, "se-00000000"), ("activity", foreign, "se-00000000"),
            ("structures", foreign, "se-00000000"),
            ("registration", registration.id, "registration-999"),
            ("from", story.foreign.plan, "plan-999"),
            ("structure-0", "Hidden volume", "Absent volume"),
        ] {
            let reply = try await begin([field: hidden])
            #expect(reply.status == 404, "\(field): \(reply.status)")
            let other = try await begin([field: absent])
            #expect(other.status == 404, "\(field)")
            #expect(
                reply.text.replacing(hidden, with: "") == other.text.replacing(absent, with: ""),
                "\(field)")
        }
        let page = try await story.get("\(story.base)/new-plan")
        #expect(page.status == 200 && page.text.contains(ours) && !page.text.contains(foreign))
        #expect(!page.text.contains(registration.id))
        let jobs = try await story.fixture.folder.jobs.jobs(
            organisation: story.fixture.organisations[1].id)
        #expect(jobs.isEmpty)
    }

    @Test("Their job plans with their own settings; after the share's end nothing is kept")
    func job() async throws {
        let fixture = try await ServerFixture("share-plan-job")
        let patient = try await fixture.phantomCase()
        let (owner, planner) = (
            try await fixture.browser(.physicist),
            try await fixture.browser(.physicist, organisation: 1)
        )
        let records = try await fixture.folder.records.series(patient: patient)
        let series = Dictionary(
            records.map { ($0.description.description, $0.shortID) }
        ) { first, _ in first }
        for (organisation, name) in [(0, "board"), (1, "theirs")] {
            try await SettingWorkflow(
                folder: fixture.folder, organisation: fixture.organisations[organisation].id,
                actor: "test"
            ).add(
                .constraintSet, name: name,
                table: "structure,measure,limitGy,source\nLiver,mean,5\(organisation),x",
                date: "2026-11-02", reason: "test")
        }
        let share = try await fixture.folder.shares.create(
            ShareDraft(
                patient: patient, recipient: fixture.organisations[1].id,
                terms: try ShareTerms(purpose: "plan", rights: [.plan], includesPriors: true),
                series: Set(records.map(\.id)), records: []), by: owner.account)
        let path = "/cases/\(patient)/new-plan"
        let page = try await fixture.send(.get, path, planner)
        #expect(page.text.contains("value=\"theirs\"") && !page.text.contains("value=\"board\""))
        func begin(_ name: String) async throws -> JobRecord {
            let form = Self.form([
                "csrf": planner.csrf, "name": name, "limits": "theirs",
                "planning": try #require(series["CT portal venous, simulated"]),
                "activity": try #require(series["MAA SPECT no AC, simulated"]),
                "structures": try #require(series["Structures from shapes, simulated"]),
            ])
            let reply = try await fixture.send(.post, path, planner, form: form)
            try #require(reply.status == 303, "\(reply.text)")
            return try #require(
                try await fixture.folder.jobs.jobs(organisation: fixture.organisations[1].id)
                    .max { $0.id < $1.id })
        }
        let runner = Task { await fixture.server.jobs.run() }
        let first = try await fixture.wait(for: begin("theirs").id) { $0.state.isOver }
        let made = try #require(first.made, "\(first.sentence)")
        runner.cancel()
        await runner.value
        let plan = try await fixture.send(.get, "/cases/\(patient)/plans/\(made)", owner)
        #expect(plan.text.contains(planner.account.nameWithOrganisation))
        let record = try await fixture.folder.records.derived(id: made)
        let document = try JSONDecoder().decode(
            PlanDocument.self,
            from: Data(try await fixture.folder.objects.bytes(of: record.draft.content)))
        let site = fixture.organisations[1].name
        #expect(document.inputs.contains { $0.series.contains(site) })
        #expect(document.limits.contains { $0.limitGy == 51 && $0.source.contains(site) })

        // One is cancelled by the end of the share, the other comes too late.
        let second = try await begin("second")
        let third = try await fixture.folder.jobs.enqueue(
            kind: "plan", taskJSON: second.taskJSON, account: planner.account.id, patient: patient)
        let before = try await fixture.folder.records.derived().count
        let end = try await fixture.send(
            .post, "/cases/\(patient)/shares/\(share.id)/end", owner,
            form: ["csrf": owner.csrf, "reason": "test"])
        #expect(end.status == 303)
        for job in [second, third] {
            #expect(try await fixture.folder.jobs.job(job.id).state == .cancelled)
        }
        let late = try await fixture.folder.jobs.enqueue(
            kind: "plan", taskJSON: second.taskJSON, account: planner.account.id, patient: patient)
        let again = Task { await fixture.server.jobs.run() }
        defer { again.cancel() }
        let over = try await fixture.wait(for: late.id) { $0.state.isOver }
        #expect(
            over.state == .failed && over.sentence.contains("No share lets"), "\(over.sentence)")
        #expect(try await fixture.folder.records.derived().count == before)
    }

    @Test("A plan of which some images are not shared is started from with these left open")
    func unseen() async throws {
        let fixture = try await ServerFixture("share-plan-unseen")
        let patient = try await fixture.phantomCase()
        let (owner, planner) = (
            try await fixture.browser(.physicist),
            try await fixture.browser(.physicist, organisation: 1)
        )
        let records = try await fixture.folder.records.series(patient: patient)
        let series = Dictionary(
            records.map { ($0.description.description, $0) }
        ) { first, _ in first }
        let ct = try #require(series["CT portal venous, simulated"])
        let spect = try #require(series["MAA SPECT no AC, simulated"])
        let outlines = try #require(series["Structures from shapes, simulated"])
        let named = [
            "planar": try #require(series["MAA planar ant/post, simulated"]).shortID
        ]
        let path = "/cases/\(patient)/new-plan"
        let begun = try await fixture.send(
            .post, path, owner,
            form: Self.form(
                [
                    "csrf": owner.csrf, "planning": ct.shortID, "activity": spect.shortID,
                    "structures": outlines.shortID, "grid": "5",
                ].merging(named) { $1 }))
        try #require(begun.status == 303, "\(begun.text)")
        let runner = Task { await fixture.server.jobs.run() }
        let job = try #require(
            try await fixture.folder.jobs.jobs(organisation: fixture.organisations[0].id).first)
        let over = try await fixture.wait(for: job.id) { $0.state.isOver }
        let plan = try #require(over.made, "\(over.sentence)")
        runner.cancel()
        await runner.value
        _ = try await fixture.folder.shares.create(
            ShareDraft(
                patient: patient, recipient: fixture.organisations[1].id,
                terms: try ShareTerms(purpose: "plan", rights: [.plan]), series: [ct.id],
                records: [plan]), by: owner.account)
        func select(_ name: String, on page: ServerFixture.Reply) -> Substring {
            let start = page.text.range(of: "<select id=\"\(name)\"")?.lowerBound
            return (start.map { page.text[$0...] } ?? "").prefix { $0 != "\n" }
        }
        // What a plan names and does not use is not shared with it.
        let page = try await fixture.send(.get, "\(path)?from=\(plan)", planner)
        #expect(page.status == 200)
        for chosen in [("planning", ct), ("activity", spect), ("structures", outlines)] {
            #expect(
                select(chosen.0, on: page).contains("value=\"\(chosen.1.shortID)\" selected"))
        }
        #expect(select("grid", on: page).contains("value=\"5\" selected"))
        for (field, id) in named {
            #expect(select(field, on: page).contains("selected>choose</option>"), "\(field)")
            #expect(!page.text.contains(id), "\(field)")
        }
        #expect(page.text.contains("What \(plan) has here is not offered: choose anew."))
        let whole = try await fixture.send(.get, "\(path)?from=\(plan)", owner)
        #expect(!whole.text.contains("not offered"))
        for (field, id) in named {
            #expect(select(field, on: whole).contains("value=\"\(id)\" selected"), "\(field)")
        }
        // Nor is what was withdrawn since; the first of the others must not stand in its place.
        for gone in [spect, outlines] {
            try await fixture.folder.records.tombstone(
                seriesUID: gone.description.seriesUID, reason: "test", by: owner.account.actor)
        }
        let left = try await fixture.send(.get, "\(path)?from=\(plan)", owner)
        #expect(left.status == 200)
        #expect(select("activity", on: left).contains(" required"))
        #expect(select("activity", on: left).contains("value=\"\" selected>choose"))
        #expect(left.text.contains("\(plan) also uses Liver, which is not offered here"))
    }

    @Test(
        "A form without a registration or a lung shunt makes no plan",
        arguments: [
            "registration", "shunt",
        ])
    func left(field: String) async throws {
        let story = try await ShareStory("share-plan-left", role: .physicist)
        try await story.share(story.ours, rights: [.plan])
        let reply = try await story.fixture.send(
            .post, "\(story.base)/new-plan", story.recipient,
            form: Self.form([
                "csrf": story.recipient.csrf, "planning": story.ours.series,
                "activity": story.ours.series, "structures": "vois", field: "",
            ]))
        #expect(reply.status == 400 && reply.text.contains("Give "), "\(reply.status)")
    }
}
