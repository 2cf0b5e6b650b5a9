import ArgumentParser
import Foundation
import Quantities
import Terminal
import Workflows

/// `grevy export`: what a data folder holds, as files.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a plan, a report, any computed object or a series to a folder.",
        discussion: """
            ID is what `grevy list` prints. A plan becomes plan.json, dose.dcm (RTDOSE), \
            structures.dcm (RTSTRUCT), segmentation.dcm (SEG) and dose.nii.gz; it is made again \
            from its record and refused when it comes out different. Other computed objects \
            are written as they are kept, a series as its original files.
            """)

    @Argument(help: "The id.")
    var id: String

    @OptionGroup var data: DataOptions
    @Option(name: .long, help: "The folder for what is written; made when absent.")
    var out: String
    @OptionGroup var output: OutputOptions

    func run() async throws {
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
