import ArgumentParser
import Workflows

/// How long and with which random numbers an engine runs.
struct EngineOptions: ParsableArguments {
    @Option(help: "Decays to simulate.")
    var histories = 400_000
    @Option(help: "Where random numbers start; the same seed gives the same bytes.")
    var seed: UInt64 = 1
    @Option(help: "Workers; no result depends on it.")
    var threads = 2

    func validate() throws {
        guard EngineRun.allowedHistories.contains(histories) else {
            throw ValidationError("'--histories' must be above 0 and below 1e14.")
        }
        guard EngineRun.allowedThreads.contains(threads) else {
            throw ValidationError("'--threads' must be from 1 to 1024.")
        }
    }

    /// The settings for the engines.
    func settings() throws -> EngineRun {
        try EngineRun(histories: histories, seed: seed, threads: threads)
    }
}

/// Which decay in which matter a kernel or a sphere is of.
struct MaterialOptions: ParsableArguments {
    @Option(help: "The nuclide, written like Y-90.")
    var nuclide: String
    @Option(help: "The medium everywhere; `grevy materials` lists them.")
    var material = "water"
    @Option(
        help: ArgumentHelp(
            "Its density (default: that of `grevy materials`; water 1.000).", valueName: "g/mL"))
    var density: Double?
}
