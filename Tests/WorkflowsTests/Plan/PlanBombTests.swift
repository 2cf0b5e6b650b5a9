import Testing
import Workflows

/// Texts of a few lines that stand for gigabytes.
@Suite("Plan files that multiply themselves")
struct PlanBombTests {
    /// Each level names the one before nine times.
    private static let levels: String = {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for n in 1 ... 9 {
            let nine = (0 ..< 9).map { _ in "*a\(n - 1)" }.joined(separator: ", ")
            text += "a\(n): &a\(n) [\(nine)]\n"
        }
        return text
    }()

    private func sentence(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch { return "\(error)" }
    }

    @Test(
        "Aliases are refused before the text is parsed, with a way out",
        arguments: [
            levels, levels + "? *a6\n: 1\n", "a: &x-1_B [1]\nb: *x-1_B\n", "b: *x\na: &x 1",
        ])
    func refused(text: String) {
        let clock = ContinuousClock()
        let time = clock.measure {
            #expect(sentence { _ = try PlanSpec(yaml: text) }.contains("write the part out"))
            #expect(sentence { _ = try PlanDraft().yaml(over: text) } != "")
            #expect(
                sentence {
                    _ = try PlanSpec.changed(yaml: text, of: "plan-1", injectedGBq: [1])
                }.contains("write the part out"))
        }
        // Parsed, the nine levels take 40 s.
        #expect(time < .seconds(2))
    }

    @Test("Signs in words stay words")
    func words() {
        for text in ["a: R&D", "a: \"R&D *note*\"", "a: 2 * 3 & 4", "a: &x 1"] {
            #expect(
                sentence { _ = try PlanSpec(yaml: text) }.contains("Unknown key")
                    || sentence { _ = try PlanSpec(yaml: text) }.contains("must be given"),
                "\(text)")
        }
    }
}
