import ArgumentParser
import Terminal
import Workflows

/// `grevy recompute`: makes a kept plan again and compares the bytes.
struct RecomputeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recompute",
        abstract: "Make a kept plan again from its record and compare the bytes.",
        discussion: """
            PLAN is the id that `grevy list` prints (plan-12). Only the data folder is read; \
            nothing is kept. Exit code 1 when an input has changed or anything comes out \
            different; the answer names it.
            """)

    @Argument(help: ArgumentHelp("The plan's id.", valueName: "plan"))
    var plan: String

    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let answer = try await data.open().recompute(planID: plan) {
            Console.progress("recompute: \($0)")
        }
        Console.endProgress()
        try output.show(answer, text: Self.text)
        guard answer.identical else { throw ExitCode(1) }
    }

    private static func text(_ answer: PlanRecomputation.Answer) -> String {
        var lines = [
            answer.identical
                ? "\(answer.planID): identical, plan \(answer.keptPlanDigest), dose \(answer.keptDoseDigest)"
                : "\(answer.planID): DIFFERENT"
        ]
        lines += answer.differences.map { "  differs: \($0)" }
        if answer.keptBySoftwareVersion != answer.recomputedBySoftwareVersion {
            lines.append(
                "  kept by version \(answer.keptBySoftwareVersion), recomputed by \(answer.recomputedBySoftwareVersion)"
            )
        }
        if let reason = answer.outdatedReason { lines.append("  outdated: \(reason)") }
        return lines.joined(separator: "\n")
    }
}
