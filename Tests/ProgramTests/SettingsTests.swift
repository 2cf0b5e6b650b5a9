import Foundation
import Testing
import _TestSupport

/// `grevy settings` as a user runs it.
@Suite("Settings verbs")
struct SettingsTests {
    @Test("what was added is shown as the bytes of its table, and as one JSON document")
    func shown() throws {
        let work = try ReferenceFiles.scratch("settings")
        defer { try? FileManager.default.removeItem(at: work) }
        let data = work.appending(path: "data").path
        let table = "hu,densityGPerML\n-1000,0.001\n0,1\n1000,1.6"
        let file = work.appending(path: "curve.csv")
        try Data(table.utf8).write(to: file)
        // Importing what is no DICOM file makes an empty data folder and exits with 1.
        #expect(try Program.run(["import", file.path, "--data", data]).exitCode == 1)
        let added = try Program.run([
            "settings", "add", "density-curve", "scanner-3", file.path, "--date", "2026-11-02",
            "--reason", "calibrated", "--data", data, "--json",
        ]).json()
        let id = String(try #require(added["id"] as? Int))

        let document = try Program.run(["settings", "show", id, "--data", data, "--json"])
        #expect(document.exitCode == 0 && document.errorText.isEmpty, "\(document.errorText)")
        let json = try document.json()
        #expect(json["table"] as? String == table)
        let line = try #require(json["setting"] as? [String: Any])
        #expect(line["name"] as? String == "scanner-3" && line["sha256"] as? String != nil)
        #expect(line as NSDictionary == added as NSDictionary)

        let text = try Program.run(["settings", "show", id, "--data", data])
        #expect(text.exitCode == 0)
        #expect(String(decoding: text.output, as: UTF8.self) == table + "\n")

        let absent = try Program.run(["settings", "show", "99", "--data", data, "--json"])
        #expect(absent.exitCode == 1 && absent.output.isEmpty)
        #expect(absent.errorText.contains("'grevy settings list'"), "\(absent.errorText)")
    }
}
