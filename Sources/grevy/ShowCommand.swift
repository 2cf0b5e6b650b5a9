import ArgumentParser
import Workflows

/// `grevy show`: everything about one thing in a data folder.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a series or a computed object with everything known about it.",
        discussion: """
            ID is what `grevy list` prints: a series (se-1a2b3c4d5e, its UID, or a description \
            that only one series has) or a computed object (plan-12, dose-11, registration-3).
            """)

    @Argument(help: "The id.")
    var id: String

    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let shown = try await data.open().show(id)
        try output.show(shown, text: \.text)
    }
}
