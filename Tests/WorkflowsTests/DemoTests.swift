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
        for row in outcome.table.rows {
            #expect(
                row.isWithinBound != false,
                "\(row.quantity): \(row.got), truth \(row.truth), bound \(row.bound ?? 0)")
        }
        try checkEnergy(outcome.kept.result.document)
        // Verifying what was delivered registers another image and must leave the plan as it is.
        let records = try DataFolder.open(at: folder.appending(path: "data"), create: false)
            .records
        let listed = try await Listing(records: records).computed
        #expect(listed.filter { $0.kind == "registration" }.count == 2)
        #expect(listed.allSatisfy { $0.state == "current" })
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
