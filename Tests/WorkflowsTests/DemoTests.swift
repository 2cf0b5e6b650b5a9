import Foundation
import Testing
import Workflows
import _TestSupport

/// The synthetic patient through the whole spine; truth is closed form, not the program's own past.
@Suite("Demonstration")
struct DemoTests {
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
    }

    @Test("each territory's mean dose is C · A · (1 − L) / M")
    func energy() async throws {
        let folder = try ReferenceFiles.scratch("demo")
        defer { try? FileManager.default.removeItem(at: folder) }
        let plan = try await DemoWorkflow(folder: folder, isHalfSize: true).run(pdf: false) { _ in }
            .kept.result.document
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
