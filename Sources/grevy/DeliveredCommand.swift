import ArgumentParser
import Foundation
import Quantities
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

    @Argument(help: "The delivery file.", completion: .file(extensions: ["yaml", "yml"]))
    var spec: String

    @OptionGroup var data: DataOptions
    @Option(name: .long, help: "The folder for what is written; made when absent.")
    var out: String
    @Flag(name: .long, help: "Leave the PDF out (it needs the Python environment of ./run setup).")
    var noPdf = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let session = try data.open()
        let yaml = try SpecFile.text(at: URL(filePath: spec))
        let kept = try await session.delivered(yaml: yaml) {
            Console.progress("delivered: \($0)")
        }
        Console.progress("delivered: writing")
        let written = try await session.write(kept, to: URL(filePath: out), pdf: !noPdf)
        Console.endProgress()
        for finding in written.findings {
            Console.note("\(finding.severity.rawValue) \(finding.code): \(finding.sentence)")
        }
        if output.json {
            Console.result(
                try CanonicalJSON.encoded(
                    DeliveredAnswer(
                        verificationID: kept.verificationID, files: written.files,
                        delivered: kept.result.document)))
        } else {
            Console.result(DeliveredText.summary(kept, files: written.files, out: out))
        }
    }
}

/// What `grevy delivered --json` prints.
private struct DeliveredAnswer: Encodable {
    var verificationID: String
    var files: [String]
    var delivered: DeliveredDocument
}
