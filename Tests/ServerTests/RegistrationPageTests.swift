import DICOM
import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows
import _TestSupport

/// Putting one series on another by hand, and a person's word on it.
@Suite("Registrations on their page")
struct RegistrationPageTests {
    private static let fixed = SeriesName.short("1.2.0.3")
    private static let moving = SeriesName.short("1.2.0.2")
    /// A quarter turn about the long axis and a shift.
    private static let matrix = "0 -1 0 10 1 0 0 20 0 0 1 30 0 0 0 1"
    /// The same a millimetre aside.
    private static let nearby = "0 -1 0 11 1 0 0 20 0 0 1 30 0 0 0 1"

    private func fixture(_ label: String) async throws -> ServerFixture {
        let fixture = try await ServerFixture(label)
        try await addSeries(to: fixture)
        return fixture
    }

    private func addSeries(to fixture: ServerFixture) async throws {
        let run = try await fixture.folder.records.beginImport(softwareVersion: "0.1", by: "test")
        for (patient, uid, frame) in [
            (0, "1.2.0.2", "1.2.0.9"), (0, "1.2.0.3", "1.2.0.8"), (1, "1.2.1.2", "1.2.1.8"),
        ] {
            let object = try await fixture.folder.objects.put(Array(uid.utf8))
            _ = try await fixture.folder.records.register(
                [
                    InstanceEntry(
                        patient: PatientIdentity(
                            patientID: "P\(patient)", issuer: "H",
                            name: "Phantom^Number\(patient)",
                            birthDate: "19600101", sex: "O"),
                        study: StudyDescription(studyUID: "1.2.\(patient)", date: "20260105"),
                        series: SeriesDescription(
                            seriesUID: uid, modality: "CT", frameOfReferenceUID: frame),
                        sopInstanceUID: "\(uid).1", sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
                        transferSyntaxUID: "1.2.840.10008.1.2.1", object: object,
                        sourcePath: uid, sourceIndex: 0)
                ], run: run)
        }
    }

    private func form(
        _ browser: ServerFixture.Browser, _ more: [String: String]
    ) -> [String: String] {
        ["csrf": browser.csrf].merging(more) { first, _ in first }
    }

