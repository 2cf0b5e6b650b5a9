import DICOM
import Foundation
import Storage
import Testing
import Workflows
import _TestSupport

/// What a change upstream does to a kept plan.
@Suite("Outdated plan")
struct OutdatedPlanTests {
    private struct Bench {
        let work: URL
        let folder: DataFolder
        let source = InProcessSource()

        init() async throws {
            (work, folder) = try await SmallPatient.imported("outdated")
        }

        func take(_ path: String) async throws {
            _ = try await ImportWorkflow(folder: folder, source: source, actor: "test")
                .run(paths: [work.appending(path: path)])
        }

        func plan(doseGy: Double = 250) async throws -> PlanWorkflow.Kept {
            try await PlanWorkflow(folder: folder, source: source, actor: "test").run(
                yaml: """
                    name: right lobe
                    device: glass
                    profile: eanm2022
                    evidence: {basis: synthetic case, recordedBy: test}
                    images: {planning: "CT portal venous, simulated",
                      activity: "MAA SPECT no AC, simulated"}
                    registration: {kind: identity, acceptedBy: test}
                    structures: {from: "Structures from shapes, simulated", liver: Liver,
                      lungs: Lungs, tumours: [Tumour 5]}
                    territories:
                      - {name: right, structure: Territory right,
                         aim: {structure: Tumour 5, meanDoseGy: \(doseGy)}}
                    lungShunt: {use: typed, fraction: 0.05}
                    residualFraction: 0
                    dose: {gridSpacingMM: 6, density: fixed}
                    """, specFolder: work)
        }

        func state(_ id: String) async throws -> DerivedRecord.State {
            try await folder.records.derived(id: id).state
        }
    }

    @Test("a new version of the structure set makes plan and dose outdated and is named")
    func structureSet() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        let kept = try await bench.plan()
        #expect(try await bench.state(kept.planID) == .current)
        let recomputation = PlanRecomputation(folder: bench.folder, source: bench.source)
        #expect(try await recomputation.run(planID: kept.planID).answer.identical)

        // The same series gets another object, as contouring programs do when a user saves again.
        let old = bench.work.appending(path: "patient/dicom/rtstruct")
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: old.path).first)
        var object = try await bench.source.header(path: old.appending(path: name).path)
        object.set(.sopInstanceUID, "2.25.1234567890")
        object.set(.mediaStorageSOPInstanceUID, "2.25.1234567890")
        try DicomWriter.write(object, path: bench.work.appending(path: "new.dcm").path)
        try await bench.take("new.dcm")

        for id in [kept.planID, kept.doseID] {
            guard case .outdated(let reason) = try await bench.state(id) else {
                Issue.record("\(id) is current")
                continue
            }
            #expect(reason.hasSuffix("has more files now"))
            // As `grevy list` calls it.
            let structures = try #require(
                try await bench.folder.records.series(patient: 1).first {
                    $0.description.description == "Structures from shapes, simulated"
                })
            #expect(reason.hasPrefix(structures.shortID + " "))
        }
        // The files that the plan was made from are kept: it comes out as it was, marked.
        let answer = try await recomputation.run(planID: kept.planID).answer
        #expect(answer.identical, "\(answer.differences)")
        #expect(answer.state == "outdated")
        let export = try await RecordExport(folder: bench.folder, source: bench.source).run(
            id: kept.planID, to: bench.work.appending(path: "out"))
        #expect(export.state == "outdated")
        #expect(export.files.contains("dose.dcm"))
        // A new plan would stand on what is there now: two structure sets, which none can be.
        await #expect(throws: WorkflowError.self) { _ = try await bench.plan() }
    }

    @Test("a plan made anew with another wish replaces the old one, and both recompute")
    func newVersion() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        let first = try await bench.plan()
        let same = try await bench.plan()
        #expect(same.planID == first.planID)
        let second = try await bench.plan(doseGy: 200)
        #expect(second.planID != first.planID)
        #expect(
            try await bench.state(first.planID)
                == .outdated(reason: "\(first.doseID) was replaced by \(second.doseID)"))
        #expect(try await bench.state(second.planID) == .current)
        let listed = try await Listing(records: bench.folder.records).computed
        #expect(listed.filter { $0.kind == "plan" }.map(\.version) == [1, 2])
        #expect(listed.filter { $0.kind == "plan" }.map(\.state) == ["outdated", "current"])
        for plan in [first, second] {
            let answer = try await PlanRecomputation(folder: bench.folder, source: bench.source)
                .run(planID: plan.planID).answer
            #expect(answer.identical, "\(plan.planID): \(answer.differences)")
        }
    }

    @Test("only a plan is recomputed, and only what exists is shown")
    func refusals() async throws {
        let work = try ReferenceFiles.scratch("outdated")
        defer { try? FileManager.default.removeItem(at: work) }
        let folder = try DataFolder.open(at: work.appending(path: "data"), create: true)
        let object = try await folder.objects.put(Array("{}".utf8))
        let record = try await folder.records.save(
            DerivedDraft(
                caseID: "patient-1", kind: "registration", name: "rigid-ct", content: object,
                mediaType: "application/json", inputs: [], softwareVersion: "0"), by: "test")
        let source = InProcessSource()
        await #expect(throws: WorkflowError.notFound(kind: "plan", name: record.id)) {
            _ = try await PlanRecomputation(folder: folder, source: source).run(planID: record.id)
        }
        await #expect(
            throws: WorkflowError.notFound(kind: "series or computed object", name: "plan-9")
        ) {
            _ = try await Shown(id: "plan-9", folder: folder, source: source)
        }
        let acceptance = RegistrationAcceptance(folder: folder, actor: "anna")
        await #expect(throws: WorkflowError.self) {
            _ = try await acceptance.withdraw(record.id, reason: "never accepted")
        }
        let shown = try await acceptance.accept(record.id, note: "seen in three planes")
        #expect(shown.acceptance?.acceptedBy == "anna")
        await #expect(throws: WorkflowError.self) {
            _ = try await acceptance.accept(record.id, note: "again")
        }
    }
}
