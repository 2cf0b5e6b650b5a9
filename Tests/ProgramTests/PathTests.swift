import Foundation
import Testing
import _TestSupport

/// Paths that are a file, a folder or below a file: what is wrong is said, never a number.
@Suite("Paths that do not fit")
struct PathTests {
    @Test(
        "a file that is not there is said to be so, and refused, by every verb",
        arguments: [
            ["plan", "ABSENT", "--no-pdf", "--data", "DATA", "--out", "NEW"],
            ["delivered", "ABSENT", "--no-pdf", "--data", "DATA", "--out", "NEW"],
            ["calculate", "single", "--input", "ABSENT"], ["import", "ABSENT", "--data", "DATA"],
            ["dvh", "--dose", "ABSENT", "--structures", "ABSENT"],
            ["verify", "ABSENT", "--key", "ABSENT"],
        ])
    func absent(arguments: [String]) throws {
        let work = try ReferenceFiles.scratch("paths")
        defer { try? FileManager.default.removeItem(at: work) }
        let file = work.appending(path: "hello.txt")
        try Data("hello".utf8).write(to: file)
        let data = work.appending(path: "data").path
        // Makes an empty data folder.
        #expect(try Program.run(["import", file.path, "--data", data]).exitCode == 1)
        let absent = work.appending(path: "absent").path
        let outcome = try Program.run(
            arguments.map {
                $0.replacing("ABSENT", with: absent).replacing("DATA", with: data)
                    .replacing("NEW", with: work.appending(path: "new").path)
            })
        #expect(outcome.exitCode == 1 && outcome.output.isEmpty)
        #expect(
            outcome.errorText.contains("There is no file or folder '\(absent)'"),
            "\(outcome.errorText)")
    }

    @Test(
        "a file where a folder is needed, and below one, is said with its name",
        arguments: [
            ["phantom", "FILE"], ["phantom", "FILE/new"],
            ["demo", "--no-pdf", "--out", "FILE"], ["demo", "--no-pdf", "--out", "FILE/new"],
            ["plan", "FILE", "--no-pdf", "--data", "DATA", "--out", "FILE"],
            ["plan", "FILE", "--no-pdf", "--data", "DATA", "--out", "FILE/new"],
            ["delivered", "FILE", "--no-pdf", "--data", "DATA", "--out", "FILE/new"],
            ["export", "se-0123456789", "--data", "FILE", "--out", "NEW"],
            ["import", "FILE", "--data", "FILE"],
            ["dvh", "--dose", "FILE", "--structures", "FILE"],
            ["dvh", "--dose", "FOLDER", "--structures", "FILE"],
        ])
    func refused(arguments: [String]) throws {
        let work = try ReferenceFiles.scratch("paths")
        defer { try? FileManager.default.removeItem(at: work) }
        let file = work.appending(path: "hello.txt")
        try Data("hello".utf8).write(to: file)
        let data = work.appending(path: "data").path
        // An empty data folder: importing what is no DICOM makes it and exits with 1.
        #expect(try Program.run(["import", file.path, "--data", data]).exitCode == 1)
        let before = try Self.names(work)
        let outcome = try Program.run(
            arguments.map {
                $0.replacing("FILE", with: file.path).replacing("DATA", with: data)
                    .replacing("FOLDER", with: work.path)
                    .replacing("NEW", with: work.appending(path: "new").path)
            })
        #expect(outcome.exitCode == 1)
        #expect(outcome.output.isEmpty)
        let text = outcome.errorText
        #expect(
            ["is a file", "not a folder", "cannot be taken as"].contains { text.contains($0) },
            "\(text)")
        #expect(!text.contains("error 2") && !text.contains("error 5"), "\(text)")
        #expect(try Data(contentsOf: file) == Data("hello".utf8))
        #expect(try Self.names(work) == before)
    }

    @Test("a folder where a map is to be written is refused before anything is computed")
    func folderForFile() throws {
        try DoseTests.inFolder { folder in
            func path(_ name: String) -> String { folder.appending(path: name).path }
            try FileManager.default.createDirectory(
                atPath: path("dose.nii"), withIntermediateDirectories: true)
            try Data("hello".utf8).write(to: folder.appending(path: "hello.txt"))
            for (out, checkpoint, part) in [
                ("dose.nii", "state", "dose.nii' is a folder"),
                ("hello.txt/dose.nii", "state", "hello.txt' is a file"),
                ("new.nii", "dose.nii", "dose.nii' is a folder"),
                ("new.nii", "hello.txt/state", "hello.txt' is a file"),
                ("new.nii", "nowhere/state", "is not there"),
            ] {
                // What is read is looked at later, so that it need not be there.
                let outcome = try Program.run([
                    "dose", "--tia", path("a.nii"), "--ct", path("b.nii"), "--nuclide", "Y-90",
                    "--engine", "montecarlo", "--histories", "40", "--out", path(out),
                    "--checkpoint", path(checkpoint),
                ])
                #expect(outcome.exitCode == 1)
                #expect(outcome.errorText.contains(part), "\(outcome.errorText)")
            }
        }
    }

    private static func names(_ folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }
}
