import ArgumentParser
import Terminal
import Workflows

/// `grevy bench registration-spect`: how well a SPECT alone is brought onto the CT.
struct BenchRegistrationSpect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registration-spect",
        abstract: "Registers synthetic SPECTs with the CT; prints errors as one JSON document.")

    @Option(help: "How many noise seeds, from 1.")
    var seeds = 10

    @Flag(help: "Take the small patient.")
    var halfSize = false

    func validate() throws {
        guard (1 ... 1000).contains(seeds) else { throw ValidationError("Give 1 to 1000 seeds.") }
    }

    func run() async throws {
        let report = try await SpectRegistrationBenchmark.run(
            seeds: (1 ... seeds).map(UInt64.init), isHalfSize: halfSize,
            progress: { Console.note($0) })
        Console.result(try CanonicalJSON.encoded(report))
    }
}
