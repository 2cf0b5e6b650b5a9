import Physics
import Quantities
import Testing
import Workflows

@Suite("Limits of a plan")
struct PlanLimitTests {
    private static func limits(_ text: String) -> String { "limits: [\(text)]" }

    // Voxel doses are Float: a few parts in 10⁷ of a value.
    private let tolerance = 2e-6

    @Test("a limit on D50 allows the activity that the closed form of the wish's map gives")
    func closedForm() async throws {
        let result = try await BoxPlan.run(
            BoxPlan.yaml(
                more: Self.limits(
                    "{structure: Normal Liver, hottestPercent: 50, doseGy: 20, source: test}")))
        let perGBq = BoxPlan.normalGyPerGBq(shunt: 0.05, profile: result.profile)
        let document = result.document
        #expect(document.bindingLimit == "Normal Liver D50")
        #expect(abs(document.totalInjectedActivityGBq * perGBq / 20 - 1) < tolerance)
        let limit = try #require(document.limits.first { $0.measure == "D50" })
        #expect(limit.isBinding && limit.isMet)
        #expect(limit.structure == "Normal Liver")
        let most = try #require(limit.maximumTotalInjectedActivityGBq)
        #expect(abs(most * perGBq / 20 - 1) < tolerance)
        // The final map itself, not the scaled number.
        let normal = try #require(document.structures.first { $0.name == "Normal Liver" })
        #expect(abs(try #require(normal.d50Gy) / 20 - 1) < tolerance)
        #expect(document.findings.contains { $0.code == "plan.wish-above-limits" })
    }

    @Test("each limit has its own maximum, the least binds, and a volume limit is the same limit")
    func margins() async throws {
        let free = try await BoxPlan.run(BoxPlan.yaml()).document
        let tumour = try #require(free.structures.first { $0.name == "Tumour" })
        let d98 = try #require(tumour.d98Gy)
        let result = try await BoxPlan.run(
            BoxPlan.yaml(
                more: Self.limits(
                    """
                    {structure: Tumour, hottestPercent: 98, doseGy: \(d98 / 2), source: test},
                    {structure: Normal Liver, meanDoseGy: 1000, source: test},
                    {structure: Tumour, volumePercent: 98, aboveDoseGy: \(d98 / 4), source: test}
                    """))
        ).document
        let most = result.limits.map { $0.maximumTotalInjectedActivityGBq ?? 0 }
        #expect(
            result.limits.map(\.name).dropFirst() == ["Tumour D98", "Normal Liver", "Tumour D98"])
        #expect(abs(most[1] / free.totalInjectedActivityGBq - 0.5) < 1e-12)
        #expect(abs(most[3] / free.totalInjectedActivityGBq - 0.25) < 1e-12)
        #expect(result.limits.map(\.isBinding) == [false, false, false, true])
        #expect(result.totalInjectedActivityGBq == most[3])
        // The margin of the others is that of the plan as cut down.
        #expect(abs(result.limits[1].marginGy / (d98 / 4) - 1) < tolerance)
    }

    @Test("the split between territories stays, and a structure outside both limits nothing")
    func split() async throws {
        let territories = """
            [{name: right, structure: Right, injectedActivityGBq: 2},
             {name: left, structure: Left, injectedActivityGBq: 0.5}]
            """
        let result = try await BoxPlan.run(
            BoxPlan.yaml(
                territories: territories,
                more: Self.limits(
                    "{structure: Normal left, hottestPercent: 10, doseGy: 10, source: test}"))
        ).document
        let given = result.territories.map(\.injectedActivityGBq)
        #expect(abs(given[0] / given[1] - 4) < 1e-12)
        // D10 of the left, uniform: C A (1 − L) / M.
        let massKg = (BoxPlan.liverML - BoxPlan.rightML) * result.profile.tissueDensityGPerML / 1000
        let activity = 10 * massKg / (result.profile.doseConstantGyKgPerGBq * 0.95)
        #expect(abs(given[1] / activity - 1) < tolerance)

        let right = try await BoxPlan.run(
            BoxPlan.yaml(
                territories: "[{name: right, structure: Right, injectedActivityGBq: 2}]",
                more: Self.limits(
                    "{structure: Normal Liver, hottestPercent: 90, doseGy: 1, source: test}"))
        ).document
        let limit = try #require(right.limits.first { $0.measure == "D90" })
        #expect(limit.valueGy == 0)
        #expect(limit.maximumTotalInjectedActivityGBq == nil)
        #expect(right.totalInjectedActivityGBq == 2)
    }

    @Test(
        "limits that cannot be read or computed are refused",
        arguments: [
            "{structure: Tumour, hottestPercent: 50, source: test}",
            "{structure: Tumour, hottestPercent: 100, doseGy: 5, source: test}",
            "{structure: Tumour, hottestPercent: 50, doseGy: 5, meanDoseGy: 4, source: test}",
            "{structure: Tumour, volumePercent: 50, doseGy: 5, source: test}",
            "{structure: Nothing, hottestPercent: 50, doseGy: 5, source: test}",
        ])
    func refusals(limit: String) async {
        await #expect(throws: WorkflowError.self) {
            _ = try await BoxPlan.run(BoxPlan.yaml(more: Self.limits(limit)))
        }
    }

    @Test("a method without voxels has no histogram to limit", arguments: ["partition", "single"])
    func methods(method: String) async {
        await #expect(throws: WorkflowError.self) {
            _ = try await BoxPlan.run(
                BoxPlan.yaml(
                    more: "method: \(method)\n"
                        + Self.limits(
                            "{structure: Tumour, hottestPercent: 50, doseGy: 5, source: test}")))
        }
    }
}
