import ArgumentParser
import Terminal
import Workflows

/// `grevy list`: what a data folder holds.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List patients, studies, series and computed objects.")

    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let listing = try await data.open().listing()
        try output.show(listing, text: Self.text)
    }

    private static func text(_ listing: Listing) -> String {
        var lines: [String] = []
        for patient in listing.patients {
            lines.append(
                Console.line(
                    "\(patient.name)  ID \(patient.patientID)  born \(patient.birthDate)"))
            for study in patient.studies {
                lines.append(Console.line("  study \(study.date)  \(study.description)"))
                lines += study.series.map {
                    Console.line(
                        "    \($0.id)  \($0.modality)  \($0.instances) files  \($0.description)")
                        + ($0.findings.isEmpty ? "" : "  (\($0.findings.count) findings)")
                }
            }
        }
        lines += listing.computed.map {
            "\($0.id)  \($0.name)  version \($0.version)  \($0.state)"
                + ($0.reason.map { ": \($0)" } ?? "") + "  \($0.createdAt) by \($0.createdBy)"
        }
        return lines.isEmpty
            ? "The data folder is empty; try 'grevy import'." : lines.joined(separator: "\n")
    }
}
