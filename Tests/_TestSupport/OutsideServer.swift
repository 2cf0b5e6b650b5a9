package import Foundation

/// A server of Tests/outside that says on its first line where it is, and ends with its input.
package enum OutsideServer {
    /// Runs `body` while the server runs.
    ///
    /// - Parameters:
    ///   - script: The file's name in Tests/outside.
    ///   - arguments: The script's own.
    ///   - body: Told the first line, without its end.
    /// - Throws: ``NotStarted``, and what `body` throws.
    package static func run(
        _ script: String, _ arguments: [String], _ body: (Data) async throws -> Void
    ) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments =
            ["-B", ReferenceFiles.project.appending(path: "Tests/outside/\(script)").path]
            + arguments
        let (into, out) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (into, out)
        try process.run()
        defer {
            try? into.fileHandleForWriting.close()
            process.waitUntilExit()
        }
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            guard let byte = try out.fileHandleForReading.read(upToCount: 1), !byte.isEmpty else {
                throw NotStarted(script: script)
            }
            line += byte
        }
        try await body(line.dropLast())
    }

    package struct NotStarted: Error {
        package let script: String
    }
}
