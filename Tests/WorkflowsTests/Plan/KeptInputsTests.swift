import DICOM
import Foundation
import Pathway
import Quantities
import Storage
import Testing
import Workflows
import _TestSupport

/// Plans on registrations and regions that people made before, by their place in the record.
@Suite("Plan from kept registrations and regions")
struct KeptInputsTests {
    private struct Bench {
        let work: URL
        let folder: DataFolder
        let source = InProcessSource()
        let ct: String
        let spect: String
        let planar: String

        init() async throws {
            (work, folder) = try await SmallPatient.imported("kept-inputs")
            let series = try await folder.records.series(patient: 1)
            func id(_ name: String) throws -> String {
                try #require(series.first { $0.description.description == name }).shortID
            }
            ct = try id("CT portal venous, simulated")
            spect = try id("MAA SPECT no AC, simulated")
            planar = try id("MAA planar ant/post, simulated")
        }

        func plan(
            _ registration: String, lungShunt: String = "{use: typed, fraction: 0.05}"
        ) async throws -> PlanWorkflow.Kept {
            try await PlanWorkflow(folder: folder, source: source, actor: "test").run(
                yaml: SmallPatient.rightLobe(
                    images: "planning: \(ct), activity: \(spect), planar: \(planar)",
                    registration: registration, lungShunt: lungShunt), specFolder: work)
        }

        func keep(_ moving: String, onto fixed: String, shiftZ: Double) async throws -> String {
            try await HandRegistration(folder: folder, source: source, patient: 1).keep(
                moving: moving, onto: fixed,
                matrixLPS: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, shiftZ, 0, 0, 0, 1], by: "anna")
        }

