import DICOM
import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

/// Delivered doses asked for on a page, and the reports that jobs keep.
@Suite("What was delivered, on a page", .serialized)
struct DeliveryTests {
    private struct Bench {
        let fixture: ServerFixture
        let patient: Int64
        let maker: ServerFixture.Browser
        let plan: String
        let series: [String: String]

        var path: String { "/cases/\(patient)/plans/\(plan)/delivered" }

        /// A patient with a plan that a job has made.
        init(_ label: String) async throws {
            fixture = try await ServerFixture(label)
            patient = try await fixture.phantomCase()
            maker = try await fixture.browser(.physicist)
            series = Dictionary(
                try await fixture.folder.records.series(patient: patient).map {
                    ($0.description.description, $0.shortID)
                }
            ) { first, _ in first }
            let spec = ServerFixture.plan(histories: 1000)
                .replacing("engine: monte-carlo, histories: 1000", with: "density: fixed")
            let asked = try await fixture.send(
                .post, "/cases/\(patient)/plans", maker,
                form: ["csrf": maker.csrf, "spec": spec])
            try #require(asked.status == 303, "\(asked.text)")
            plan = try await Self.made(fixture)
        }

        /// What the job that was queued last has made.
        static func made(_ fixture: ServerFixture) async throws -> String {
            let runner = Task { await fixture.server.jobs.run() }
            defer { runner.cancel() }
            let job = try #require(
                try await fixture.folder.jobs.jobs(organisation: fixture.organisations[0].id)
                    .max { $0.id < $1.id })
            let over = try await fixture.wait(for: job.id) { $0.state.isOver }
            return try #require(over.made, "\(over.sentence)")
        }

