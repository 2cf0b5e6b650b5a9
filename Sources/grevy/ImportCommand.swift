import ArgumentParser
import Foundation
import Quantities
import Terminal
import Workflows

/// `grevy import`: takes DICOM files into a data folder.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take DICOM files and folders into a data folder.",
        discussion: """
            Files are read in a worker process with limits of its own, stored once by content, \
            and listed. Bad files are named with the reason and the rest go on; the program \
            exits with 0 when at least one file was stored or known already, with 1 otherwise.
            """)

    @Argument(help: "Files and folders.", completion: .file())
    var paths: [String]

    @OptionGroup var data: DataOptions
    @Option(
        name: .long,
        help: "Whose files without any patient ID are; files that have one keep it.")
    var patientID: String?
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !paths.isEmpty else { throw ValidationError("name at least one file or folder") }
    }

    func run() async throws {
        guard paths.contains(where: FileManager.default.fileExists(atPath:)) else {
            throw WorkflowError.absent(paths.joined(separator: "', '"))
        }
        let summary = try await data.open(create: true).importFiles(
            paths.map { URL(filePath: $0) }, patientIDForUnnamed: patientID
        ) { done, all in
            Console.progress("import: \(done) of \(all) files")
        }
        Console.endProgress()
        try output.show(summary, text: Self.text)
        if summary.stored + summary.alreadyStored == 0 { throw ExitCode(1) }
    }

    private static func text(_ summary: ImportSummary) -> String {
        var lines = [summary.sentence]
        if summary.stored + summary.alreadyStored == 0, summary.reasons.isEmpty {
            lines.append("No file was found there; name the folder that holds the DICOM files.")
        }
        for reason in summary.reasons {
            lines.append(
                "  \(reason.count) x \(reason.outcome), \(reason.reason): \(reason.sentence)")
            lines += reason.examples.map { Console.line("    \($0.path)") }
            let more = reason.count - reason.examples.count
            if more > 0 { lines.append("    and \(more) more") }
        }
        for series in summary.series {
            lines.append(
                Console.line(
                    "\(series.id)  \(series.modality)  \(series.instances) files  \(series.description)"
                ))
            lines += series.findings.map { "  \($0.severity.rawValue) \($0.code): \($0.sentence)" }
        }
        lines += summary.findings.map { "\($0.severity.rawValue) \($0.code): \($0.sentence)" }
        return lines.joined(separator: "\n")
    }
}
