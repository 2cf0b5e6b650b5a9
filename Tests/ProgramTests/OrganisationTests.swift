import Foundation
import Testing
import _TestSupport

/// `grevy organisation` as a user runs it.
@Suite("Organisation verbs")
struct OrganisationTests {
    @Test("a hospital is added once, with a link that is in no list")
    func added() throws {
        let work = try ReferenceFiles.scratch("organisation")
        defer { try? FileManager.default.removeItem(at: work) }
        let data = work.appending(path: "data").path
        let file = work.appending(path: "text.txt")
        try Data("no DICOM".utf8).write(to: file)
        // Importing what is no DICOM file makes an empty data folder and exits with 1.
        #expect(try Program.run(["import", file.path, "--data", data]).exitCode == 1)
        func add(_ name: String, _ login: String) throws -> Program.Outcome {
            try Program.run([
                "organisation", "add", name, "--login", login, "--name", "Otto Officer", "--data",
                data, "--json",
            ])
        }
        let json = try add("County hospital", "otto").json()
        let link = try #require(json["link"] as? String)
        #expect(link.wholeMatch(of: /\/link\/[A-Za-z0-9_-]{43}/) != nil, "\(link)")
        #expect(try add("County hospital", "other").exitCode == 1)
        #expect(try add("Third hospital", "OTTO").exitCode == 1)
        #expect(try add("Third hospital", "a b").exitCode == 1)
        let list = try Program.run(["organisation", "list", "--data", data])
        let text = String(decoding: list.output, as: UTF8.self)
        #expect(text == "1  County hospital\n", "\(text)")
    }
}
