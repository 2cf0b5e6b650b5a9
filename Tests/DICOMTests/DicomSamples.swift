import Cryptography
import DICOM
import Foundation
import _TestSupport

/// Helpers to read the tables and files of `../shared/testdata`.
enum DicomSamples {
    static let reader = DicomReader(workers: 2)

    static var folder: URL { ReferenceFiles.testdata ?? URL(filePath: "/nonexistent") }

    /// The rows of a table with a header line, as dictionaries.
    static func table(_ path: String, separator: Character) -> [[String: String]] {
        guard let text = try? String(contentsOf: folder.appending(path: path), encoding: .utf8)
        else { return [] }
        let lines = text.split(whereSeparator: \.isNewline)
        guard let head = lines.first else { return [] }
        let keys = head.split(separator: separator, omittingEmptySubsequences: false)
        return lines.dropFirst().map { line in
            let cells = line.split(separator: separator, omittingEmptySubsequences: false)
            return Dictionary(
                zip(keys.map(String.init), cells.map(String.init)), uniquingKeysWith: { $1 })
        }
    }

    static func sha256(_ bytes: [UInt8]) -> String {
        SHA256.digest(of: bytes).map { String(format: "%02x", $0) }.joined()
    }

    /// Runs a program and waits for it.
    static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }

    /// Unpacks a gzip file into a folder and returns the path.
    static func gunzipped(_ path: String, into scratch: URL) throws -> String {
        let source = folder.appending(path: path)
        let target = scratch.appending(path: source.deletingPathExtension().lastPathComponent)
        try run("sh", ["-c", "gzip -dc \"$0\" > \"$1\"", source.path, target.path])
        return target.path
    }

    /// All stored values of all frames.
    static func values(_ frames: PixelFrames) throws -> [Double] {
        try (0 ..< frames.frames).flatMap { try frames.values(frame: $0) }
    }
}

/// Least, greatest and mean of values.
struct Statistics: CustomStringConvertible {
    let least, greatest, mean: Double

    init(_ values: [Double]) {
        least = values.min() ?? .nan
        greatest = values.max() ?? .nan
        mean = values.reduce(0, +) / Double(values.count)
    }

    var description: String { "min \(least) max \(greatest) mean \(mean)" }
}