        /// The HTML report of a record, as the case's page opens it.
        func report(of id: String) async throws -> String {
            let reports = try await fixture.folder.records.derived(
                caseID: "patient-\(patient)", kind: "report")
            let report = try #require(
                reports.last { $0.draft.inputs.contains { $0.source == .derived(id) } })
            return try await fixture.send(
                .get, "/cases/\(patient)/documents/\(report.id)", maker
            ).text
        }

        func keepSheet(_ territory: String) async throws {
            let sheet = """
                {"schema": "grevy-treatment/1", "plan": "\(plan)", "planSHA256": "",
                 "plannedTerritory": "right", "territory": "\(territory)", "vialID": "V",
                 "vialLot": "L", "calibratedActivityGBq": 3, "calibrationTime": "2026-01-18T12:00Z",
                 "measuredActivityGBq": 2.6, "measurementTime": "2026-01-19T10:00Z",
                 "expectedAtMeasurementGBq": 2.6, "catheterPosition": "right", "start":
                 "2026-01-19T11:00:00Z", "end": "2026-01-19T11:20:00Z", "activityAtStartGBq": 2.57,
                 "residualActivityGBq": 0.02, "residualTime": "2026-01-19T12:00:00Z",
                 "residualFraction": 0.01, "administeredActivityGBq": 2.544,
                 "plannedVialActivityGBq": 2.6, "plannedInjectedActivityGBq": 2.574,
                 "stasis": true, "administeredBy": "Dr A", "deviations": [], "nuclide": "Y-90",
                 "halfLifeHours": 64.2}
                """
            let object = try await fixture.folder.objects.put(Array(sheet.utf8))
            _ = try await fixture.folder.records.save(
                DerivedDraft(
                    caseID: "patient-\(patient)", kind: "treatment", name: "\(plan) right",
                    content: object, mediaType: "application/json", inputs: [],
                    softwareVersion: "0.1"), by: "test")
        }

        func form(_ changes: [String: String] = [:]) throws -> [String: String] {
            [
                "csrf": maker.csrf, "image": try #require(series["Y-90 PET, simulated"]),
                "imageCT": try #require(series["CT low dose PET, simulated"]),
                "registration": "rigid-ct", "hours": "", "given-0": "2.544", "stasis-0": "yes",
            ].merging(changes) { $1 }
        }
    }

    @Test("A form without a registration, or with the CT left open, computes nothing")
    func left() async throws {
        let bench = try await Bench("delivery-left")
        for (field, value) in [("registration", ""), ("imageCT", "choose")] {
            let reply = try await bench.fixture.send(
                .post, bench.path, bench.maker, form: bench.form([field: value]))
            #expect(reply.status == 400, "\(field)")
        }
    }

    @Test("Sheet and images are offered, and the job keeps doses, verification and report")
    func story() async throws {
        let bench = try await Bench("delivery")
        let fixture = bench.fixture
        #expect(try await bench.report(of: bench.plan).contains("SIRT plan"))
        let before = try await fixture.send(.get, bench.path, bench.maker)
        #expect(before.status == 200 && before.text.contains("No treatment sheet"))
        #expect(before.text.contains("name=\"given-0\" value=\"\""), "nothing is taken as given")

        try await bench.keepSheet("right")
        let page = try await fixture.send(.get, bench.path, bench.maker).text
        let pet = try #require(bench.series["Y-90 PET, simulated"])
        #expect(page.contains("value=\"2.544\"") && page.contains("treatment-"))
        #expect(page.contains("<option value=\"\(pet)\" selected>"), "the image after it")
        #expect(page.contains("<option value=\"yes\" selected>"), "stasis")
        #expect(page.contains("<option value=\"rigid-ct\" selected>"))

        let asked = try await fixture.send(.post, bench.path, bench.maker, form: bench.form())
        #expect(asked.status == 303, "\(asked.text)")
        let id = try await Bench.made(fixture)
        let record = try await fixture.folder.records.derived(id: id)
        let bytes = try await fixture.folder.objects.bytes(of: record.draft.content)
        let document = try JSONDecoder().decode(DeliveredDocument.self, from: Data(bytes))
        #expect(document.plan == bench.plan && record.createdBy == bench.maker.account.actor)
        #expect(document.territories.map(\.injectedActivityGBq) == [2.544])
        #expect(document.territories.map(\.stasis) == [true])
        #expect(try await bench.report(of: id).contains("SIRT verification"))
        let shown = try await fixture.send(
            .get, "/cases/\(bench.patient)/delivered/\(id)", bench.maker)
        #expect(shown.status == 200 && shown.text.contains("Nobody has accepted the registration"))
        #expect(shown.text.contains("These doses verify nothing yet"))
        let chance = try #require(document.limits?.first?.relative?.probabilityMet)
        let words = Figures.chance(chance).replacing(">", with: "&gt;")
        #expect(shown.text.contains("(\(words) %)"), "\(chance)")
        let jobs = try await fixture.send(.get, "/jobs", bench.maker).text
        #expect(jobs.contains("/cases/\(bench.patient)/delivered/\(id)"))
    }

    @Test("What cannot be computed comes back with what was typed and why")
    func refusals() async throws {
        let bench = try await Bench("delivery-refusals")
        try await bench.keepSheet("caudate")
        let page = try await bench.fixture.send(.get, bench.path, bench.maker).text
        #expect(page.contains("caudate") && page.contains("which is no territory of the plan"))
        for (changes, status, sentence) in [
            (["given-0": ""], 400, "at least one territory"),
            (["given-0": "2,5"], 400, "a number of 0 or more"),
            (["given-0": "-1"], 400, "a number of 0 or more"),
            (["hours": "-3"], 400, "hours after administration"),
            (["image": ""], 400, "Choose the image"),
            (["image": SeriesName.short("1.2.0.1")], 404, "Compute delivered doses"),
        ] {
            let reply = try await bench.fixture.send(
                .post, bench.path, bench.maker, form: bench.form(changes))
            #expect(
                reply.status == status && reply.text.contains(sentence),
                "\(changes): \(reply.status)")
        }
        let job = try await bench.fixture.folder.jobs.jobs(
            organisation: bench.fixture.organisations[0].id
        ).max { $0.id < $1.id }
        #expect(job?.kind == "plan", "nothing was queued")
    }

    @Test("Only who may plan in the own organisation gets the page")
    func rights() async throws {
        let bench = try await Bench("delivery-rights")
        let nurse = try await bench.fixture.browser(.nurseSpecialist)
        #expect(try await bench.fixture.send(.get, bench.path, nurse).status == 403)
        let stranger = try await bench.fixture.browser(.physicist, organisation: 1)
        #expect(try await bench.fixture.send(.get, bench.path, stranger).status == 404)
        // A plan of the case, in the address of another.
        let crossed = bench.path.replacing(
            "/cases/\(bench.patient)/", with: "/cases/\(bench.fixture.patients[0])/")
        let reply = try await bench.fixture.send(
            .post, crossed, bench.maker, form: bench.form())
        #expect(reply.status == 404 || reply.status == 409)
    }
}
