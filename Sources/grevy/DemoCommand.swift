import ArgumentParser
import Foundation
import Workflows

/// `grevy demo`: a synthetic patient from DICOM to plan, held against its truth.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Make, import, plan and report a synthetic patient, and compare with its truth.",
        discussion:
            "Exits with 1 when a result lies outside the bound that noise and gridding explain.")

    @Option(name: .long, help: "The folder for everything; kept between runs.")
    var out: String
    @Flag(name: .long, help: "A smaller patient, for tests.")
    var halfSize = false
    @Flag(name: .long, help: "Leave the PDF out.")
    var noPdf = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let folder = URL(filePath: out)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let outcome = try await DemoWorkflow(folder: folder, isHalfSize: halfSize).run(pdf: !noPdf)
        { Console.progress("demo: \($0)") }
        Console.endProgress()
        try output.show(outcome.table) { table in
            """
            \(PlanText.summary(outcome.kept, files: outcome.files, out: "\(out)/plan"))

            \(table.text)

            'truth' is what the patient was made with; 'in image' is what the blurred image holds of it.
            Look next: \(out)/plan/report.html, \(out)/plan.yaml (change it and run grevy plan), \
            grevy list --data \(out)/data
            """
        }
        if !outcome.table.allWithinBounds { throw ExitCode(1) }
    }
}
