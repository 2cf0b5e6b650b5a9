import Testing
import Workflows

/// What a person types wrongly, and what the message must say.
@Suite("Slips in a plan file")
struct PlanSlipTests {
    private static let plan = """
        name: Slips
        device: glass
        profile: eanm2022
        images: {planning: CT, activity: SPECT}
        structures: {from: RT, liver: Liver, tumours: [Tumour 1]}
        territories:
          - {name: right, structure: Right lobe, aim: {structure: Tumour 1, meanDoseGy: 250}}
        lungShunt: {use: typed, fraction: 0.05}
        residualFraction: 0.01
        limits:
          - {structure: Normal Liver, meanDoseGy: 70, source: local}
        order: {treatmentTime: "2026-01-19T12:00:00+00:00"}
        """

    private static let outlined = ["Liver", "Tumour 1", "Right lobe"]

    private static func message(_ yaml: String) -> String? {
        do {
            try PlanSpec(yaml: yaml).refuseUnknownStructures(known: outlined)
            return nil
        } catch { return "\(error)" }
    }

    @Test("the plan without a slip is taken")
    func right() { #expect(Self.message(Self.plan) == nil) }

    @Test(
        "each is refused with its key, its line and what was meant",
        arguments: [
            ("residualFraction:", "residualFractoin:", ["'residualFractoin' (line 9)", "a slip?"]),
            ("fraction: 0.05", "fractoin: 0.05", ["lungShunt.fractoin", "a slip?"]),
            ("0.01", "0,01", ["'residualFraction'", "with a point", "'0,01'", "line 9"]),
            ("0.01", "\"0.01\"", ["no quotes"]),
            ("0.01", "1e400", ["finite number", "1e400"]),
            ("0.01", "1.5", ["from 0 to below 1", "1.5"]),
            ("name: Slips", "\tname: Slips", ["line 1", "tabs"]),
            ("device: glass", "device: glass\ndevice: resin", ["line", "more than one 'device'"]),
            ("device: glass", "device: Glass", ["glass, resin, holmium", "not 'Glass'"]),
            ("eanm2022", "eanm", ["'profile'", "eanm2022", "mppg14a", "line 3"]),
            ("meanDoseGy: 250", "meanDoseGy: 25000", ["aim.meanDoseGy", "10000", "25000"]),
            ("12:00:00+00:00", "12:00:00", ["order.treatmentTime", "zone", "line 12"]),
            ("2026-01-19T", "2026-02-30T", ["order.treatmentTime", "2026-02-30"]),
            ("+00:00", "+25:00", ["order.treatmentTime", "+25:00"]),
            ("liver: Liver", "liver: Lever", ["structures.liver", "is 'Liver' meant?"]),
            ("structure: Tumour 1", "structure: Tumour 2", ["territories[0].aim.structure"]),
            (
                ", aim: {structure: Tumour 1, meanDoseGy: 250}", "",
                ["Territory 'right' needs either"]
            ),
            (
                "  - {name: right", "  - {name: right, injectedActivityGBq: 1}\n  - {name: right",
                ["the same name, 'right'"]
            ),
            ("structure: Normal Liver", "structure: Spleen", ["limits[0].structure", "right"]),
        ])
    func slip(right: String, wrong: String, expected: [String]) throws {
        let yaml = Self.plan.replacing(right, with: wrong, maxReplacements: 1)
        #expect(yaml != Self.plan)
        let message = try #require(Self.message(yaml))
        for part in expected { #expect(message.contains(part), "\(message)") }
    }

    @Test(
        "no plan at all is said so",
        arguments: ["", "# only a comment\n", "text", "- a\n- list\n", "a: {b: c"])
    func noPlan(yaml: String) throws {
        let message = try #require(Self.message(yaml))
        #expect(message.hasPrefix("The specification"))
    }
}
