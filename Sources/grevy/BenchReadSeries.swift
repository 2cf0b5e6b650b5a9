import ArgumentParser
import Foundation
import Terminal
import Workflows

/// Writes the synthetic CT that ``BenchReadSeries`` and its peer read.
struct BenchMakeSeries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-series", abstract: "Writes a synthetic CT series.")

    @Argument(help: "Folder to write to.") var folder: String
    @Option(help: "Number of slices.") var slices = 500
    @Option(help: "Rows and columns.") var size = 512

    func validate() throws {
        guard (2 ... 5000).contains(slices), (1 ... 4096).contains(size) else {
            throw ValidationError("2 to 5000 slices of 1 to 4096 rows")
        }
    }

    func run() async throws {
        try ReadSeriesBenchmark.makeSeries(
            in: URL(filePath: folder), slices: slices, size: size)
    }
}

/// Reads a CT series into a volume of Hounsfield units, workers started anew.
struct BenchReadSeries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read-series",
        abstract: "Reads a CT series; prints seconds, shape and sum of Hounsfield units.")

    @Argument(help: "Folder with one series.") var folder: String

    func run() async throws {
        Console.result(try await ReadSeriesBenchmark.timed(URL(filePath: folder)))
    }
}
