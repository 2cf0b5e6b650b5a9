import ArgumentParser
import Foundation
import Quantities
import Terminal
import Workflows

/// `grevy check`: another system's dose, recomputed and compared.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Recompute another system's dose (RTDOSE) and say how and why they differ.",
        discussion: """
            Activity is a series of the data folder, or a NIfTI or NRRD file of decays (Bq s) per \
            voxel; with '--injected-gbq', counts in any of them. Everything is brought onto the \
            grid of the plan dose; all must lie in its frame of reference. Gamma holds the \
            recomputed dose true. Causes are what the difference looks like, not proof.
            """)

    @Option(help: "The RTDOSE of the other system.", completion: .file())
    var planDose: String
    @Option(help: "The activity: a file, or a series with '--data'.", completion: .file())
    var activity: String
    @Option(help: "The CT in HU: a file, or a series with '--data'.", completion: .file())
    var ct: String
    @Option(
        help: ArgumentHelp(
            "The scanner's own table of CT number and density (default: a generic one).",
            valueName: "file"), completion: .file())
    var ctCurve: String?
    @Option(help: "An RTSTRUCT, to compare structures.", completion: .file())
    var structures: String?
    @Option(help: "The data folder that series are named of.", completion: .directory)
    var data: String?
    @Option(help: "The nuclide, written like Y-90.")
    var nuclide: String
    @OptionGroup var activityMeaning: ActivityOptions
    @Option(help: "Who recomputes.")
    var engine: DoseRun.Engine = .montecarlo
    @OptionGroup var transport: TransportOptions
    @Option(help: "Gamma: how much doses may differ, in percent.")
    var gammaDosePercent = 2.0
    @Option(help: "Gamma: how far away, in mm (default: the shortest edge of a voxel).")
    var gammaMm: Double?
    @Option(help: "Voxels below this share of the highest recomputed dose are not compared.")
    var gammaThresholdPercent = 10.0
    @Flag(help: "Let voxels of gas count in the doses of structures.")
    var countGas = false
    @Option(help: "The file for plan minus recomputed dose, in Gy.", completion: .file())
    var differenceOut: String?
    @Option(help: "The file for gamma, global.", completion: .file())
    var gammaOut: String?
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try transport.refuse(for: engine)
        guard gammaDosePercent > 0, gammaDosePercent <= 100, gammaMm.map({ $0 > 0 }) ?? true,
            (gammaMm ?? 1) <= 100, (0 ... 100).contains(gammaThresholdPercent)
        else {
            throw ValidationError(
                "'--gamma-dose-percent' must be above 0 to 100, '--gamma-mm' above 0 to 100, "
                    + "'--gamma-threshold-percent' from 0 to 100.")
        }
    }

    func run() async throws {
        let report = try await SecondCheck(
            sources: SecondCheck.Sources(
                planDose: URL(filePath: planDose), activity: activity, ct: ct,
                ctCurve: ctCurve.map { URL(filePath: $0) },
                structures: structures.map { URL(filePath: $0) },
                data: try data.map {
                    try DataSession(path: $0, actor: ProcessInfo.processInfo.userName)
                }),
            nuclide: nuclide, calibration: activityMeaning.calibration, engine: engine,
            run: transport.run,
            tolerance: SecondCheck.Tolerance(
                dosePercent: gammaDosePercent, distanceMM: gammaMm,
                thresholdPercent: gammaThresholdPercent),
            countsGas: countGas,
            differenceOut: differenceOut.map { URL(filePath: $0) },
            gammaOut: gammaOut.map { URL(filePath: $0) })()
        Console.endProgress()
        for finding in report.findings + report.structures.flatMap(\.findings) {
            Console.note(
                "\(finding.severity.rawValue) \(finding.code): "
                    + (finding.subject.map { "\($0): " } ?? "") + finding.sentence)
        }
        try output.show(report, text: \.text)
    }
}
