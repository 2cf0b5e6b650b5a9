import Foundation
import Quantities
import Testing
import Workflows

@Suite("What a plan tells beside doses")
struct PlanFindingTests {
    private static func small(_ images: String) async throws -> [Finding] {
        try await BoxPlan.run(BoxPlan.yaml(images: images)).document.findings.filter {
            $0.code == "tumour.small-for-resolution"
        }
    }

    @Test("a tumour below twice the resolution is warned about, and no dose moves")
    func recovery() async throws {
        // 13.8 mL: 29.8 mm across.
        #expect(try await Self.small("").isEmpty)
        let found = try await Self.small(", activityResolutionMM: 15")
        #expect(found.map(\.subject) == ["Tumour"])
        #expect(found.first?.sentence.contains("from the plan") == true)
        let plain = try await BoxPlan.run(BoxPlan.yaml()).document
        let warned = try await BoxPlan.run(BoxPlan.yaml(images: ", activityResolutionMM: 15"))
        // All but how well the doses are known.
        func doses(_ plan: PlanDocument) -> [PlanDocument.Structure] {
            plan.structures.map {
                var structure = $0
                structure.uncertainty = nil
                return structure
            }
        }
        #expect(doses(plain) == doses(warned.document))
    }

    @Test("activity that the image shows in a spared organ is told, with its dose")
    func ownActivity() async throws {
        func findings(_ counts: Float, limitGy: Double) async throws -> [Finding] {
            try await BoxPlan.run(
                BoxPlan.yaml(
                    others: "Stomach",
                    more: "limits: [{structure: Stomach, meanDoseGy: \(limitGy), source: x}]"),
                stomachCounts: counts
            ).document.findings.filter { $0.subject == "Stomach" }
        }
        // C · A · n / (N · m) of 2 GBq: 103 Gy.
        let share =
            Double(BoxPlan.stomachVoxels) / (BoxPlan.liverCounts + Double(BoxPlan.stomachVoxels))
        let ownGy = 49.67 * 2 * share / (1.03 * BoxPlan.stomachML / 1000)
        let told = try await findings(1, limitGy: 50)
        #expect(told.map(\.code) == ["organ.own-activity", "limit.own-activity"])
        #expect(told.map(\.severity) == [.warning, .error])
        #expect(told[0].sentence.contains(String(format: "%.4g Gy", ownGy)), "\(told[0].sentence)")
        #expect(try await findings(1, limitGy: 150).map(\.code) == ["organ.own-activity"])
        // A hundredth of it is below what is told, and its limit holds.
        #expect(try await findings(0.01, limitGy: 50).isEmpty)
    }

    @Test("lungs whose limit earlier sessions used up leave nothing to plan")
    func lungsUsedUp() async throws {
        let limits = "lungLimits: {singleGy: 30, cumulativeGy: 50, earlierGy: 51, source: x}"
        let wish = "[{name: all, structure: Liver, aim: {structure: Tumour, meanDoseGy: 200}}]"
        await #expect {
            try await BoxPlan.run(BoxPlan.yaml(territories: wish, more: limits))
        } throws: {
            "\($0)".contains("51") && "\($0)".contains("no activity is left")
        }
        // Without any shunt nothing reaches them; a given activity is a person's own decision.
        _ = try await BoxPlan.run(BoxPlan.yaml(shunt: 0, territories: wish, more: limits))
        _ = try await BoxPlan.run(BoxPlan.yaml(more: limits))
    }

    @Test("the patient's facts are read, converted, and held against the criteria")
    func patient() async throws {
        let findings = try await BoxPlan.run(
            BoxPlan.yaml(
                more: "patient: {ecog: 3, bilirubinMgPerDL: 2.1, ascites: false, priorPRRT: true}")
        ).document.findings
        let codes = Set(findings.filter { $0.subject == "patient" }.map(\.code))
        #expect(
            codes == [
                "patient.ecog-high", "patient.bilirubin-high", "patient.bilirubin-raised",
                "patient.prior-prrt", "patient.facts-missing", "patient.liver-small",
                "patient.whole-liver-session",
            ])
        let silent = try await BoxPlan.run(BoxPlan.yaml()).document.findings
        #expect(silent.contains { $0.code == "patient.not-given" })
    }

    @Test(
        "a fact in two units, of the wrong kind or misspelt is refused",
        arguments: [
            "{bilirubinMgPerDL: 1, bilirubinUmolPerL: 17}", "{ecog: fit}", "{ascites: 2}",
            "{bilirubin: 12}", "{ecog: 7}",
        ])
    func refusals(patient: String) async {
        await #expect(throws: (any Error).self) {
            _ = try await BoxPlan.run(BoxPlan.yaml(more: "patient: \(patient)"))
        }
    }

    @Test("BED comes from the table, which the plan carries with how well it is known")
    func constants() async throws {
        let document = try await BoxPlan.run(BoxPlan.yaml()).document
        let tumour = try #require(document.structures.first { $0.name == "Tumour" })
        let dose = tumour.meanDoseGy
        let halfLife = document.profile.halfLifeHours
        let expected = dose * (1 + 1.5 / (1.5 + halfLife) * dose / 10)
        #expect(abs(try #require(tumour.bedGy) / expected - 1) < 1e-12)
        let constants = try #require(document.constants)
        #expect(constants.first { $0.id == "bed-tumour" }?.status == "unchecked")
        #expect(!constants.contains { $0.id.hasPrefix("resin") || $0.id.hasPrefix("glass") })
    }
}
