import Foundation
import Testing

/// `grevy dose --engine montecarlo`, killed while it simulates.
@Suite("Dose killed")
struct DoseKilledTests {
    /// Far more than fits between the first checkpoint and the kill that follows it.
    private static let histories = "4000000"

    private static func arguments(_ out: String, in folder: URL) throws -> [String] {
        let shape = [16, 16, 16]
        return [
            "dose", "--tia",
            try TestMap(shape: shape) { i, j, k in Float(1e6 * Double(1 + i + j + k)) }
                .write("t.nii", in: folder),
            "--density",
            try TestMap(shape: shape) { _, _, k in k < 8 ? 1.04 : 0.26 }
                .write("d.nii", in: folder),
            "--medium",
            try TestMap(shape: shape) { _, _, k in k < 8 ? 2 : 1 }
                .write("m.nii", in: folder),
            "--labels",
            try TestMap(shape: shape) { i, _, _ in Float(i / 8) }
                .write("l.nii", in: folder),
            "--nuclide", "Y-90", "--engine", "montecarlo", "--histories", histories, "--out",
            folder.appending(path: out).path, "--uncertainty-out",
            folder.appending(path: "u-" + out).path,
        ]
    }

    private static func checkpoint(in folder: URL) -> [String] {
        [
            "--checkpoint", folder.appending(path: "state").path, "--checkpoint-seconds", "0.1",
            "--json",
        ]
    }

    /// Starts the program and ends it with a signal as soon as a checkpoint lies there.
    ///
    /// - Returns: What the program had said.
    private static func ended(
        by signal: Int32, _ arguments: [String], in folder: URL
    ) throws -> String {
        let process = Process()
        let errors = Pipe()
        process.executableURL = try Program.url
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let state = folder.appending(path: "state").path
        while process.isRunning, !FileManager.default.fileExists(atPath: state) {
            Thread.sleep(forTimeInterval: 0.005)
        }
        kill(process.processIdentifier, signal)
        let text = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal, "\(text)")
        #expect(process.terminationStatus == signal)
        return text
    }

    /// The first count of decays that a run told of.
    private static func firstCount(_ text: String) throws -> Int {
        let line = try #require(text.split(separator: "\n").first { $0.contains(" decays in ") })
        return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }

    @Test("a run killed twice after a checkpoint goes on from it to the bytes of one never killed")
    func resumed() throws {
        try DoseTests.inFolder { folder in
            let whole = try Program.run(Self.arguments("whole.nii", in: folder) + ["--json"])
            try #require(whole.exitCode == 0, "\(whole.errorText)")
            let arguments =
                try Self.arguments("again.nii", in: folder) + Self.checkpoint(in: folder)
            let state = folder.appending(path: "state")
            let first = try Self.ended(by: SIGKILL, arguments, in: folder)
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/again.nii"))
            let kept = try Data(contentsOf: state)
            // The file is that of this run and of no other.
            let other = try Program.run(arguments + ["--seed", "2"])
            #expect(other.exitCode == 1 && other.errorText.contains("not a checkpoint of this run"))
            #expect(try Data(contentsOf: state) == kept)
            let again = try Program.run(arguments)
            try #require(again.exitCode == 0, "\(again.errorText)")
            // It began where the killed run was, not at its start.
            #expect(try Self.firstCount(again.errorText) > Self.firstCount(first))
            for prefix in ["", "u-"] {
                #expect(
                    try Data(contentsOf: folder.appending(path: prefix + "again.nii"))
                        == Data(contentsOf: folder.appending(path: prefix + "whole.nii")))
            }
            func facts(_ outcome: Program.Outcome) throws -> [String: Any] {
                try outcome.json().filter {
                    !["seconds", "historiesPerSecondPerCore"].contains($0.key)
                }
            }
            #expect(try facts(again) as NSDictionary == facts(whole) as NSDictionary)
            #expect(!FileManager.default.fileExists(atPath: state.path), "removed when done")
        }
    }

    @Test(
        "an interrupt leaves the inputs, the last checkpoint and nothing else",
        arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) throws {
        try DoseTests.inFolder { folder in
            let arguments = try Self.arguments("dose.nii", in: folder)
            let before = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            _ = try Self.ended(by: signal, arguments + Self.checkpoint(in: folder), in: folder)
            let after = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(Set(after) == Set(before + ["state"]), "\(after)")
        }
    }
}
