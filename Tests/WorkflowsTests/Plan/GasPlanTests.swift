import Imaging
import Physics
import Quantities
import Testing
import Workflows

/// Structures of a plan that overlap air.
@Suite("Gas in structures")
struct GasPlanTests {
    /// Two of the liver's 24 slices.
    private static let gas = IndexBox(lower: [8, 8, 8], upper: [32, 32, 10])

    private struct Outcome {
        let structure: PlanDocument.Structure
        let tissueGPerML: Double
        let gasGPerML: Double
        let findings: [Finding]
    }

    private func liver(_ dose: String) async throws -> Outcome {
        let result = try await BoxPlan.run(BoxPlan.yaml(dose: dose), gas: Self.gas)
        let density = result.density.gramsPerML
        return Outcome(
            structure: try #require(result.document.structures.first { $0.name == "Liver" }),
            tissueGPerML: Double(density[20, 20, 20]), gasGPerML: Double(density[20, 20, 8]),
            findings: result.document.findings.filter { $0.code == "dose.gas-left-out" })
    }

    /// Closed form: D = C A (1 - L) times the share of the counts over the mass that counts.
    @Test("Gas carries no dose: energy over mass of what is left")
    func leftOut() async throws {
        let outcome = try await liver("density: ct")
        let (liver, findings) = (outcome.structure, outcome.findings)
        let counts = 13_824 + 216 * (BoxPlan.ratio - 1)
        let slices = 22.0 / 24
        let kg = 1e-3 * slices * BoxPlan.liverML * outcome.tissueGPerML
        let constant = try ConventionProfile.named("eanm2022").doseConstantGyKgPerGBq
        let expected = constant * 2 * 0.95 * (1 - 2 * 576 / counts) / kg
        #expect(abs(liver.meanDoseGy / expected - 1) < 1e-5)
        #expect(abs(liver.massG / (1000 * kg) - 1) < 1e-5)
        // Outside the tumour all voxels of tissue have one dose, gas a thousand times that.
        let median = try #require(liver.d50Gy)
        #expect(abs(try #require(liver.d98Gy) / median - 1) < 1e-5)
        #expect(try #require(liver.d2Gy) < 4.1 * median)
        // The volume is that of the outline.
        #expect(abs(liver.volumeML / BoxPlan.liverML - 1) < 1e-6)
        #expect(findings.map(\.subject) == ["Liver", "all"])
        #expect(findings.allSatisfy { $0.severity == .warning })
        #expect(findings[0].sentence.contains("(8.3 %)"))
    }

    @Test("Gas counts when the plan file says so")
    func counted() async throws {
        let outcome = try await liver("density: ct, gas: counted")
        let liver = outcome.structure
        let (tissue, gas) = (outcome.tissueGPerML, outcome.gasGPerML)
        let kg = 1e-3 * BoxPlan.liverML * (22 * tissue + 2 * gas) / 24
        let constant = try ConventionProfile.named("eanm2022").doseConstantGyKgPerGBq
        #expect(abs(liver.meanDoseGy / (constant * 2 * 0.95 / kg) - 1) < 1e-5)
        let ratio = try #require(liver.d2Gy) / #require(liver.d50Gy)
        #expect(abs(ratio * gas / tissue - 1) < 1e-4)
        #expect(outcome.findings.isEmpty)
        #expect(throws: WorkflowError.self) {
            try PlanSpec(yaml: BoxPlan.yaml(dose: "density: ct, gas: some"))
        }
    }

    @Test("A structure of gas alone is refused with what can be done")
    func alone() async throws {
        let tumour = IndexBox(lower: [12, 16, 16], upper: [18, 22, 22])
        let error = await #expect(throws: WorkflowError.self) {
            try await BoxPlan.run(BoxPlan.yaml(dose: "density: ct"), gas: tumour)
        }
        #expect("\(try #require(error))".contains("'Tumour' holds gas alone"))
    }
}
