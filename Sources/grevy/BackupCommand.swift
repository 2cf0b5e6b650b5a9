import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy backup`.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a data folder, also while the server works in it.",
        discussion: """
            Makes a folder with the database of one moment, every object, what nobody has taken in \
            yet, and a manifest with their hashes. Keys lie outside the data folder and are not in \
            it. Note the manifest's hash elsewhere.
            """)

    @Option(help: ArgumentHelp("The data folder.", valueName: "dir"))
    var data: String
    @Option(help: ArgumentHelp("The backup; must not exist yet.", valueName: "dir"))
    var to: String
    @Flag(help: "Print one JSON document.")
    var json = false

    func run() async throws {
        let summary = try await BackupWorkflow.backUp(
            data: URL(filePath: data), to: URL(filePath: to))
        try summary.show(json)
    }
}

/// `grevy restore`.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a new data folder of a backup, after checking all of it.")

    @Option(help: ArgumentHelp("What 'grevy backup' made.", valueName: "dir"))
    var from: String
    @Option(help: ArgumentHelp("The data folder; must not exist yet.", valueName: "dir"))
    var data: String
    @Option(help: ArgumentHelp("The manifest's hash as it was noted.", valueName: "sha256"))
    var expect: String?
    @Flag(help: "Print one JSON document.")
    var json = false

    func run() async throws {
        let summary = try await BackupWorkflow.restore(
            from: URL(filePath: from), to: URL(filePath: data), expecting: expect)
        try summary.show(json)
    }
}

extension BackupWorkflow.Summary {
    fileprivate func show(_ json: Bool) throws {
        if json { return Console.result(try CanonicalJSON.encoded(self)) }
        Console.result("files: \(files), \(bytes) bytes")
        Console.result("head: \(auditHead)")
        Console.result("manifest: \(manifest)")
    }
}
