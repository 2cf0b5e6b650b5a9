import ArgumentParser
import Foundation
import Terminal
import Workflows

/// With which random numbers an engine runs, and on how many workers.
struct DrawOptions: ParsableArguments {
    @Option(help: "Where random numbers start; the same seed gives the same bytes.")
    var seed: UInt64 = 1
    @Option(help: "Workers; no result depends on it.")
    var threads = 2

    func validate() throws {
        guard EngineRun.allowedThreads.contains(threads) else {
            throw ValidationError("'--threads' must be from 1 to 1024.")
        }
    }
}

/// How long and with which random numbers an engine runs.
struct EngineOptions: ParsableArguments {
    @Option(help: "Decays to simulate.")
    var histories = 400_000
    @OptionGroup var draws: DrawOptions

    func validate() throws {
        guard EngineRun.allowedHistories.contains(histories) else {
            throw ValidationError("'--histories' must be above 0 and below 1e14.")
        }
    }

    /// The settings for the engines.
    func settings() throws -> EngineRun {
        try EngineRun(histories: histories, seed: draws.seed, threads: draws.threads)
    }
}

/// What ends a Monte Carlo run, how it draws and where it goes on after a kill.
struct TransportOptions: ParsableArguments {
    @Option(help: "Decays to simulate (rounded up to a multiple of 40).")
    var histories: Int?
    @Option(
        help: ArgumentHelp(
            "Go on until 1 sigma of the mean of every label with activity is below this share "
                + "(default 0.01); without labels, of the median voxel above half the maximum.",
            valueName: "fraction"))
    var uncertainty: Double?
    @Option(help: "Go on for so long.")
    var seconds: Double?
    @OptionGroup var draws: DrawOptions
    @Option(
        help: "A file for the state of the run; when it is there, the run goes on from it.",
        completion: .file())
    var checkpoint: String?
    @Option(
        help: ArgumentHelp("How often '--checkpoint' is written (default: 30).", valueName: "s"))
    var checkpointSeconds: Double?

    func validate() throws {
        guard [histories != nil, uncertainty != nil, seconds != nil].count(where: { $0 }) <= 1
        else {
            throw ValidationError(
                "Name one of '--histories', '--uncertainty' and '--seconds', not several.")
        }
        guard EngineRun.allowedHistories.contains(histories ?? 1) else {
            throw ValidationError("'--histories' must be above 0 and below 1e14.")
        }
        guard (1e-5 ... 1).contains(uncertainty ?? 1) else {
            throw ValidationError("'--uncertainty' must be from 0.00001 to 1.")
        }
        guard (0.001 ... 1e7).contains(seconds ?? 1) else {
            throw ValidationError("'--seconds' must be from 0.001 to 10000000.")
        }
        guard (0.01 ... 1e5).contains(checkpointSeconds ?? 1) else {
            throw ValidationError("'--checkpoint-seconds' must be from 0.01 to 100000.")
        }
        guard checkpointSeconds == nil || checkpoint != nil else {
            throw ValidationError("'--checkpoint-seconds' needs '--checkpoint'.")
        }
    }

    /// Refuses what only a simulation can keep when another engine computes.
    ///
    /// `--seed` and `--threads` stay: no engine breaks what they promise.
    ///
    /// - Parameters:
    ///   - engine: Who computes.
    ///   - others: More options of the verb for simulations, and whether they were given.
    /// - Throws: `ValidationError` naming every option that does not belong there.
    func refuse(for engine: DoseRun.Engine, _ others: [(String, Bool)] = []) throws {
        guard engine != .montecarlo else { return }
        let given =
            [
                ("--histories", histories != nil), ("--uncertainty", uncertainty != nil),
                ("--seconds", seconds != nil), ("--checkpoint", checkpoint != nil),
                ("--checkpoint-seconds", checkpointSeconds != nil),
            ] + others
        let names = given.filter(\.1).map { "'\($0.0)'" }
        guard !names.isEmpty else { return }
        throw ValidationError(
            "\(names.joined(separator: ", ")) \(names.count == 1 ? "goes" : "go") with "
                + "'--engine montecarlo'; the engine '\(engine.rawValue)' simulates nothing.")
    }

    /// The settings for the engine.
    var run: TransportRun {
        let stop: TransportRun.Stop =
            if let histories {
                .histories(histories)
            } else if let seconds {
                .seconds(seconds)
            } else {
                .relativeUncertainty(uncertainty ?? 0.01)
            }
        return TransportRun(
            stop: stop, seed: draws.seed, threads: draws.threads,
            checkpoint: checkpoint.map { URL(filePath: $0) },
            checkpointSeconds: checkpointSeconds ?? 30
        ) { Console.progress("dose: \($0)") }
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
