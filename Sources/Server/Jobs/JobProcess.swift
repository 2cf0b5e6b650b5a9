import Foundation
import Synchronization
import Workflows

/// A running `grevy job run`, seen from the server.
final class JobProcess: Sendable {
    private let process: Process
    /// Kept open while the server lives: the job ends when it closes.
    private let input: Pipe
    /// What it says, until it has ended.
    let messages: AsyncStream<JobMessage>

    /// Starts the program.
    ///
    /// - Throws: What the system says.
    init(program: String, spec: URL) throws {
        let process = Process()
        let output = Pipe()
        input = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = ["job", "run", spec.path, "--leave-with-parent"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        self.process = process
        let (messages, said) = AsyncStream.makeStream(of: JobMessage.self)
        self.messages = messages
        try process.run()
        let handle = output.fileHandleForReading
        // Reading blocks, so it has a thread of its own.
        Thread.detachNewThread {
            var rest: [UInt8] = []
            while true {
                // Gives what is there; `read(upToCount:)` would wait for more.
                let data = handle.availableData
                guard !data.isEmpty else { break }
                rest += data
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    if let message = JobMessage(line: rest[..<end]) { said.yield(message) }
                    rest.removeSubrange(...end)
                }
                if rest.count > JobMessage.longestLine { rest.removeAll() }
            }
            process.waitUntilExit()
            said.finish()
        }
    }

    var identifier: Int { Int(process.processIdentifier) }

    /// How it ended, in words; only once ``messages`` has ended.
    var ending: String {
        process.terminationReason == .uncaughtSignal
            ? "by signal \(process.terminationStatus)" : "with code \(process.terminationStatus)"
    }

    /// Ends it at once; what it has acknowledged is on disk.
    func kill() {
        guard process.isRunning else { return }
        // Not SIGTERM: a server that handles it leaves it ignored in what it starts.
        Foundation.kill(process.processIdentifier, SIGKILL)
    }
}
