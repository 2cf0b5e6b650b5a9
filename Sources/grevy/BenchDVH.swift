import ArgumentParser
import Terminal
import Workflows

/// `grevy bench dvh`: histograms of real files, reading included.
struct BenchDVH: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dvh",
        abstract: "Computes histograms; prints seconds and figures as one JSON document.")

    @Option(help: "How many structures; files are used again until there are as many.")
    var count = 20

    @Option(help: "Exact shares (area) or centres of voxels (centre).")
    var mode: DVHMode = .centre

    @Argument(help: "RTDOSE and RTSTRUCT files, in pairs.")
    var files: [String]

    func validate() throws {
        guard count > 0, !files.isEmpty, files.count.isMultiple(of: 2) else {
            throw ValidationError("Give pairs of RTDOSE and RTSTRUCT, and a count above 0.")
        }
    }

    func run() async throws {
        let pairs = stride(from: 0, to: files.count, by: 2).map { (files[$0], files[$0 + 1]) }
        Console.result(
            try CanonicalJSON.encoded(
                await DVHBenchmark.timed(pairs: pairs, count: count, mode: mode)))
    }
}
