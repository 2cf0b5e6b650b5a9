import Foundation
import Testing
import _TestSupport

/// Volumes of interest by the program itself, as a user types.
@Suite("grevy voi")
struct VOITests {
    private static func run(_ arguments: [String], _ data: String) throws -> [[String: Any]] {
        let outcome = try Program.run(["voi"] + arguments + ["--data", data, "--json"])
        try #require(outcome.exitCode == 0, "\(arguments): \(outcome.errorText)")
        return try #require(
            try JSONSerialization.jsonObject(with: outcome.output) as? [[String: Any]])
    }

    private static func volumeML(_ voi: [String: Any]?) throws -> Double {
        let current = try #require(voi?["current"] as? [String: Any])
        let making = try #require(current["making"] as? [String: Any])
        return try #require(making["volumeML"] as? NSNumber).doubleValue
    }

    @Test("structures are taken over, changed, accepted and exported")
    func story() throws {
        let work = try ReferenceFiles.scratch("voi-program")
        defer { try? FileManager.default.removeItem(at: work) }
        let data = try Program.importPhantom(in: work)
        let ct = "CT portal venous, simulated"
        let taken = try Self.run(
            [
                "import", "Structures from shapes, simulated", "--structure", "Liver",
                "Tumour 5", "--on", ct,
            ], data)
        #expect(taken.compactMap { $0["role"] as? String } == ["liver", "tumour"])
        let ball = try Self.run(
            [
                "sphere", "--centre", "-105,-8,-62", "--diameter", "60", "--name", "Tumour 5 again",
            ], data)
        // A ball of 60 mm.
        #expect(abs(try Self.volumeML(ball.first) / 113.097 - 1) < 0.005)
        let grown = try Self.run(
            ["margin", "Tumour 5 again", "--mm", "-10", "--name", "Core"], data)
        #expect(abs(try Self.volumeML(grown.first) / 33.51 - 1) < 0.05)
        _ = try Self.run(
            ["combine", "difference", "Liver", "Tumour 5", "--name", "Liver without"], data)
        try checkRestoring(data)
        _ = try Self.run(["accept", "Liver", "Core", "--note", "looked at"], data)
        let listed = try Self.run(["list"], data)
        #expect(
            listed.compactMap { $0["name"] as? String } == [
                "Liver", "Tumour 5", "Tumour 5 again", "Core", "Liver without",
            ])
        let out = work.appending(path: "out").path
        let export = try Program.run(["voi", "export", "--out", out, "--data", data, "--json"])
        #expect(try export.json()["vois"] as? [String] == ["Liver", "Core"])
        #expect(FileManager.default.fileExists(atPath: "\(out)/structures.dcm"))
        let early = try Program.run(["voi", "export", "Tumour 5", "--out", out, "--data", data])
        #expect(early.exitCode == 1 && early.errorText.contains("not accepted"))
        let text = try Program.run(["voi", "list", "--data", data])
        #expect(String(decoding: text.output, as: UTF8.self).contains("Core  other  "))
    }

    /// Takes "Core" out of use and up again; of two of one name the number says which.
    private func checkRestoring(_ data: String) throws {
        func names(_ vois: [[String: Any]]) -> [String] {
            vois.compactMap { $0["name"] as? String }
        }
        func fails(_ arguments: [String], _ words: String) throws {
            let outcome = try Program.run(["voi"] + arguments + ["--data", data])
            #expect(outcome.exitCode == 1 && outcome.errorText.contains(words), "\(arguments)")
        }
        let before = try Self.run(["list"], data)
        try fails(["restore", "Core"], "withdrawn volume of interest")
        _ = try Self.run(["withdraw", "Core", "--reason", "for practice"], data)
        let withdrawn = try Self.run(["list", "--withdrawn"], data)
        #expect(names(withdrawn) == ["Core"])
        let first = try #require(withdrawn.first?["number"] as? Int)
        // Another of that name comes and goes.
        _ = try Self.run(
            ["margin", "Tumour 5 again", "--mm", "-20", "--name", "Core"], data)
        try fails(["restore", "Core"], "is called 'Core'")
        _ = try Self.run(["withdraw", "Core", "--reason", "for practice"], data)
        try fails(["restore", "Core"], "--number")
        let restored = try Self.run(["restore", "Core", "--number", "\(first)"], data)
        #expect(names(restored) == ["Core"] && restored.first?["number"] as? Int == first)
        #expect(Set(names(try Self.run(["list"], data))) == Set(names(before)))
        #expect(names(try Self.run(["list", "--withdrawn"], data)) == ["Core"])
    }

    @Test(
        "wrong use is told before anything is read",
        arguments: [
            ["sphere", "--centre", "1,2", "--diameter", "3", "--name", "a"],
            ["threshold", "--layer", "x", "--name", "a", "--within", "b"],
            [
                "threshold", "--layer", "x", "--name", "a", "--share", "0.4", "--lowest", "2",
                "--within", "b",
            ],
            ["combine", "melt", "a", "b", "--name", "c"], ["propose", "spleen"],
        ])
    func wrongUse(arguments: [String]) throws {
        let outcome = try Program.run(["voi"] + arguments + ["--data", "/nowhere"])
        #expect(outcome.exitCode == 2, "\(outcome.errorText)")
    }
}
