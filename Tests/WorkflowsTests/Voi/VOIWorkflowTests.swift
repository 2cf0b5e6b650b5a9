import DICOM
import Foundation
import Imaging
import Pathway
import Quantities
import Storage
import Testing
import Workflows
import _TestSupport

/// Volumes of interest of the synthetic patient from import to plan and export.
@Suite("Volumes of interest of a case")
struct VOIWorkflowTests {
    private static let ct = "CT portal venous, simulated"
    private static let structures = "Structures from shapes, simulated"

    private struct Bench {
        let work: URL
        let folder: DataFolder
        let source = InProcessSource()
        let patient: Int64

        init() async throws {
            (work, folder) = try await SmallPatient.imported("vois")
            patient = try #require(try await folder.records.patients().first?.id)
        }

        func workflow(_ actor: String = "anna") -> VOIWorkflow {
            VOIWorkflow(folder: folder, source: source, actor: actor, patient: patient)
        }

        func make(
            _ operation: VOIOperation, _ name: String, base: VOITarget.Base = .current
        ) async throws -> VOIWorkflow.Kept {
            try await workflow().make(
                operation,
                in: VOITarget(
                    name: name, role: VOIRole(structureName: name), series: nil, base: base))
        }

        func voi(_ name: String) async throws -> VOIShown {
            try #require(try await workflow().list().first { $0.name == name })
        }

        func plan() async throws -> PlanWorkflow.Kept {
            try await PlanWorkflow(folder: folder, source: source, actor: "anna").run(
                yaml: """
                    name: right lobe
                    device: glass
                    profile: eanm2022
                    evidence: {basis: synthetic case, recordedBy: test}
                    images: {planning: "CT portal venous, simulated",
                      activity: "MAA SPECT no AC, simulated"}
                    registration: {kind: identity, acceptedBy: test}
                    structures: {from: vois, liver: Liver, lungs: Lungs, tumours: [Tumour 5]}
                    territories:
                      - {name: right, structure: Territory right,
                         aim: {structure: Tumour 5, meanDoseGy: 250}}
                    lungShunt: {use: typed, fraction: 0.05}
                    residualFraction: 0
                    dose: {gridSpacingMM: 6, density: fixed}
                    """, specFolder: work)
        }
    }

    @Test("They go from structures into a plan, and a new version outdates it")
    func plan() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        let names = ["Liver", "Lungs", "Territory right", "Tumour 5"]
        let kept = try await bench.workflow().takeOver(
            Self.structures, names: names, on: Self.ct, role: nil)
        #expect(kept.map(\.voi.role) == ["liver", "lungs", "territory", "tumour"])
        #expect(kept.map(\.voi.current.state) == Array(repeating: "proposal", count: 4))
        // A ball of 60 mm; contours of half-size slices of 5 mm lie within 2 %.
        let tumour = try #require(kept.last?.voi.current.making.volumeML)
        #expect(abs(tumour / 113.1 - 1) < 0.02)

        // What nobody accepted is an error of the plan, and stays one when it is computed again.
        let early = try await bench.plan()
        let errors = early.result.document.findings.filter { $0.code == "voi.not-accepted" }
        #expect(errors.compactMap(\.subject).sorted() == names)
        #expect(errors.allSatisfy { $0.severity == .error })
        for name in names { _ = try await bench.workflow("bert").accept(name, note: "seen") }
        let recomputation = PlanRecomputation(folder: bench.folder, source: bench.source)
        #expect(try await recomputation.run(planID: early.planID).answer.identical)
        let plan = try await bench.plan()
        #expect(!plan.result.document.findings.contains { $0.code == "voi.not-accepted" })
        #expect(try await bench.voi("Liver").current.acceptedBy == "bert")
        try await expectInputs(of: plan, names, bench)

