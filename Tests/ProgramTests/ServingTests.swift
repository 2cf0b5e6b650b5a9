import Foundation
import Testing
import _TestSupport

/// Servers as processes of their own, on one data folder.
@Suite("Serving a data folder", .serialized)
struct ServingTests {
    /// A started server; what it says comes line by line.
    private final class Server {
        let process = Process()
        private let pipe = Pipe()
        private(set) var text = ""

        init(_ data: URL, _ work: URL) throws {
            process.executableURL = try Program.url
            process.currentDirectoryURL = ReferenceFiles.project
            process.arguments = [
                "serve", "--data", data.path, "--port", "0", "--signing-key",
                work.appending(path: "key.pem").path,
            ]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = pipe
            try process.run()
        }

        /// Reads on until it says so, or ends.
        func says(_ words: String) -> Bool {
            while !text.contains(words) {
                let bytes = pipe.fileHandleForReading.availableData
                guard !bytes.isEmpty else { return false }
                text += String(decoding: bytes, as: UTF8.self)
            }
            return true
        }

        func end(_ signal: Int32) {
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
        }
    }

    @Test("A second server is refused and says what to do; a killed one leaves nothing behind")
    func lock() throws {
        let work = try ReferenceFiles.scratch("serving")
        defer { try? FileManager.default.removeItem(at: work) }
        let data = work.appending(path: "data")
        let first = try Server(data, work)
        defer { if first.process.isRunning { first.end(SIGKILL) } }
        try #require(first.says("Grevy listens on"), "\(first.text)")

        let second = try Server(data, work)
        #expect(!second.says("Grevy listens on"), "it listens")
        second.process.waitUntilExit()
        #expect(second.process.terminationStatus != 0)
        for part in [
            "Another server (process \(first.process.processIdentifier))", data.path,
            "Stop that one first",
        ] { #expect(second.text.contains(part), "\(part): \(second.text)") }
        #expect(first.process.isRunning)

        // What looks at the folder, copies it or adds to it needs no lock.
        for arguments in [
            ["audit", "verify"], ["list"], ["organisation", "list"],
            ["backup", "--to", work.appending(path: "copy").path],
        ] {
            let outcome = try Program.run(arguments + ["--data", data.path])
            #expect(outcome.exitCode == 0, "\(arguments): \(outcome.errorText)")
        }

        first.end(SIGKILL)
        let third = try Server(data, work)
        defer { third.end(SIGTERM) }
        #expect(third.says("Grevy listens on"), "\(third.text)")
    }
}
