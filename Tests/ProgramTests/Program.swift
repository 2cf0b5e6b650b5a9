import Foundation
import Testing

/// Runs the built `grevy` as a user would.
struct Program {
    struct Outcome {
        let exitCode: Int32
        let output: Data
        let errorText: String

        /// The one JSON document on standard output.
        func json() throws -> [String: Any] {
            try #require(
                try JSONSerialization.jsonObject(with: output) as? [String: Any], "\(errorText)")
        }
    }

    /// The program lies beside the test bundle, in the same build folder and configuration.
    static var url: URL {
        get throws {
            let candidates = [
                Bundle.main.executableURL, CommandLine.arguments.first.map { URL(filePath: $0) },
                CommandLine.arguments.first { $0.contains(".xctest") }.map { URL(filePath: $0) },
            ].compactMap { $0?.deletingLastPathComponent().appending(path: "grevy") }
            return try #require(
                candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) },
                "grevy is not built beside the tests")
        }
    }

    /// Runs the program, by itself or `through` another one (`taskset`), and waits for its end.
    ///
    /// `environment` is added to that of the tests.
    static func run(
        _ arguments: [String], input: String? = nil, through launcher: [String] = [],
        environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = Process()
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let line = launcher + [try url.path] + arguments
        process.executableURL = URL(filePath: line[0])
        process.arguments = Array(line.dropFirst())
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        // Inputs and messages are far below a pipe's buffer, so writing first cannot block.
        stdin.fileHandleForWriting.write(Data((input ?? "").utf8))
        try stdin.fileHandleForWriting.close()
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        let errors = stderr.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            exitCode: process.terminationStatus, output: output,
            errorText: String(decoding: errors, as: UTF8.self))
    }

    /// The result of `grevy calculate`, which must succeed.
    static func calculate(_ kind: String, _ input: String) throws -> [String: Any] {
        let outcome = try run(["calculate", kind, "--json"], input: input)
        try #require(outcome.exitCode == 0, "\(outcome.errorText)")
        #expect(outcome.errorText.isEmpty, "nothing to say beside the document")
        return try outcome.json()
    }
}

/// One number of a result; dots lead into objects and lists.
func number(_ result: [String: Any], _ key: String) throws -> Double {
    try #require(result[key] as? NSNumber, "no number \(key)").doubleValue
}

func numbers(_ result: [String: Any], _ key: String) throws -> [Double] {
    try #require(result[key] as? [NSNumber], "no numbers \(key)").map(\.doubleValue)
}

/// Half a unit of the last digit that the expected value is printed with.
func expectPrinted(
    _ value: Double, _ printed: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    let decimals = printed.split(separator: ".").dropFirst().first?.count ?? 0
    let halfUnit = 0.5 * pow(10, -Double(decimals))
    let expected = Double(printed) ?? .nan
    #expect(
        abs(value - expected) <= halfUnit * (1 + 1e-9), "\(value) is not \(printed)",
        sourceLocation: sourceLocation)
}

extension Program {
    /// Makes the synthetic patient at half size and imports it, or one folder of its DICOM files.
    ///
    /// - Returns: The path of the data folder.
    static func importPhantom(_ part: String = "", in folder: URL) throws -> String {
        let patient = folder.appending(path: "patient").path
        let data = folder.appending(path: "data").path
        for arguments in [
            ["phantom", patient, "--half-size"],
            ["import", "\(patient)/dicom/\(part)", "--data", data],
        ] {
            let outcome = try run(arguments)
            try #require(outcome.exitCode == 0, "\(outcome.errorText)")
        }
        return data
    }
}
