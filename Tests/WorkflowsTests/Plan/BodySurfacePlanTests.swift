import Foundation
import Quantities
import Testing
import Workflows

@Suite("Resin plan by body surface")
struct BodySurfacePlanTests {
    private static let whole = "[{name: all, structure: Liver}]"
    private static let lobes = "[{name: right, structure: Right}]"

    private static func yaml(
        device: String = "resin", shunt: Double = 0.05, territories: String = whole,
        reduction: String = ""
    ) -> String {
        BoxPlan.yaml(
            device: device, shunt: shunt, residual: 0.1, territories: territories,
            more: "method: bsa\nbsa: {heightCM: 170, weightKg: 70\(reduction)}")
    }

    /// DuBois in its other form, 0.007184 · H[cm]^0.725 · W^0.425; equal to the rounding of 0.20247.
    private static let surfaceM2 = 0.007184 * pow(170, 0.725) * pow(70, 0.425)

    @Test("the whole liver gets (BSA − 0.2) + V_T / V")
    func wholeLiver() async throws {
        let document = try await BoxPlan.run(Self.yaml()).document
        let rule = try #require(document.bodySurface)
        // V21 of the domain notes.
        #expect(abs(rule.bodySurfaceM2 - 1.8097) < 5e-5)
        let expected = Self.surfaceM2 - 0.2 + BoxPlan.tumourML / BoxPlan.liverML
        #expect(abs(document.totalInjectedActivityGBq / expected - 1) < 1e-4)
        #expect(rule.reducedActivityGBq == rule.unreducedActivityGBq)
        #expect(
            abs(document.totalVialActivityGBq * 0.9 / document.totalInjectedActivityGBq - 1)
                < 1e-12)
        #expect(document.findings.contains { $0.code == "bsa.no-dose" })
    }

    @Test("a lobe gets its share of the liver's volume")
    func lobe() async throws {
        let document = try await BoxPlan.run(Self.yaml(territories: Self.lobes)).document
        let expected =
            (Self.surfaceM2 - 0.2 + BoxPlan.tumourML / BoxPlan.rightML) * BoxPlan.rightML
            / BoxPlan.liverML
        #expect(abs(document.totalInjectedActivityGBq / expected - 1) < 1e-4)
    }

    @Test("the reduction is applied or shown, with the lung dose of both beside the limit")
    func reduction() async throws {
        let applied = try await BoxPlan.run(Self.yaml(shunt: 0.12)).document
        let shown = try await BoxPlan.run(
            Self.yaml(shunt: 0.12, reduction: ", shuntReduction: show")
        ).document
        let ratio = applied.totalInjectedActivityGBq / shown.totalInjectedActivityGBq
        #expect(abs(ratio - 0.8) < 1e-12)
        for document in [applied, shown] {
            let rule = try #require(document.bodySurface)
            let perGBq = document.profile.doseConstantGyKgPerGBq * 0.12
            #expect(
                abs(rule.unreducedLungDoseGy / (perGBq * rule.unreducedActivityGBq) - 1) < 1e-12)
            #expect(abs(rule.reducedLungDoseGy / (perGBq * rule.reducedActivityGBq) - 1) < 1e-12)
            #expect(rule.allowedLungDoseGy == 30)
            #expect(rule.reductionTable.map(\.reductionFraction) == [0, 0.2, 0.4, 1])
            #expect(document.findings.contains { $0.code == "bsa.shunt-reduction" })
        }
        for (document, doseGy) in [
            (applied, applied.bodySurface?.reducedLungDoseGy),
            (shown, shown.bodySurface?.unreducedLungDoseGy),
        ] {
            #expect(abs(document.lungDoseGy / (try #require(doseGy)) - 1) < 1e-12)
        }
    }

    @Test(
        "what the rule was not made for is refused with the reason",
        arguments: [
            (yaml(device: "glass"), "rule for resin"), (yaml(shunt: 0.25), "leaves no activity"),
            (yaml(territories: "[{name: left, structure: Left}]"), "holds no tumour"),
            (
                yaml(territories: "[{name: all, structure: Liver, injectedActivityGBq: 1}]"),
                "remove 'injectedActivityGBq'"
            ),
            (BoxPlan.yaml(device: "resin", territories: whole, more: "method: bsa"), "needs 'bsa'"),
            (
                BoxPlan.yaml(device: "resin", more: "bsa: {heightCM: 170, weightKg: 70}"),
                "'method: bsa' alone"
            ),
        ])
    func refusals(yaml: String, reason: String) async throws {
        do {
            _ = try await BoxPlan.run(yaml)
            Issue.record("not refused")
        } catch WorkflowError.refused(let sentence) {
            #expect(sentence.contains(reason), "\(sentence)")
        }
    }
}
