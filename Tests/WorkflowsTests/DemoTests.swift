import DICOM
import Foundation
import Storage
import Testing
import Workflows
import _TestSupport

/// The synthetic patient through the whole spine; truth is closed form, not the program's own past.
@Suite("Demonstration")
struct DemoTests {
    /// One test, because making and importing the patient is most of the work.
    @Test("every result of the small patient lies within what noise and gridding explain")
    func smallPatient() async throws {
        let folder = try ReferenceFiles.scratch("demo")
        defer { try? FileManager.default.removeItem(at: folder) }
        let outcome = try await DemoWorkflow(folder: folder, isHalfSize: true).run(pdf: false) {
            _ in
        }
        // Worst of all would be a row that nothing was claimed for.
        for row in outcome.table.rows {
            #expect(
                row.isWithinBound == true,
                "\(row.quantity): \(row.got), truth \(row.truth), bound \(row.bound ?? 0)")
        }
        try checkEnergy(outcome.kept.result.document)
        try checkIntervals(outcome.kept.result.document, truth: outcome.table.rows)
        #expect(outcome.engines.rows.count == 10 && outcome.engines.engines.count == 3)
        for row in outcome.engines.rows {
            #expect(row.isWithinBound, "\(row)")
        }
        // Verifying what was delivered registers another image and must leave the plan as it is.
        let records = try DataFolder.open(at: folder.appending(path: "data"), create: false)
            .records
        let listed = try await Listing(records: records).computed
        #expect(listed.filter { $0.kind == "registration" }.count == 2)
        #expect(listed.allSatisfy { $0.state == "current" })
    }

    /// What the patient was made with lies inside the stated intervals, above for blurred tumours.
    private func checkIntervals(_ plan: PlanDocument, truth rows: [DemoTable.Row]) throws {
        var tumours = 0
        for structure in plan.structures {
            let truth = rows.first {
                $0.quantity == "mean dose \(structure.name)"
                    || $0.quantity == "mean dose Territory \(structure.name)"
            }?.truth
            guard let truth else { continue }
            let uncertainty = try #require(structure.uncertainty)
            #expect(
                uncertainty.intervalGy.contains(truth),
                "\(structure.name): \(truth) Gy, shown \(structure.meanDoseGy)")
            guard structure.role == "tumour" else { continue }
            tumours += 1
            let blur = uncertainty.components.first { $0.kind == "partial-volume" }
            #expect((blur?.bias ?? 0) > 0 && truth > structure.meanDoseGy)
        }
        #expect(tumours > 0)
    }

    @Test("a file of the patient that is not taken in ends the demonstration with the reasons")
    func refusedImport() async throws {
        let folder = try ReferenceFiles.scratch("demo-refused")
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = folder.appending(path: "files")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        try Data("no DICOM".utf8).write(to: files.appending(path: "1.dcm"))
        let data = try DataFolder.open(at: folder.appending(path: "data"), create: true)
        let summary = try await ImportWorkflow(
            folder: data, source: InProcessSource(), actor: "test"
        ).run(paths: [files])
        #expect {
            try DemoWorkflow.refuseGaps(in: summary)
        } throws: { error in
            let sentence = "\(error)"
            return sentence.hasPrefix("1 of 1 files") && sentence.contains("not-dicom")
                && sentence.contains("1.dcm")
        }
    }

    /// Each territory's mean dose is C · A · (1 − L) / M.
    private func checkEnergy(_ plan: PlanDocument) throws {
        for territory in plan.territories {
            let structure = try #require(
                plan.structures.first { $0.name == territory.name })
            let expected =
                plan.profile.doseConstantGyKgPerGBq * territory.injectedActivityGBq
                * (1 - territory.lungShuntFraction) / (structure.massG / 1000)
            // Float maps and voxels that both territories touch.
            #expect(abs(structure.meanDoseGy / expected - 1) < 0.01)
        }
    }
}
