import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy audit`: the record of who did what.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Show the audit chain and prove that nobody changed it.",
        subcommands: [Verify.self, Show.self, Head.self])

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
                Also compares records with the chain. The chain cannot prove its own end: keep what \
                'grevy audit head' signs, or the sidecar of an export, in another place and give it \
                back with --head and --key; with --key alone the heads that the server signed every \
                day into the data folder are held against it. Exit code 1 when anything does not \
                hold.
                """)

        @OptionGroup var options: Options

        @Option(help: ArgumentHelp("A head noted before.", valueName: "sequence:hash"))
        var expect: String?

        @Option(
            help: ArgumentHelp(
                "A signed head or the sidecar of an export, kept elsewhere; again for more.",
                valueName: "file"),
            completion: .file())
        var head: [String] = []

        @Option(
            help: ArgumentHelp("The server's public key (PEM).", valueName: "pub"),
            completion: .file())
        var key: String?

        @Flag(help: "Read and hash every stored object again.")
        var objects = false

        func validate() throws {
            guard expect.map(AuditWorkflow.isHead) != false else {
                throw ValidationError("--expect takes SEQUENCE:HASH as `audit verify` prints it.")
            }
            guard head.isEmpty || key != nil else {
                throw ValidationError("--head needs the server's public key: give --key.")
            }
        }

        private func signedHeads() throws -> AuditWorkflow.SignedHeads? {
            guard let key else { return nil }
            try InputFile.check([key] + head)
            let pem = try? String(contentsOf: URL(filePath: key), encoding: .utf8)
            guard let publicKey = PublicSigningKey(pem: pem ?? "") else {
                throw ValidationError("'\(key)' is no Ed25519 public key in PEM.")
            }
            return AuditWorkflow.SignedHeads(
                key: publicKey, files: head.map { URL(filePath: $0) })
        }

        func run() async throws {
            let result = try await AuditWorkflow.verify(
                data: options.folder, expectedHead: expect, signedHeads: signedHeads(),
                rereadingObjects: objects)
            if options.json {
                Console.result(try CanonicalJSON.encoded(result))
            } else if result.intact {
                Console.result("intact: \(result.intactEntries) entries")
                if let head = result.head { Console.result("head: \(head)") }
                if key != nil { Console.result("signed heads: \(result.signedHeads)") }
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

    /// `grevy audit head`.
    struct Head: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign the end of the audit chain and print it, to be kept elsewhere.",
            discussion: """
                The server does the same every day. That the head was signed is an entry of the \
                chain itself.
                """)

        @OptionGroup var data: DataOptions

        @Option(
            help: "The server's Ed25519 key; made when absent, outside the data folder.",
            completion: .file())
        var signingKey: String?

        func run() async throws {
            let key = signingKey.map { URL(filePath: $0) }
            Console.result(Data(try await data.open().signedHead(key: key)))
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
