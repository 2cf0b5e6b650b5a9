import ArgumentParser
import Terminal
import Workflows

/// `grevy bench resample`: a CT-sized volume to cubic voxels of 2 mm.
struct BenchResample: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resample",
        abstract: "Resamples a volume; prints seconds and means as one JSON document.")

    @Option(help: "Columns and rows.") var size = 512
    @Option(help: "Slices, 1.5 mm apart.") var slices = 300

    func validate() throws {
        guard (2 ... 1024).contains(size), (2 ... 2000).contains(slices) else {
            throw ValidationError("2 to 1024 columns and rows, 2 to 2000 slices")
        }
    }

    func run() async throws {
        Console.result(
            try CanonicalJSON.encoded(ResampleBenchmark.timed(size: size, slices: slices)))
    }
}
