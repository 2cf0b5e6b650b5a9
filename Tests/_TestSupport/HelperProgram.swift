import Foundation

/// A Python program of Tests/outside that a test talks to: it says where it listens in its first
/// line, and ends when its standard input does.
package enum HelperProgram {
    /// Why there is nothing to talk to.
    package struct NotStarted: Error {
        package let script: String
    }

    /// Runs `body` while a program runs.
    ///
    /// - Parameters:
    ///   - script: Its name in Tests/outside.
    ///   - arguments: What it is given.
    ///   - body: Told the program's first line.
    /// - Throws: ``NotStarted``; what `body` throws.
    package static func run(
        _ script: String, _ arguments: [String], _ body: (String) async throws -> Void
    ) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        let file = ReferenceFiles.project.appending(path: "Tests/outside/\(script)")
        process.arguments = ["-B", file.path] + arguments
        let (into, out) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (into, out)
        try process.run()
        defer {
            try? into.fileHandleForWriting.close()
            process.waitUntilExit()
        }
        var line = Data()
        // `availableData` would end all tests where a signal comes in between.
        while line.last != 0x0a {
            guard let byte = try out.fileHandleForReading.read(upToCount: 1), !byte.isEmpty else {
                throw NotStarted(script: script)
            }
            line += byte
        }
        try await body(
            String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines))
    }
}
