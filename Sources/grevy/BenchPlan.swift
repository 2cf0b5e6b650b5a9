import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy bench plan`: how long a plan takes in a running program.
struct BenchPlan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Makes and writes a plan several times; prints seconds as one JSON document.")

    @OptionGroup var options: WritingOptions

    @Option(help: "How many times, after one that is not counted.")
    var rounds = 5

    func validate() throws {
        guard (1 ... 1000).contains(rounds) else {
            throw ValidationError("Give 1 to 1000 rounds.")
        }
    }

    func run() async throws {
        let timing = try await PlanBenchmark.timed(
            session: try options.data.open(), yaml: try options.specText(),
            specFolder: options.specURL.deletingLastPathComponent(), rounds: rounds,
            out: options.outURL)
        Console.result(try CanonicalJSON.encoded(timing))
    }
}
