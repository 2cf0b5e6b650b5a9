import ArgumentParser
import Foundation
import Workflows

/// `grevy dose`: absorbed dose from maps of activity, density and media.
struct DoseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dose",
        abstract: "Compute the dose of a map of activity, by local deposition or Monte Carlo.",
        discussion: """
            All maps are NIfTI files (.nii, .nii.gz) on one grid. Dose is physical dose to the \
            medium of each voxel; no convention rescales it.
            """)

    @Option(help: "Time-integrated activity, in Bq s per voxel.", completion: .file())
    var tia: String
    @Option(help: "Mass density, in g/mL.", completion: .file())
    var density: String
    @Option(
        help: "Medium of each voxel by its index; `grevy materials` lists them.",
        completion: .file())
    var medium: String
    @Option(help: "Structures by number, to get mean doses of.", completion: .file())
    var labels: String?
    @Option(help: "The nuclide, written like Y-90.")
    var nuclide: String
    @Option(help: "Who computes.")
    var engine: DoseRun.Engine
    @OptionGroup var transport: TransportOptions
    @Option(help: "The file for the dose in Gy.", completion: .file())
    var out: String
    @Option(help: "The file for its relative 1 sigma, a fraction.", completion: .file())
    var uncertaintyOut: String?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = try await DoseRun(
            tia: URL(filePath: tia), density: URL(filePath: density),
            medium: URL(filePath: medium), labels: labels.map { URL(filePath: $0) },
            nuclide: nuclide, engine: engine, run: transport.run,
            out: URL(filePath: out), uncertaintyOut: uncertaintyOut.map { URL(filePath: $0) })()
        Console.endProgress()
        try output.show(report, text: \.text)
    }
}

extension DoseRun.Engine: ExpressibleByArgument {}
