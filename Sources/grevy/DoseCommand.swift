import ArgumentParser
import Foundation
import Quantities
import Terminal
import Workflows

/// `grevy dose`: absorbed dose from maps of activity and density, or a CT.
struct DoseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dose",
        abstract: "Compute the dose of a map of activity: local, by kernels, or Monte Carlo.",
        discussion: """
            Maps are NIfTI (.nii, .nii.gz) or NRRD files (.nrrd, .nhdr). Density, medium and \
            labels lie on the grid of the activity; a CT may lie on any and is averaged onto it. \
            Dose is physical dose, to the medium of each voxel unless water is asked for; no \
            convention rescales it.
            """)

    @OptionGroup var inputs: DoseInputOptions
    @Option(help: "The nuclide, written like Y-90.")
    var nuclide: String
    @Option(help: "Who computes.")
    var engine: DoseRun.Engine
    @Flag(help: "Give the dose to a little water in each voxel's medium, not to the medium.")
    var doseToWater = false
    @OptionGroup var transport: TransportOptions
    @Option(help: "The file for the dose in Gy.", completion: .file())
    var out: String
    @Option(
        help: "The file for its relative 1 sigma by Monte Carlo, a fraction.", completion: .file())
    var uncertaintyOut: String?
    @Flag(help: "Let voxels of gas count in the means of labels.")
    var countGas = false
    @OptionGroup var output: OutputOptions

    func validate() throws {
        try transport.refuse(for: engine, [("--uncertainty-out", uncertaintyOut != nil)])
    }

    func run() async throws {
        let report = try await DoseRun(
            sources: inputs.sources(), nuclide: nuclide, engine: engine,
            doseTo: doseToWater ? .water : .medium, run: transport.run,
            out: URL(filePath: out), uncertaintyOut: uncertaintyOut.map { URL(filePath: $0) },
            countsGas: countGas)()
        Console.endProgress()
        for finding in report.findings {
            Console.note("\(finding.severity.rawValue) \(finding.code): \(finding.sentence)")
        }
        try output.show(report, text: \.text)
    }
}

extension DoseRun.Engine: ExpressibleByArgument {}
