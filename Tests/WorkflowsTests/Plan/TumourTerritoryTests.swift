import Foundation
import Quantities
import Testing
import Workflows

/// A territory that is tumour throughout, as in a segmentectomy.
@Suite("Territory without normal tissue")
struct TumourTerritoryTests {
    private static func yaml(_ method: String, more: String = "") -> String {
        BoxPlan.yaml(
            territories: "[{name: t5, structure: Tumour, injectedActivityGBq: 0.3}]",
            more: "method: \(method)\n\(more)")
    }

    @Test(
        "gets C A (1 − L) / M, has no normal tissue, and the plan says so",
        arguments: ["single", "voxel"])
    func dose(method: String) async throws {
        let plan = try await BoxPlan.run(Self.yaml(method)).document
        let expected =
            plan.profile.doseConstantGyKgPerGBq * 0.3 * 0.95
            / (BoxPlan.tumourML * plan.profile.tissueDensityGPerML / 1000)
        for name in ["t5", "Tumour"] {
            let structure = try #require(plan.structures.first { $0.name == name })
            // Voxel doses are Float.
            #expect(abs(structure.meanDoseGy / expected - 1) < 2e-6, "\(name)")
        }
        #expect(!plan.structures.contains { $0.name == "Normal t5" })
        #expect(plan.structures.contains { $0.name == "Normal Liver" })
        let finding = try #require(
            plan.findings.first { $0.code == "plan.no-normal-tissue" })
        #expect(finding.subject == "t5")
        // JSON knows no NaN: a number that is none would throw.
        _ = try JSONEncoder().encode(plan)
    }

    @Test("a territory beside it keeps its normal tissue and its dose")
    func neighbour() async throws {
        let plan = try await BoxPlan.run(
            BoxPlan.yaml(
                territories: """
                    [{name: t5, structure: Tumour, injectedActivityGBq: 0.3},
                     {name: left, structure: Left, injectedActivityGBq: 1}]
                    """, more: "method: single")
        ).document
        let massKg =
            (BoxPlan.liverML - BoxPlan.rightML) * plan.profile.tissueDensityGPerML / 1000
        let expected = plan.profile.doseConstantGyKgPerGBq * 0.95 / massKg
        let normal = try #require(plan.structures.first { $0.name == "Normal left" })
        #expect(abs(normal.meanDoseGy / expected - 1) < 1e-6)
        #expect(!plan.structures.contains { $0.name == "Normal t5" })
    }

    @Test(
        "what needs the normal tissue is refused with the territory and what to do",
        arguments: [
            ("partition", "", ["'t5'", "method: single", "method: voxel"]),
            (
                "voxel", "limits: [{structure: Normal t5, meanDoseGy: 70, source: x}]",
                ["limits[0].structure", "'Normal t5'", "'t5' is tumour throughout"]
            ),
        ])
    func refused(method: String, more: String, parts: [String]) async throws {
        let error = await #expect(throws: WorkflowError.self) {
            _ = try await BoxPlan.run(Self.yaml(method, more: more))
        }
        let sentence = "\(try #require(error))"
        for part in parts { #expect(sentence.contains(part), "\(sentence)") }
    }
}
