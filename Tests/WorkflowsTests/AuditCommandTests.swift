import Foundation
import Storage
import Testing
import _TestSupport

/// `grevy audit`, run as a user runs it.
@Suite("grevy audit")
struct AuditCommandTests {
    private static let program = BuiltProgram.url("grevy")

    @Test(
        "verify says intact with exit code 0, and names the broken entry with exit code 1",
        .enabled(if: program != nil, "grevy was not built"))
    func verify() async throws {
        let scratch = try ReferenceFiles.scratch("audit-command")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let data = scratch.appending(path: "data")
        let folder = try DataFolder.open(at: data, create: true)
        for step in 1 ... 3 {
            try await folder.audit.append(
                AuditEvent(actor: "anna", action: "thing.change", subject: "thing-\(step)"))
        }
        let head = try await folder.audit.head()
        try folder.close()
        let intact = try run("verify", "--data", data.path, "--json", "--expect", "\(head)")
        #expect(intact.code == 0)
        let document = try #require(
            try JSONSerialization.jsonObject(with: intact.output) as? [String: Any])
        #expect(document["intact"] as? Bool == true)
        #expect(document["intactEntries"] as? Int == 3)
        #expect(document["head"] as? String == "\(head)")

        let shown = try run("show", "--data", data.path, "--last", "1")
        #expect(String(decoding: shown.output, as: UTF8.self).contains("thing-3"))

        let file = data.appending(path: "grevy.sqlite")
        var bytes = try Data(contentsOf: file)
        let place = try #require(bytes.range(of: Data("thing-2".utf8)))
        bytes[place.lowerBound] ^= 1
        try bytes.write(to: file)
        let broken = try run("verify", "--data", data.path, "--json")
        #expect(broken.code == 1)
        let verdict = try #require(
            try JSONSerialization.jsonObject(with: broken.output) as? [String: Any])
        #expect(verdict["intact"] as? Bool == false)
        #expect(verdict["firstBrokenEntry"] as? Int == 2)
    }

    @Test(
        "a folder that is none is refused with 1, wrong use with 2",
        .enabled(if: program != nil, "grevy was not built"))
    func refused() throws {
        #expect(try run("verify", "--data", "/nonexistent/folder").code == 1)
        #expect(try run("verify").code == 2)
        #expect(try run("verify", "--data", "/tmp", "--expect", "x").code == 2)
    }

    private func run(_ arguments: String...) throws -> (code: Int32, output: Data) {
        let program = try #require(Self.program)
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = ["audit"] + arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}
