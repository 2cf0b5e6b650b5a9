import ArgumentParser
import Foundation
import Terminal
import Workflows

/// `grevy job`: long work in a process of its own.
struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Do one job of the server or of a batch system.",
        subcommands: [JobRunCommand.self])
}

/// `grevy job run`: does what a specification says, and tells how far it is.
struct JobRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Do one job and tell on standard output how far it is, one JSON document a line.",
        discussion: """
            Exits with 0 when the job is done and with 1 when it failed. It may be killed at any \
            moment: what it acknowledged is kept, and the same specification may be run again.
            """)

    @Argument(help: "The job's specification; its folder is the job's own.", completion: .file())
    var spec: String

    @Flag(help: "End at once when standard input ends, because whoever started the job is gone.")
    var leaveWithParent = false

    /// Pages and other people come first.
    private static let niceness: Int32 = 5

    func run() async throws {
        if leaveWithParent { Self.endWithInput() }
        _ = nice(Self.niceness)
        let isDone = await JobRun.run(file: URL(filePath: spec)) { message in
            if let line = try? message.line { Console.result(Data(line)) }
        }
        if !isDone { throw ExitCode(1) }
    }

    private static func endWithInput() {
        Thread.detachNewThread {
            while (try? FileHandle.standardInput.read(upToCount: 1))?.isEmpty == false {}
            // Nothing is tidied up: whatever was acknowledged is on disk, and the rest is scratch.
            _exit(1)
        }
    }
}
