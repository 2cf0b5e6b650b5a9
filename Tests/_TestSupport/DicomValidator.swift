import Foundation

/// `dciodvfy` of dicom3tools, which checks an object against the standard.
package enum DicomValidator {
    private static let program = "/usr/bin/dciodvfy"

    /// Whether the program is installed; tests that need it are skipped visibly otherwise.
    package static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// Returns the lines in which the program reports an error.
    package static func errors(_ path: String) throws -> [String] {
        try output(program, [path]).split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("Error") || $0.hasPrefix("Abort") || isAssertion($0) }
    }

    /// Whether the program ended by an assertion of its own and so checked nothing.
    ///
    /// It does so on 32-bit pixels in OW, which the standard allows (PS3.5 annex A) and every
    /// RT Dose has: OutsideTests check such objects by a copy of 16 bits.
    private static func isAssertion(_ line: String) -> Bool {
        line.contains("Assertion") && !line.contains("Proposal14EncodingRules")
    }

    /// Runs a program and returns what it prints on both channels.
    package static func output(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }
}
