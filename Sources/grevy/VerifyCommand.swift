import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy verify`: a plan or a report that a server gave out, checked without the server.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a signed plan or report, and print who signed it.",
        discussion: """
            Needs the file, its sidecar FILE.sig and the server's public key, nothing else. With \
            --data it also looks whether the audit chain of that data folder still holds the head \
            that was exported. Exit code 1 when anything does not hold.
            """)

    @Argument(help: ArgumentHelp("The plan or the report.", valueName: "file"))
    var file: String

    @Option(
        help: ArgumentHelp("The server's public key (PEM).", valueName: "pub"),
        completion: .file())
    var key: String

    @Option(help: "The sidecar; FILE.sig when not given.", completion: .file())
    var sidecar: String?

    @Option(help: "A data folder whose audit chain is compared.", completion: .directory)
    var data: String?

    @Flag(help: "Print one JSON document.")
    var json = false

    private var sidecarPath: String { sidecar ?? "\(file).sig" }

    func run() async throws {
        try InputFile.check([file, sidecarPath, key])
        let pem = try? String(contentsOf: URL(filePath: key), encoding: .utf8)
        guard let publicKey = PublicSigningKey(pem: pem ?? "") else {
            throw ValidationError("'\(key)' is no Ed25519 public key in PEM.")
        }
        let result = try await SignedFile.verify(
            URL(filePath: file), sidecar: URL(filePath: sidecarPath), key: publicKey,
            data: data.map { URL(filePath: $0) })
        if json {
            Console.result(try CanonicalJSON.encoded(result))
        } else {
            for line in result.lines { Console.result(Console.line(line)) }
        }
        guard result.holds else { throw ExitCode(1) }
    }
}
