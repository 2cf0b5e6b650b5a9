import ArgumentParser

/// What the scripts in Benchmarks/ time; not for users.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Does one job once and prints how long it took.",
        shouldDisplay: false,
        subcommands: [
            BenchDVH.self,
            BenchKernel.self,
            BenchMakeSeries.self,
            BenchPlan.self,
            BenchReadSeries.self,
            BenchRegistrationSpect.self,
            BenchResample.self,
        ])
}
