import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy delivered`: a post-treatment image held against a kept plan.
struct DeliveredCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delivered",
        abstract: "Compute, check and keep the dose that was delivered, against a kept plan.",
        discussion: """
            SPEC is a YAML file (Docs/Delivered.md) with the plan's id, the Y-90 PET or SPECT and \
            what was injected. The folder OUT gets delivered.json, delivered.html, delivered.pdf, \
            delivered-dose.dcm (RTDOSE, patient-relative) and, from an image in Bq/mL, \
            delivered-dose-absolute.dcm.
            """)

    @OptionGroup var options: WritingOptions

    func run() async throws {
        let session = try options.data.open()
        let kept = try await session.delivered(yaml: try options.specText()) {
            Console.progress("delivered: \($0)")
        }
        Console.progress("delivered: writing")
        let written = try await options.write(kept.verificationID) {
            try await session.write(kept, to: options.outURL, pdf: !options.noPdf)
        }
        try options.show(
            DeliveredAnswer(
                verificationID: kept.verificationID, files: written.files,
                delivered: kept.result.document), findings: written.findings
        ) { DeliveredText.summary(kept, files: $0.files, out: options.out) }
    }
}

/// What `grevy delivered --json` prints.
private struct DeliveredAnswer: Encodable {
    var verificationID: String
    var files: [String]
    var delivered: DeliveredDocument
}
