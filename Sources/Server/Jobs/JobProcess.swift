import Foundation
import Subprocess
import SystemPackage
import Workflows

/// A running `grevy job run`, seen from the server; valid while the body of
/// ``run(_:spec:_:)`` runs.
struct JobProcess: Sendable {
    private let execution: Execution<CustomWriteInput, SequenceOutput, DiscardedOutput>

    /// Runs the program, whose end is waited for; a cancelled task kills it.
    ///
    /// - Parameters:
    ///   - program: The path of `grevy`.
    ///   - spec: The job's specification.
    ///   - body: Told of the process once it runs. The job ends when its standard input does, and
    ///     that is open until then.
    /// - Returns: How it ended, in words.
    /// - Throws: ``NotStarted``, and what `body` throws.
    static func run(
        _ program: String, spec: URL, _ body: (Self) async throws -> Void
    ) async throws -> String {
        var hasStarted = false
        do {
            let outcome = try await Subprocess.run(
                .path(FilePath(program)),
                arguments: ["job", "run", spec.path, "--leave-with-parent"],
                input: .inputWriter, output: .sequence, error: .discarded
            ) { execution in
                hasStarted = true
                try await body(Self(execution: execution))
            }
            return switch outcome.terminationStatus {
            case .exited(let code): "with code \(code)"
            case .signaled(let signal): "by signal \(signal)"
            }
        } catch {
            throw hasStarted ? error : NotStarted()
        }
    }

    struct NotStarted: Error {}

    var identifier: Int { Int(execution.processIdentifier.value) }

    /// Tells of each message until the output ends.
    func follow(_ told: (JobMessage) async -> Void) async throws {
        var rest: [UInt8] = []
        for try await buffer in execution.standardOutput {
            rest += Data(buffer: buffer)
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                if let message = JobMessage(line: rest[..<end]) { await told(message) }
                rest.removeSubrange(...end)
            }
            if rest.count > JobMessage.longestLine { rest.removeAll() }
        }
    }

    /// Ends it at once; what it has acknowledged is on disk.
    func kill() {
        // Not `terminate`: a server that handles it leaves it ignored in what it starts. An error
        // says that it has ended.
        try? execution.send(signal: .kill)
    }
}
