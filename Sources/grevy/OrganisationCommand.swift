import ArgumentParser
import Terminal
import Workflows

/// `grevy organisation`: the hospitals that share a data folder.
struct OrganisationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "organisation",
        abstract: "Let another hospital use the server of a data folder.",
        discussion: """
            Each has its own people and cases; what one lets another see is shared in the browser, \
            for a purpose and a time.
            """,
        subcommands: [List.self, Add.self])

    /// `grevy organisation list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the organisations.")

        @OptionGroup var data: DataOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try output.show(try await data.open().organisations()) { lines in
                lines.isEmpty
                    ? "There is none; the server's set-up link makes the first."
                    : lines.map {
                        Console.line(
                            "\($0.id)  \($0.name)"
                                + ($0.allowsEmergencies ? "  (open in emergencies)" : ""))
                    }.joined(separator: "\n")
            }
        }
    }

    /// `grevy organisation add`.
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add an organisation, and print the link of its first administrator.")

        @Argument(help: "Its name, as the others read it.")
        var name: String
        @Option(help: "The administrator's login.")
        var login: String
        @Option(name: .customLong("name"), help: "The administrator's name.")
        var fullName: String
        @OptionGroup var data: DataOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let added = try await data.open().addOrganisation(
                named: name, login: login, fullName: fullName)
            try output.show(added) {
                """
                \(Console.line("\($0.organisation) is there, with the administrator \($0.administrator)."))
                Give them the server's address with this behind it; it works once, for three days:
                \($0.link)
                """
            }
        }
    }
}
