import ArgumentParser
import Foundation
import Quantities
import Terminal
import Workflows

/// `grevy dvh`: how a dose is spread over structures.
struct DVHCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dvh",
        abstract: "Compute dose-volume histograms from an RTDOSE and an RTSTRUCT.",
        discussion: """
            Dx is the least dose of the hottest x percent, Vx the share with at least x Gy. \
            Structures that cannot be computed are listed on standard error.
            """)

    private static let heading =
        "name                     volumeML   meanGy    minGy    maxGy    D95Gy    D50Gy     D2Gy"

    @Option(help: ArgumentHelp("The RTDOSE file, in Gy.", valueName: "file"))
    var dose: String

    @Option(help: ArgumentHelp("The RTSTRUCT file.", valueName: "file"))
    var structures: String

    @Option(help: "Voxels by exact share (area) or by their centre (centre).")
    var mode: DVHMode = .area

    @Option(help: ArgumentHelp("Add curves with points this far apart.", valueName: "Gy"))
    var binGy: Double?

    @Flag(help: "Print one JSON document.")
    var json = false

    func validate() throws {
        if let binGy, !(binGy > 0 && binGy.isFinite) {
            throw ValidationError("--bin-gy takes a number above 0.")
        }
    }

    func run() async throws {
        let document = try await DVHWorkflow(mode: mode, curveBinGy: binGy)
            .run(dosePath: dose, structuresPath: structures)
        for finding in document.findings {
            Console.note(
                "\(finding.severity.rawValue): \(finding.subject.map { "\($0): " } ?? "")"
                    + finding.sentence)
        }
        if json {
            Console.result(try CanonicalJSON.encoded(document))
            return
        }
        Console.result(
            Self.heading
        )
        for one in document.structures {
            let figures = [
                one.meanDoseGy, one.minDoseGy, one.maxDoseGy, one.d95Gy, one.d50Gy, one.d2Gy,
            ].map { String(format: "%8.3f", $0) }.joined(separator: " ")
            let name = one.name.padding(toLength: 22, withPad: " ", startingAt: 0)
            Console.result("\(name) \(String(format: "%10.3f", one.volumeML)) \(figures)")
        }
    }
}

extension DVHMode: ExpressibleByArgument {}
