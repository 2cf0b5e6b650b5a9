import ArgumentParser
import Foundation
import Terminal
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
        try OutputFolder.make(folder)
        let outcome = try await DemoWorkflow(folder: folder, isHalfSize: halfSize).run(pdf: !noPdf)
        { Console.progress("demo: \($0)") }
        Console.endProgress()
        try output.show(outcome.table) { table in
            """
            \(PlanText.summary(outcome.kept, files: outcome.files, out: "\(out)/plan"))

            \(table.text)

            Computed against truth. 'truth' is what the patient was made with, 'in image' what a perfect
            program would read from the blurred image; 'error' is got minus 'in image' (or truth where
            blur plays no part), 'bound' the most that noise and gridding explain. \(verdict(table))

            The dose engines on the true activity (no blur, no noise), for the activities of the plan;
            truth by Monte Carlo from the shapes, ± the statistical 95 % interval, 'bound' that of the
            last engine:

            \(outcome.engines.text)

            Look next:
              \(out)/plan/report.html        the plan (also .pdf); delivered/delivered.html, what was given
              \(out)/plan.yaml               change it, then:
              grevy plan \(out)/plan.yaml --data \(out)/data --out \(out)/plan-2
              grevy list --data \(out)/data  everything that is kept
            """
        }
        if !outcome.table.allWithinBounds || !outcome.engines.allWithinBounds { throw ExitCode(1) }
    }

    private func verdict(_ table: DemoTable) -> String {
        let outside = table.rows.filter { $0.isWithinBound == false }.map(\.quantity)
        return outside.isEmpty
            ? "Every error with a bound is within it."
            : "OUTSIDE their bound: \(outside.joined(separator: ", "))."
    }
}