        func isRepeated(_ plan: String) async throws -> Bool {
            try await PlanRecomputation(folder: folder, source: source).run(planID: plan).answer
                .identical
        }
    }

    private func doses(_ plan: PlanWorkflow.Kept) -> [Double] {
        plan.result.document.structures.map(\.meanDoseGy)
    }

    private func acrossFrames(_ plan: PlanWorkflow.Kept) -> [Finding.Severity] {
        plan.result.document.findings.filter { $0.code == "registration.identity-across-frames" }
            .map(\.severity)
    }

    /// One test, because making and importing the patient is most of the work.
    @Test("a plan stands on what was put by hand and drawn, and on nothing that does not fit it")
    func kept() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        try await registrations(bench)
        try await regions(bench)
    }

    /// Reports call who accepted by the full name; who has no account is called as typed.
    private func accepters(_ bench: Bench, _ typed: PlanWorkflow.Kept) async throws {
        func source(_ kept: PlanWorkflow.Kept) throws -> String? {
            try PlanReporting(kept).report().inputs.last { $0.name == "registration" }?.source
        }
        #expect(try source(typed) == "accepted by anna")
        let first = try await bench.folder.accounts.create(
            login: "rada", fullName: "Rada Radiologist",
            organisation: try await bench.folder.accounts.organisation(named: "Here", by: "test")
                .id, role: .radiologist, by: "test")
        let kept = try await bench.plan("{kind: identity, acceptedBy: \(first.actor)}")
        #expect(try source(kept) == "accepted by Rada Radiologist")
    }

    private func registrations(_ bench: Bench) async throws {
        let still = try await bench.keep(bench.spect, onto: bench.ct, shiftZ: 0)
        let reverse = try await bench.keep(bench.ct, onto: bench.spect, shiftZ: 0)

        // No shift at all is the identity, to the bit.
        let identity = try await bench.plan("{kind: identity}")
        let same = try await bench.plan("{kind: kept, record: \(still)}")
        #expect(doses(same) == doses(identity))
        // Two frames that nobody says coincide are no ground for a dose.
        let looked = try await bench.plan("{kind: identity, acceptedBy: anna}")
        #expect(acrossFrames(identity) == [.error])
        #expect(acrossFrames(looked) == [.warning])
        #expect(doses(looked) == doses(identity))
        #expect(try await bench.isRepeated(looked.planID))
        try await accepters(bench, looked)
        let findings = same.result.document.findings
        #expect(
            findings.contains { $0.code == "registration.not-accepted" && $0.severity == .error })
        #expect(findings.contains { $0.code == "registration.by-hand" })
        #expect(try await bench.isRepeated(same.planID))

        let moved = try await bench.keep(bench.spect, onto: bench.ct, shiftZ: 24)
        // What was set anew takes the place of what was set before.
        await #expect(throws: WorkflowError.self) {
            try await bench.plan("{kind: kept, record: \(still)}")
        }
        let anna = RegistrationAcceptance(folder: bench.folder, actor: "anna")
        _ = try await anna.accept(moved, note: "liver edge and spine")
        let shifted = try await bench.plan("{kind: kept, record: \(moved)}")
        #expect(doses(shifted) != doses(identity))
        #expect(shifted.result.document.registration.acceptedBy == "anna")
        #expect(
            shifted.result.document.registration.translationMM.map { $0.rounded() } == [0, 0, -24])
        #expect(
            !shifted.result.document.findings.contains { $0.code == "registration.not-accepted" })

        await #expect(throws: WorkflowError.self) {
            try await bench.plan("{kind: kept, record: \(reverse)}")
        }
        await #expect(
            throws: WorkflowError.notFound(kind: "registration", name: "registration-999")
        ) {
            try await bench.plan("{kind: kept, record: registration-999}")
        }
        await #expect(throws: WorkflowError.self) { try await bench.plan("{kind: kept}") }
        await #expect(throws: WorkflowError.self) {
            try await bench.plan("{kind: identity, record: \(still)}")
        }
    }

    private func regions(_ bench: Bench) async throws {
        let boxes = """
            {use: planar, planarRegions: {anteriorFrame: 1, posteriorFrame: 2,
              lungs: [{rows: [10, 30], columns: [20, 90]}],
              liver: [{rows: [35, 55], columns: [20, 70]}]}}
            """
        let organisation = try await bench.folder.accounts.organisation(
            named: "Centre", by: "test")
        let person = try await bench.folder.accounts.create(
            login: "anna", fullName: "Anna", organisation: organisation.id, role: .physicist,
            by: "test")
        let uid = try await SeriesName.resolve(
            bench.planar, in: bench.folder.records, patient: 1
        ).description.seriesUID
        let drawn = try await PlanarRegionsWorkflow(
            CaseReader(folder: bench.folder, patient: 1, sight: .whole), source: bench.source
        ).keep(
            json: """
                {"anteriorFrame": 1, "posteriorFrame": 2, "shapes": [
                  {"part": "lungs", "box": [10, 30, 20, 90]},
                  {"part": "liver", "box": [35, 55, 20, 70]}]}
                """, seriesUID: uid, by: person)
        let written = try await bench.plan("{kind: identity}", lungShunt: boxes)
        let kept = try await bench.plan(
            "{kind: identity}", lungShunt: "{use: planar, drawnRegions: \(drawn.record.id)}")
        let fraction = kept.result.document.lungShunt.usedFraction
        #expect(fraction == written.result.document.lungShunt.usedFraction)
        #expect(fraction == drawn.result.lungShuntFraction)
        #expect(kept.result.document.inputs.contains { $0.series == drawn.record.id })
        #expect(try await bench.isRepeated(kept.planID))
        await #expect(throws: WorkflowError.self) {
            try await bench.plan(
                "{kind: identity}", lungShunt: "{use: planar, drawnRegions: registration-1}")
        }
        #expect(!written.result.document.findings.contains { $0.code == "planar.regions-overlap" })
        // The liver reaches two rows into the lungs' box, over 51 columns of both.
        let over = try await bench.plan(
            "{kind: identity}",
            lungShunt: boxes.replacing("rows: [35, 55]", with: "rows: [29, 55]"))
        let overlap = over.result.document.findings.filter { $0.code == "planar.regions-overlap" }
        #expect(overlap.map(\.severity) == [.warning])
        #expect(overlap.first?.sentence.contains("lungs and liver in 102 pixels") == true)
        // One view twice, and both exchanged.
        for (anterior, posterior) in [(1, 1), (2, 1)] {
            let views = boxes.replacing(
                "anteriorFrame: 1, posteriorFrame: 2",
                with: "anteriorFrame: \(anterior), posteriorFrame: \(posterior)")
            await #expect(throws: WorkflowError.self) {
                try await bench.plan("{kind: identity}", lungShunt: views)
            }
        }
        try await outputs(kept, bench)
    }

    /// What another plan left in the folder does not stay beside this one.
    private func outputs(_ kept: PlanWorkflow.Kept, _ bench: Bench) async throws {
        let out = bench.work.appending(path: "out")
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        for name in ["report.pdf", "mine.txt"] {
            try Data("old".utf8).write(to: out.appending(path: name))
        }
        _ = try await PlanOutputs(folder: bench.folder, actor: "test").write(
            kept, to: out, pdf: false)
        let names = try FileManager.default.contentsOfDirectory(atPath: out.path)
        #expect(!names.contains("report.pdf") && names.contains("mine.txt"))
        #expect(names.contains("plan.json") && names.contains("structures.dcm"))
    }
}
