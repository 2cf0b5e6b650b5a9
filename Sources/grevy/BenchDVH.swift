import ArgumentParser
import Foundation
import Workflows

/// `grevy bench dvh`: histograms against dicompyler-core, same files, same run.
struct BenchDVH: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dvh",
        abstract: "Times histograms against dicompyler-core on the same files.")

    @Option(help: "How many structures; files are used again until there are as many.")
    var count = 20

    @Option(help: "A Python with dicompyler-core.")
    var python: String

    @Option(help: "The script Benchmarks/dvh_dicompyler.py.")
    var script = "Benchmarks/dvh_dicompyler.py"

    @Argument(help: "RTDOSE and RTSTRUCT files, in pairs.")
    var files: [String]

    func validate() throws {
        guard count > 0, !files.isEmpty, files.count.isMultiple(of: 2) else {
            throw ValidationError("Give pairs of RTDOSE and RTSTRUCT, and a count above 0.")
        }
    }

    func run() async throws {
        var histograms = 0
        let clock = ContinuousClock()
        let start = clock.now
        var round = 0
        while histograms < count, round < count * files.count {
            let pair = 2 * round % files.count
            let document = try await DVHWorkflow(mode: .centre).run(
                dosePath: files[pair], structuresPath: files[pair + 1])
            histograms += document.structures.count
            round += 1
        }
        let seconds = (clock.now - start) / .seconds(1)
        let other = try dicompylerSeconds()
        Console.result(
            "dvh \(histograms) structures: grevy \(seconds) s, dicompyler-core \(count) structures: "
                + "\(other) s, ratio \(other / seconds)")
    }

    private func dicompylerSeconds() throws -> Double {
        struct Answer: Decodable { let seconds: Double }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: python)
        process.arguments = [script, String(count)] + files
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try JSONDecoder().decode(Answer.self, from: data).seconds
    }
}
