import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy plan`: from a plan file to a checked plan with report and DICOM.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Compute, check, keep and write out a SIRT plan.",
        discussion: """
            SPEC is a YAML file (Docs/Plan-file.md). The folder OUT gets plan.json, report.html, \
            report.pdf, dose.dcm (RTDOSE), structures.dcm (RTSTRUCT), segmentation.dcm (SEG), \
            measurements.dcm (SR), dose.nii.gz and report.dcm.
            """)

    @OptionGroup var options: WritingOptions

    func run() async throws {
        let session = try options.data.open()
        let kept = try await session.plan(
            yaml: try options.specText(), specFolder: options.specURL.deletingLastPathComponent()
        ) { Console.progress("plan: \($0)") }
        Console.progress("plan: writing")
        let written = try await options.write(kept.planID) {
            try await session.write(kept, to: options.outURL, pdf: !options.noPdf)
        }
        try options.show(
            PlanAnswer(planID: kept.planID, files: written.files, plan: kept.result.document),
            findings: written.findings
        ) { PlanText.summary(kept, files: $0.files, out: options.out) }
    }
}

/// What `grevy plan --json` prints.
private struct PlanAnswer: Encodable {
    var planID: String
    var files: [String]
    var plan: PlanDocument
}
