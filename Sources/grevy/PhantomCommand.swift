import ArgumentParser
import Foundation
import Terminal
import Workflows

/// The verb `phantom`.
struct PhantomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phantom",
        abstract: "Write a synthetic patient with known truth as DICOM.",
        discussion: """
            Makes DIR/dicom/<series>/*.dcm (CT, planar and SPECT Tc-99m MAA, Y-90 PET, low-dose \
            CTs, RTSTRUCT, SEG) and DIR/truth.json. DIR must be new or empty. No patient has ever \
            existed like this.
            """)

    @Argument(help: "A new or empty folder.", completion: .directory)
    var folder: String

    @Option(help: "Names the noise and the identifiers; the same seed gives the same bytes.")
    var seed: UInt64 = 1

    @Option(name: .customLong("case"), help: "Which patient: sirt-net.")
    var caseName = "sirt-net"

    @Flag(help: "Voxels of twice the size, for tests.")
    var halfSize = false

    @Flag(help: "A SPECT that cuts the lungs.")
    var truncatedLungs = false

    @Flag(help: "Print truth.json on standard output.")
    var json = false

    func run() async throws {
        let request = MakePhantom.Request(
            folder: URL(filePath: folder), caseName: caseName, seed: seed, isHalfSize: halfSize,
            hasTruncatedLungs: truncatedLungs)
        let truth = try await MakePhantom.run(request) { fraction, step in
            Console.progress("phantom \(Int(100 * fraction)) %: \(step)")
        }
        Console.endProgress()
        if json {
            Console.result(truth)
        } else {
            Console.result("A synthetic patient is in \(folder): dicom/ and truth.json")
        }
    }
}
