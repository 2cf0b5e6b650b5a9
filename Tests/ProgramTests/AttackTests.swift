import Foundation
import Testing

/// What comes from outside is answered in sentences and never obeyed.
@Suite("Hostile use")
struct AttackTests {
    @Test("a key with an escape sequence is shown as text, not sent to the terminal")
    func escapeSequence() throws {
        let outcome = try Program.run(
            ["calculate", "bed", "--json"], input: #"{"\u001b[31mred": 1}"#)
        #expect(outcome.exitCode == 1)
        #expect(outcome.output.isEmpty)
        #expect(!outcome.errorText.unicodeScalars.contains { $0 == "\u{1B}" })
        #expect(outcome.errorText.contains(#"\u{1B}[31mred"#))
    }

    @Test("a file of text is refused by import with its path and without a dump of the error")
    func textFile() throws {
        let work = URL.temporaryDirectory.appending(path: "grevy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: work) }
        let file = work.appending(path: "no.dcm")
        try Data("no DICOM".utf8).write(to: file)
        let outcome = try Program.run([
            "import", file.path, "--data", work.appending(path: "data").path, "--json",
        ])
        #expect(outcome.exitCode == 1)
        let reasons = try #require(try outcome.json()["reasons"] as? [[String: Any]])
        let examples = try #require(reasons.first?["examples"] as? [[String: Any]])
        #expect((examples.first?["path"] as? String)?.hasSuffix("no.dcm") == true)
    }

    @Test("a file where the plan's folder should be is refused before anything is computed")
    func outIsFile() throws {
        let work = URL.temporaryDirectory.appending(path: "grevy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: work) }
        let file = work.appending(path: "out")
        try Data("name: x\n".utf8).write(to: file)
        let data = work.appending(path: "data").path
        _ = try Program.run(["import", file.path, "--data", data])
        let outcome = try Program.run(["plan", file.path, "--data", data, "--out", file.path])
        #expect(outcome.exitCode == 1)
        #expect(outcome.errorText.contains("'--out' must be a folder"))
    }
}
