import ArgumentParser
import Foundation
import Quantities
import Terminal
import Workflows

/// `grevy export`: what a data folder holds, as files.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a case, a plan, a report, any computed object or a series to a folder.",
        discussion: """
            ID is what `grevy list` prints. A plan becomes plan.json, dose.dcm (RTDOSE), \
            structures.dcm (RTSTRUCT), segmentation.dcm (SEG), measurements.dcm (its numbers, SR) \
            and dose.nii.gz; it is made again from its record and refused when it comes out \
            different. Other computed objects are written as they are kept, a series as its \
            original files. A case (patient-3, as in /cases/3) becomes one ZIP archive with a \
            DICOMDIR and a signed manifest; with --deidentify without the patient's identity \
            (DICOM PS3.15 annex E).
            """)

    @Argument(help: "The id.")
    var id: String

    @OptionGroup var data: DataOptions
    @Option(name: .long, help: "The folder for what is written; made when absent.")
    var out: String
    @Flag(help: "Of a case: remove the patient's identity.")
    var deidentify = false

    @Option(help: "With --deidentify: dates are 'moved' by the same days, or 'kept'.")
    var dates = "moved"

    @Option(
        help: ArgumentHelp(
            "With --deidentify: what it is for; the same word gives the same pseudonyms.",
            valueName: "word"))
    var project = ""

    @Option(
        help: ArgumentHelp(
            "With --deidentify: a series whose pixels you have looked at and hold no name; repeats.",
            valueName: "series"))
    var lookedAt: [String] = []

    @Option(
        help: "Of a case: the server's Ed25519 key; made when absent, outside the data folder.",
        completion: .file())
    var signingKey: String?

    @OptionGroup var output: OutputOptions

    private var isCase: Bool { id.hasPrefix("patient-") }

    func validate() throws {
        guard CaseExportOptions.Dates(rawValue: dates) != nil else {
            throw ValidationError("--dates takes 'moved' or 'kept'.")
        }
        guard isCase || !deidentify else {
            throw ValidationError("--deidentify is for cases: patient-3.")
        }
    }

    private func exportCase() async throws {
        let options = try CaseExportOptions(
            isDeidentified: deidentify,
            dates: CaseExportOptions.Dates(rawValue: dates) ?? .moved, project: project,
            lookedAt: lookedAt)
        let answer = try await data.open().exportCase(
            id, to: URL(filePath: out), options: options,
            key: signingKey.map { URL(filePath: $0) }
        ) { _, sentence in Console.progress(sentence) }
        Console.endProgress()
        for missing in answer.manifest.leftOut {
            Console.note("left out: \(missing.what): \(missing.reason)")
        }
        try output.show(answer) { answer in
            "\(id) -> \(URL(filePath: out).appending(path: answer.file).path): \(answer.sentence)"
        }
    }

    func run() async throws {
        if isCase { return try await exportCase() }
        let answer = try await data.open().export(id, to: URL(filePath: out))
        if let reason = answer.outdatedReason {
            Console.note("\(answer.id) is OUTDATED: \(reason)")
        }
        for finding in answer.findings {
            Console.note("\(finding.severity.rawValue) \(finding.code): \(finding.sentence)")
        }
        try output.show(answer) { answer in
            let names =
                answer.files.count > 10
                ? "\(answer.files.count) files" : answer.files.joined(separator: ", ")
            return "\(answer.id) -> \(out): \(names)"
        }
    }
}
