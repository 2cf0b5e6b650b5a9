import ArgumentParser
import Foundation
import Quantities
import Workflows

/// `grevy plan`: from a plan file to a checked plan with report and DICOM.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Compute, check, keep and write out a SIRT plan.",
        discussion: """
            SPEC is a YAML file (Docs/Plan-file.md). The folder OUT gets plan.json, report.html, \
            report.pdf, dose.dcm (RTDOSE), structures.dcm (RTSTRUCT), segmentation.dcm (SEG), \
            dose.nii.gz and report.dcm.
            """)

    @Argument(help: "The plan file.", completion: .file(extensions: ["yaml", "yml"]))
    var spec: String

    @OptionGroup var data: DataOptions
    @Option(name: .long, help: "The folder for what is written; made when absent.")
    var out: String
    @Flag(name: .long, help: "Leave the PDF out (it needs the Python environment of ./run setup).")
    var noPdf = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let session = try data.open()
        let url = URL(filePath: spec)
        let yaml = try SpecFile.text(at: url)
        try refuseFileAsFolder()
        let kept = try await session.plan(
            yaml: yaml, specFolder: url.deletingLastPathComponent()
        ) { Console.progress("plan: \($0)") }
        Console.progress("plan: writing")
        let written = try await session.write(kept, to: URL(filePath: out), pdf: !noPdf)
        Console.endProgress()
        for finding in written.findings {
            Console.note("\(finding.severity.rawValue) \(finding.code): \(finding.sentence)")
        }
        if output.json {
            Console.result(
                try CanonicalJSON.encoded(
                    PlanAnswer(
                        planID: kept.planID, files: written.files, plan: kept.result.document)))
        } else {
            Console.result(PlanText.summary(kept, files: written.files, out: out))
        }
    }
}

extension PlanCommand {
    /// Computing takes a while; that the answer has no place is said before.
    private func refuseFileAsFolder() throws {
        let values = try? URL(filePath: out).resourceValues(forKeys: [.isDirectoryKey])
        guard values?.isDirectory == false else { return }
        throw WorkflowError.refused(
            sentence: "'\(out)' is a file; '--out' must be a folder or a new name.")
    }
}

/// What `grevy plan --json` prints.
private struct PlanAnswer: Encodable {
    var planID: String
    var files: [String]
    var plan: PlanDocument
}

/// Reads a file that the user names on the command line.
enum SpecFile {
    static func text(at url: URL) throws -> String {
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw WorkflowError.refused(
                sentence: "'\(url.path)' cannot be read as UTF-8 text.")
        }
        return text
    }
}