        // Editing the tumour leaves the liver as it was, byte for byte, and outdates the plan.
        let liver = try await bench.voi("Liver").current.id
        let reader = CaseReader(folder: bench.folder, patient: bench.patient, sight: .whole)
        let before = try await reader.mask(ofVersion: liver).bytes
        let edited = try await bench.make(.margin(of: "Tumour 5", mm: 4), "Tumour 5")
        #expect(edited.voi.current.state == "proposal" && !edited.isAside)
        #expect(try await bench.voi("Liver").current.id == liver)
        #expect(try await reader.mask(ofVersion: liver).bytes == before)
        let reason = "\(kept[3].version) was replaced by \(edited.version)"
        #expect(
            try await bench.folder.records.derived(id: plan.planID).state
                == .outdated(reason: reason))
        #expect(try await recomputation.run(planID: plan.planID).answer.identical)
        try await expectExport(bench)

        // What has another name or is out of use is still what the plan was made with.
        _ = try await bench.workflow().rename("Tumour 5", to: "Segment 7")
        _ = try await bench.workflow().withdraw("Lungs", reason: "made again")
        #expect(
            try await bench.workflow().list().map(\.name)
                == ["Liver", "Territory right", "Segment 7"])
        #expect(try await recomputation.run(planID: plan.planID).answer.identical)
        #expect(try await bench.folder.check(rereadingObjects: false).isEmpty)
    }

    private func expectInputs(
        of plan: PlanWorkflow.Kept, _ names: [String], _ bench: Bench
    ) async throws {
        let record = try await bench.folder.records.derived(id: plan.planID)
        let versions = record.draft.inputs.filter { $0.role == "voi" }.map(\.source)
        var wanted: [DerivedInput.Source] = []
        for name in ["Liver", "Lungs", "Tumour 5", "Territory right"] {
            wanted.append(.derived(try await bench.voi(name).current.id))
        }
        #expect(versions == wanted)
        let said = plan.result.document.inputs.filter { $0.role.hasPrefix("voi ") }
        #expect(said.map(\.role).sorted() == names.map { "voi \($0)" })
    }

    /// Only the three that are accepted still go out; other programs read them with their volumes.
    private func expectExport(_ bench: Bench) async throws {
        let out = bench.work.appending(path: "export")
        let answer = try await VOIExport(bench.workflow()).write(
            [], includingProposals: false, to: out)
        #expect(answer.vois == ["Liver", "Lungs", "Territory right"])
        let read = try StructureSet.read(
            header: await bench.source.header(path: out.appending(path: "structures.dcm").path))
        #expect(read.value.structures.map(\.name) == answer.vois)
        await #expect(throws: WorkflowError.self) {
            _ = try await VOIExport(bench.workflow()).write(
                ["Tumour 5"], includingProposals: false, to: out)
        }
    }

    @Test("Operations keep what they were made from; a stale base is kept beside")
    func operations() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        _ = try await bench.workflow().takeOver(
            Self.structures, names: ["Liver", "Tumour 5"], on: Self.ct, role: nil)
        let liver = try await bench.voi("Liver").current.making.volumeML
        let without = try await bench.make(
            .combination(.difference, of: ["Liver", "Tumour 5"]), "Liver without")
        let tumour = try await bench.voi("Tumour 5").current
        let volume = without.voi.current.making.volumeML
        #expect(abs(volume - (liver - tumour.making.volumeML)) < 0.05)
        let record = try await bench.folder.records.derived(id: without.version)
        #expect(record.draft.inputs.map(\.role) == ["grid", "voi", "voi"])

        // Metastases of 40 HU in liver of 65: noise leaves some voxels out, holes are filled.
        let sphere = try await bench.make(
            .sphere(centreMM: [-105, -8, -62], diameterMM: 60), "Ball")
        #expect(abs(sphere.voi.current.making.volumeML / 113.1 - 1) < 0.01)
        let found = try await bench.make(
            .threshold(
                layer: Self.ct, limits: .values(lowest: -200, highest: 300), within: .voi("Ball")),
            "Soft")
        #expect(abs(found.voi.current.making.volumeML / 113.1 - 1) < 0.05)
        #expect(
            try await bench.folder.records.derived(id: found.version).draft.inputs.map(\.role) == [
                "grid", "voi", "layer",
            ])
        // The SPECT lies in another frame, and nobody has accepted a registration.
        await #expect(throws: WorkflowError.self) {
            _ = try await bench.make(
                .threshold(
                    layer: "MAA SPECT no AC, simulated", limits: .shareOfHighest(0.4),
                    within: .voi("Ball")), "Hot")
        }

        let first = sphere.version
        let second = try await bench.make(.margin(of: "Ball", mm: 3), "Ball")
        let stale = try await bench.make(
            .margin(of: "Ball", mm: -3), "Ball", base: .version(first))
        #expect(!second.isAside && stale.isAside)
        #expect(try await bench.voi("Ball").current.id == second.version)
        #expect(try await bench.voi("Ball").versions.map(\.isAside) == [false, false, true])
        // What was made with the ball before is outdated with the reason.
        #expect(try await bench.voi("Soft").current.outdated?.contains(first) == true)
        await #expect(throws: WorkflowError.self) {
            _ = try await bench.workflow().accept("Soft", note: "")
        }
        await #expect(throws: WorkflowError.self) {
            _ = try await bench.workflow().accept("Ball", version: first, note: "")
        }
        try await expectNoWayRound(bench)
    }

    /// Another name, or a way out of use and back, makes nothing current that its inputs outdate.
    private func expectNoWayRound(_ bench: Bench) async throws {
        let workflow = bench.workflow()
        let renamed = try await workflow.rename("Soft", to: "Soft tissue")
        #expect(renamed.voi.current.outdated?.isEmpty == false)
        _ = try await workflow.withdraw("Soft tissue", reason: "test")
        let number = try #require(try await workflow.withdrawn().first).number
        let restored = try await workflow.restore(number)
        #expect(restored.voi.current.outdated?.isEmpty == false)
        await #expect(throws: WorkflowError.self) {
            _ = try await workflow.accept("Soft tissue", note: "")
        }
        // Made from its own earlier version, which outdates nothing.
        let ball = try await workflow.rename("Ball", to: "Ball grown")
        #expect(ball.voi.current.outdated == nil)
        // A version of another volume is no base: nothing of that one is replaced.
        let foreign = try await bench.make(
            .margin(of: "Ball grown", mm: 1), "Soft tissue", base: .version(ball.version))
        #expect(foreign.isAside)
        #expect(try await bench.voi("Ball grown").current.id == ball.version)
    }
}
