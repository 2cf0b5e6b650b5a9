import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy bench kernel`: one dose by voxel kernels.
struct BenchKernel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel",
        abstract: "Convolves decays with a kernel; prints seconds as one JSON document.")

    @Option(help: "The nuclide, written like Y-90.") var nuclide: String
    @Option(parsing: .upToNextOption, help: "Columns, rows, slices.") var shape: [Int]
    @Option(name: .customLong("voxel-mm"), parsing: .upToNextOption, help: "Sides of a voxel.")
    var voxelMM: [Double]
    @Option(help: "Where the activity is.") var source = KernelBenchmark.Source.full
    @Option(help: "Repetitions.") var rounds = 3
    @Option(help: "A file for the dose as raw Float.") var out: String?

    func validate() throws {
        guard shape.count == 3, shape.allSatisfy({ 1 ... 1024 ~= $0 }), voxelMM.count == 3,
            voxelMM.allSatisfy({ 0.5 ... 20 ~= $0 }), 1 ... 100 ~= rounds
        else { throw ValidationError("three counts up to 1024, three sides of 0.5 to 20 mm") }
    }

    func run() async throws {
        Console.result(
            try CanonicalJSON.encoded(
                KernelBenchmark.timed(
                    nuclide: nuclide, shape: shape, spacingMM: voxelMM, source: source,
                    rounds: rounds, out: out.map { URL(filePath: $0) })))
    }
}

extension KernelBenchmark.Source: ExpressibleByArgument {}