    @Test("What was put by hand is kept with its author, accepted with a reason, and withdrawn")
    func byHand() async throws {
        let fixture = try await fixture("registration-hand")
        let browser = try await fixture.browser(.physicist)
        let base = "/cases/\(fixture.patients[0])/registrations"
        let kept = try await fixture.send(
            .post, base, browser,
            form: form(
                browser,
                ["fixed": Self.fixed, "moving": Self.moving, "matrix": Self.matrix]))
        #expect(kept.status == 303)
        let record = try #require(
            try await fixture.folder.records.derived(
                caseID: "patient-\(fixture.patients[0])", kind: "registration"
            ).first)
        #expect(record.createdBy == "account-\(browser.account.id)" && record.acceptance == nil)
        let shown = try #require(
            try await CaseRegistrations(
                CaseReader(folder: fixture.folder, patient: fixture.patients[0], sight: .whole)
            ).current().first)
        // Kept the other way round, and turned back without loss.
        let expected = Self.matrix.split(separator: " ").compactMap { Double($0) }
        for (a, b) in zip(shown.movingToFixedLPS, expected) { #expect(abs(a - b) < 1e-12) }

        let accept = "\(base)/\(record.id)/acceptance"
        let silent = try await fixture.send(
            .post, accept, browser, form: form(browser, ["reason": "  "]))
        #expect(silent.status == 400)
        let accepted = try await fixture.send(
            .post, accept, browser, form: form(browser, ["reason": "spine and liver edge"]))
        #expect(accepted.status == 303)
        let twice = try await fixture.send(
            .post, accept, browser, form: form(browser, ["reason": "again"]))
        #expect(twice.status == 400)
        let after = try await fixture.folder.records.derived(id: record.id)
        #expect(after.acceptance?.note == "spine and liver edge")
        #expect(after.acceptance?.acceptedBy == "account-\(browser.account.id)")
        let page = try await fixture.send(.get, base, browser)
        #expect(page.text.contains("spine and liver edge") && page.text.contains("by hand"))

        let withdrawn = try await fixture.send(
            .post, "\(base)/\(record.id)/withdrawal", browser,
            form: form(browser, ["reason": "moved in between"]))
        #expect(withdrawn.status == 303)
        #expect(try await fixture.folder.records.derived(id: record.id).acceptance == nil)
    }

    @Test("A coordinator does not take back what a prescription rests on; a physicist does, openly")
    func signedPlan() async throws {
        let story = try await SigningStory("registration-signed")
        let fixture = story.fixture
        try await addSeries(to: fixture)
        let coordinator = try await fixture.browser(.coordinator)
        let base = "/cases/\(story.patient)/registrations"
        let kept = try await fixture.send(
            .post, base, coordinator,
            form: form(
                coordinator,
                ["fixed": Self.fixed, "moving": Self.moving, "matrix": Self.matrix]))
        #expect(kept.status == 303)
        let record = try #require(
            try await fixture.folder.records.derived(caseID: story.caseID, kind: "registration")
                .first)
        let accepted = try await fixture.send(
            .post, "\(base)/\(record.id)/acceptance", coordinator,
            form: form(coordinator, ["reason": "spine and liver edge"]))
        #expect(accepted.status == 303)
        let plan = try await story.save(
            "plan", PlanJSON.bytes(), [DerivedInput("registration", .derived(record.id))])
        let before = try await fixture.send(.get, base, coordinator)
        #expect(!before.text.contains("Signed and resting on it"))
        try await story.signAll(plan)

        let warned = try await fixture.send(.get, base, coordinator)
        #expect(warned.text.contains("Signed and resting on it: \(plan.id)."))
        let again = ["fixed": Self.fixed, "moving": Self.moving, "matrix": Self.nearby]
        let withdrawal = ("\(base)/\(record.id)/withdrawal", ["reason": "moved in between"])
        for (path, fields) in [withdrawal, (base, again)] {
            let refused = try await fixture.send(
                .post, path, coordinator, form: form(coordinator, fields))
            #expect(refused.status == 400 && refused.text.contains("who may sign plans"))
        }
        #expect(try await story.state() == .prescribed)
        #expect(try await story.counting(plan).count == 3)

        let withdrawn = try await fixture.send(
            .post, withdrawal.0, story.maker, form: form(story.maker, withdrawal.1))
        #expect(withdrawn.status == 303)
        #expect(try await story.state() == .ready)
        #expect(try await story.counting(plan).isEmpty)
        let reason = "the acceptance of \(record.id) was withdrawn"
        let page = try await fixture.send(
            .get, "\(story.path(plan))/signatures", story.practitioner)
        #expect(page.text.contains(reason))
        let history = try await fixture.send(.get, "/cases/\(story.patient)", coordinator)
        #expect(history.text.contains(reason))
    }

    @Test(
        "What is no turn and shift is refused, and nothing is kept",
        arguments: [
            "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0", "2 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1",
            "1 0 0 0 0 1 0 0 0 0 -1 0 0 0 0 1", "1 0 0 nan 0 1 0 0 0 0 1 0 0 0 0 1",
            "1 0 0 0 0 1 0 0 0 0 1 0 0 0 1 1", "1 0 0 1e300 0 1 0 0 0 0 1 0 0 0 0 1",
            "1 0 0 0 0 1 0 10001 0 0 1 0 0 0 0 1", "x",
        ])
    func refused(matrix: String) async throws {
        let fixture = try await fixture("registration-refused")
        let browser = try await fixture.browser(.physicist)
        let reply = try await fixture.send(
            .post, "/cases/\(fixture.patients[0])/registrations", browser,
            form: form(
                browser, ["fixed": Self.fixed, "moving": Self.moving, "matrix": matrix]))
        #expect(reply.status == 400)
        #expect(try await fixture.folder.records.derived(kind: "registration").isEmpty)
    }

    @Test("A series is not registered onto itself")
    func ontoItself() async throws {
        let fixture = try await fixture("registration-itself")
        let browser = try await fixture.browser(.physicist)
        let base = "/cases/\(fixture.patients[0])/registrations"
        for path in [base, "\(base)/jobs"] {
            let reply = try await fixture.send(
                .post, path, browser,
                form: form(
                    browser,
                    ["fixed": Self.fixed, "moving": Self.fixed, "matrix": Self.matrix]))
            #expect(reply.status == 400, "\(path)")
        }
        #expect(try await fixture.folder.records.derived(kind: "registration").isEmpty)
    }

    @Test("A series or a registration of another case is not there")
    func otherCase() async throws {
        let fixture = try await fixture("registration-other")
        let browser = try await fixture.browser(.physicist)
        let foreign = SeriesName.short("1.2.1.1")
        let base = "/cases/\(fixture.patients[0])/registrations"
        for path in [base, "\(base)/jobs"] {
            let reply = try await fixture.send(
                .post, path, browser,
                form: form(
                    browser,
                    ["fixed": Self.fixed, "moving": foreign, "matrix": Self.matrix]))
            #expect(reply.status == 404, "\(path)")
        }
        let other = try await HandRegistration(
            folder: fixture.folder, source: DicomReader(), patient: fixture.patients[1]
        ).keep(
            moving: foreign, onto: SeriesName.short("1.2.1.2"),
            matrixLPS: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], by: "test")
        let reply = try await fixture.send(
            .post, "\(base)/\(other)/acceptance", browser, form: form(browser, ["reason": "x"]))
        #expect(reply.status == 404)
        #expect(try await fixture.folder.records.derived(id: other).acceptance == nil)
    }

    @Test("Images of another frame of reference are linked only by an accepted registration")
    func linked() async throws {
        let fixture = try await fixture("registration-link")
        let browser = try await fixture.browser(.physicist)
        let patient = try #require(
            try await fixture.folder.shares.access(
                to: fixture.patients[0], for: browser.account, as: nil)?.patient)
        let scenes = ImagesScene(
            CaseReader(folder: fixture.folder, patient: patient.id, sight: .whole),
            source: DicomReader(), patient: patient)
        let before = try await scenes.pair([Self.moving], [Self.fixed])
        #expect(!before.isLinked && before.sentence.contains("not registered"))
        let id = try await HandRegistration(
            folder: fixture.folder, source: DicomReader(), patient: patient.id
        ).keep(
            moving: Self.moving, onto: Self.fixed,
            matrixLPS: [1, 0, 0, 5, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], by: "test")
        #expect(try await !scenes.pair([Self.moving], [Self.fixed]).isLinked)
        try await fixture.folder.records.accept(id, note: "seen", by: "test")
        let after = try await scenes.pair([Self.moving], [Self.fixed])
        #expect(after.isLinked && after.matrixLPS?[3] == 5)
        #expect(try await scenes.pair([Self.fixed], [Self.moving]).matrixLPS?[3] == -5)
    }
}
