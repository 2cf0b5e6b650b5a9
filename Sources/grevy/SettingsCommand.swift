import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy settings`: what a site calibrates and decides, by name and version.
struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: """
            Keep constraint sets, density curves, recovery curves, convention profiles and DICOM \
            peers.
            """,
        discussion: """
            Each has a name, by which plan files and commands call it, and versions with date, \
            author and reason. Nothing is overwritten: a plan keeps the version that it was made \
            with.
            """,
        subcommands: [List.self, Show.self, Add.self])

    /// `grevy settings list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List every version.")

        @OptionGroup var data: DataOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try output.show(try await data.open().settings()) { lines in
                lines.isEmpty
                    ? "There are no settings; 'grevy settings add' keeps one."
                    : lines.map(SettingsCommand.text).joined(separator: "\n")
            }
        }
    }

    /// `grevy settings show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the table of a version.")

        @Argument(help: "The number that 'grevy settings list' prints.")
        var id: Int64
        @OptionGroup var data: DataOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (line, table) = try await data.open().setting(id)
            // The table alone is the result, so that it can go into a file.
            if !output.json { Console.progress(SettingsCommand.text(line)) }
            try output.show(Shown(setting: line, table: table), text: \.table)
        }
    }

    /// What `grevy settings show --json` prints.
    private struct Shown: Encodable {
        var setting: SettingWorkflow.Line
        var table: String
    }

    /// `grevy settings add`.
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a version from a comma-separated table.",
            discussion: DataSession.settingKinds.map {
                "\($0.name): first line \($0.header)"
            }.joined(separator: "\n"))

        @Argument(help: "What it is, one of the kinds above.")
        var kind: String
        @Argument(help: "What plan files call it.")
        var name: String
        @Argument(help: "The table.", completion: .file())
        var table: String
        @Option(help: "The day of the measurement or decision, YYYY-MM-DD.")
        var date: String
        @Option(help: "Why there is a new version.")
        var reason: String
        @OptionGroup var data: DataOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard let text = try? String(contentsOfFile: table, encoding: .utf8) else {
                throw WorkflowError.unreadable(table)
            }
            let line = try await data.open().addSetting(
                kind, name: name, table: text, date: date, reason: reason)
            try output.show(line, text: SettingsCommand.text)
        }
    }

    private static func text(_ line: SettingWorkflow.Line) -> String {
        Console.line(
            "\(line.id)  \(line.kindName)  \(line.name)  version \(line.version)"
                + "\(line.isLatest ? " (latest)" : "")  \(line.date)  \(line.author): \(line.reason)"
        )
    }
}
