import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy audit`: the record of who did what.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Show the audit chain and prove that nobody changed it.",
        subcommands: [Verify.self, Show.self])

    /// What both verbs ask for.
    struct Options: ParsableArguments {
        @Option(help: ArgumentHelp("The data folder.", valueName: "dir"))
        var data: String

        @Flag(help: "Print one JSON document.")
        var json = false

        var folder: URL { URL(filePath: data) }
    }

    /// `grevy audit verify`.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recompute the audit chain and name the first broken entry.",
            discussion: """
                Also compares records with the chain. The chain cannot prove its own end: note the \
                head it prints elsewhere and give it back with --expect to see that nothing was \
                cut off. Exit code 1 when anything does not hold.
                """)

        @OptionGroup var options: Options

        @Option(help: ArgumentHelp("A head noted before.", valueName: "sequence:hash"))
        var expect: String?

        @Flag(help: "Read and hash every stored object again.")
        var objects = false

        func validate() throws {
            guard let expect else { return }
            guard AuditWorkflow.isHead(expect) else {
                throw ValidationError("--expect takes SEQUENCE:HASH as `audit verify` prints it.")
            }
        }

        func run() async throws {
            let result = try await AuditWorkflow.verify(
                data: options.folder, expectedHead: expect, rereadingObjects: objects)
            if options.json {
                Console.result(try CanonicalJSON.encoded(result))
            } else if result.intact {
                Console.result("intact: \(result.intactEntries) entries")
                if let head = result.head { Console.result("head: \(head)") }
            } else {
                Console.result(
                    "broken at entry \(result.firstBrokenEntry ?? 0): \(result.reason ?? "")")
            }
            if !options.json {
                for sentence in result.damage { Console.result("damaged: \(sentence)") }
            }
            guard result.isSound else { throw ExitCode(1) }
        }
    }

    /// `grevy audit show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the last entries of the audit chain, oldest first.")

        @OptionGroup var options: Options

        @Option(help: "How many entries.")
        var last = 20

        func validate() throws {
            guard last > 0 else { throw ValidationError("--last takes a number above 0.") }
        }

        func run() async throws {
            let entries = try await AuditWorkflow.entries(data: options.folder, last: last)
            if options.json {
                Console.result(try CanonicalJSON.encoded(entries))
                return
            }
            for entry in entries {
                Console.result(
                    """
                    \(entry.sequence)  \(entry.timeUTC)  \(entry.actor)  \(entry.action)  \
                    \(entry.subject)  \(entry.detailJSON)
                    """)
            }
        }
    }
}
