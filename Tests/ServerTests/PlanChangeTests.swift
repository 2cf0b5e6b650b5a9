import DICOM
import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

/// Dose samples of a plan, and a plan with other activities, over the routes.
@Suite("Changing a plan", .serialized)
struct PlanChangeTests {
    /// A quick plan of the synthetic patient of the first organisation, made by a job.
    private struct Bench {
        let fixture: ServerFixture
        let patient: Int64
        let maker: ServerFixture.Browser
        let plan: String

        var base: String { "/cases/\(patient)/plans/\(plan)" }

        init(_ label: String) async throws {
            fixture = try await ServerFixture(label)
            patient = try await fixture.phantomCase()
            maker = try await fixture.browser(.physicist)
            let kept = try await PlanWorkflow(
                folder: fixture.folder, source: DicomReader(), actor: "test"
            ).run(yaml: Self.yaml, specFolder: fixture.home, onlyCase: patient)
            plan = kept.planID
        }

        private static let yaml = ServerFixture.plan(histories: 2000).replacing(
            "engine: monte-carlo, histories: 2000", with: "engine: local-deposition")

        func digest() async throws -> String {
            try await fixture.folder.records.derived(id: plan).draft.content.hex
        }

        /// Jobs that were queued before somebody signed find the plan signed when they end: they keep
        /// neither plan nor dose.
        func expectSignedStays() async throws {
            let records = fixture.folder.records
            let caseID = "patient-\(patient)"
            let before = try await records.derived(caseID: caseID).map(\.id)
            let workflow = PlanWorkflow(
                folder: fixture.folder, source: DicomReader(), actor: "test")
            let other = Self.yaml.replacing("2.574", with: "1.2")
            await #expect(throws: WorkflowError.self) {
                _ = try await workflow.run(
                    yaml: other, specFolder: fixture.home, onlyCase: patient)
            }
            await #expect(throws: WorkflowError.self) {
                _ = try await workflow.run(changing: plan, to: other, patient: patient)
            }
            // The same plan again replaces nothing.
            let same = try await workflow.run(
                yaml: Self.yaml, specFolder: fixture.home, onlyCase: patient)
            #expect(same.planID == plan)
            #expect(try await records.derived(caseID: caseID).map(\.id) == before)
            #expect(try await records.derived(id: plan).state == .current)
            #expect(try await records.signatures(plan: plan).map { $0.ending == nil } == [true])
        }

        func change(
            _ activity: String, digest: String, _ person: ServerFixture.Browser,
            base: String? = nil
        ) async throws -> ServerFixture.Reply {
            try await fixture.send(
                .post, "\(base ?? self.base)/change", person,
                form: ["csrf": person.csrf, "digest": digest, "activity-0": activity],
                headers: [.accept: "application/json"])
        }
    }

    @Test("samples go to who may read the case, once, and the changed plan is made by a job")
    func story() async throws {
        let bench = try await Bench("change-story")
        let fixture = bench.fixture
        let first = try await fixture.send(.get, "\(bench.base)/samples", bench.maker)
        #expect(first.status == 200 && first.text.hasPrefix("GREVYDS1"))
        let tag = try #require(first.headers[.eTag])
        #expect(first.headers[.cacheControl] == "private, no-cache")
        let again = try await fixture.send(
            .get, "\(bench.base)/samples", bench.maker, headers: [.ifNoneMatch: tag])
        #expect(again.status == 304 && again.bytes.isEmpty)
        let foreign = try await fixture.browser(.physicist, organisation: 1)
        #expect(
            try await fixture.send(
                .get, "\(bench.base)/samples", foreign, headers: [.ifNoneMatch: tag]
            )
            .status == 404)

        let reply = try await bench.change("1.25", digest: bench.digest(), bench.maker)
        #expect(reply.status == 202, "\(reply.text)")
        let job = try #require(
            try await fixture.folder.jobs.jobs(organisation: fixture.organisations[0].id).first)
        #expect(job.kind == "plan" && reply.text.contains("\(job.id)"))
        let runner = Task { await fixture.server.jobs.run() }
        defer { runner.cancel() }
        let over = try await fixture.wait(for: job.id) { $0.state.isOver }
        let made = try #require(over.made, "\(over.sentence)")
        let page = try await fixture.send(
            .get, "/cases/\(bench.patient)/plans/\(made)", bench.maker)
        #expect(page.status == 200 && page.text.contains("value=\"1.250\""))
        #expect(page.text.contains(bench.maker.account.fullName))

        // The plan that was changed is outdated now: it is not changed a second time.
        let late = try await bench.change("1.5", digest: bench.digest(), bench.maker)
        #expect(late.status == 409 && late.text.contains("outdated"))
        let plans = try await fixture.folder.records.derived(
            caseID: "patient-\(bench.patient)", kind: "plan")
        #expect(plans.count == 2 && plans.last?.version == 2)
    }

    @Test(
        "another plan than the page showed, a crossed case and a signed plan are conflicts")
    func crossed() async throws {
        let bench = try await Bench("change-crossed")
        let fixture = bench.fixture
        let digest = try await bench.digest()
        let other = String(repeating: "0", count: 64)
        #expect(try await bench.change("1", digest: other, bench.maker).status == 409)
        let crossed = "/cases/\(fixture.patients[0])/plans/\(bench.plan)"
        let mixedUp = try await bench.change("1", digest: digest, bench.maker, base: crossed)
        #expect(mixedUp.status == 409 && mixedUp.text.contains("another patient"))
        let elsewhere = "/cases/\(fixture.patients[0])/plans/plan-0"
        #expect(
            try await bench.change("1", digest: digest, bench.maker, base: elsewhere).status == 404)
        for wrong in ["", "0", "-1", "nan", "1e9", "one"] {
            let reply = try await bench.change(wrong, digest: digest, bench.maker)
            #expect(reply.status == 400, "\(wrong): \(reply.status)")
        }
        let reader = try await fixture.browser(.oncologist)
        #expect(try await bench.change("1", digest: digest, reader).status == 403)
        let seen = try await fixture.send(.get, bench.base, reader)
        #expect(seen.text.contains("Your role looks at plans"))

        try await fixture.folder.records.confirmIdentity(
            of: bench.patient, by: bench.maker.account.id)
        let signed = try await fixture.send(
            .post, "\(bench.base)/sign/made", bench.maker,
            form: [
                "csrf": bench.maker.csrf, "digest": digest, "code": fixture.freshCode(),
                "findings": "read",
            ])
        #expect(signed.status == 303, "\(signed.text)")
        let refused = try await bench.change("1", digest: digest, bench.maker)
        #expect(refused.status == 409 && refused.text.contains("is signed by"))
        let page = try await fixture.send(.get, bench.base, bench.maker)
        #expect(page.text.contains("is signed by") && page.text.contains("disabled"))
        #expect(
            try await fixture.folder.jobs.jobs(organisation: fixture.organisations[0].id).isEmpty)
        try await bench.expectSignedStays()
    }
}
