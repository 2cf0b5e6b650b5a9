import Foundation
import Testing
import _TestSupport

/// What other people's programs say of the files that Grevy writes.
///
/// One demonstration of the half-size patient serves all; the scripts in Tests/outside share no
/// code with Grevy.
@Suite(
    "Files read by other programs",
    .enabled(if: OutsidePython.main.isThere, "there is no .venv (./run setup makes it)"),
    .demonstration)
struct OutsideTests {
    @Test(
        "pydicom, nibabel, dciodvfy and poppler find plan and delivered doses valid and the same",
        .enabled(
            if: DicomValidator.isInstalled && OutsidePython.hasPoppler,
            "dicom3tools or poppler-utils are not installed"))
    func readBack() throws {
        let demo = try #require(Demonstration.folder)
        let outcome = try OutsidePython.main.run("check_export.py", [demo.path])
        #expect(outcome.failures == [])
        #expect(outcome.measured > 50, "\(outcome.text)")
    }

    @Test(
        "dicompyler-core computes our mean doses from our RTDOSE and RTSTRUCT",
        .enabled(if: OutsidePython.peers.isThere, "there is no .venv-peers"))
    func histograms() throws {
        let demo = try #require(Demonstration.folder)
        let plan = demo.appending(path: "plan")
        let own = try Program.run([
            "dvh", "--dose", plan.appending(path: "dose.dcm").path, "--structures",
            plan.appending(path: "structures.dcm").path, "--mode", "centre", "--json",
        ])
        try #require(own.exitCode == 0, "\(own.errorText)")
        let file = demo.appending(path: "centre.json")
        try own.output.write(to: file)
        let outcome = try OutsidePython.peers.run("check_dvh.py", [demo.path, file.path])
        #expect(outcome.failures == [])
        #expect(outcome.measured >= 8, "\(outcome.text)")
    }
}

/// `grevy dose` on files that nibabel made, checked by numpy; the script shares no code with Grevy.
@Suite(
    "Doses by another program",
    .enabled(if: OutsidePython.main.isThere, "there is no .venv (./run setup makes it)"))
struct OutsideDoseTests {
    @Test("nibabel reads doses in a CT back as numpy computes them, for all handednesses")
    func local() throws {
        try DoseTests.inFolder { folder in
            let made = try OutsidePython.main.run("check_dose.py", ["make", folder.path])
            #expect(made.failures == [])
            for n in 0 ..< 4 {
                _ = try DoseTests.dose(
                    [
                        "--tia", folder.appending(path: "tia-\(n).nii.gz").path, "--ct",
                        folder.appending(path: "ct.nii.gz").path,
                    ], out: "dose-\(n).nii.gz", in: folder)
            }
            let keV = try DoseTests.electronJoules("Y-90") / 1.602_176_634e-16
            let outcome = try OutsidePython.main.run(
                "check_dose.py", ["check", folder.path, "\(keV)"])
            #expect(outcome.failures == [])
            #expect(outcome.measured == 12, "\(outcome.text)")
        }
    }
}

/// What `grevy demo` leaves, made once for a suite and removed after it.
struct Demonstration: SuiteTrait, TestScoping {
    @TaskLocal static var folder: URL?

    @concurrent
    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let folder = try ReferenceFiles.scratch("outside")
        defer { try? FileManager.default.removeItem(at: folder) }
        let outcome = try Program.run(
            ["demo", "--half-size", "--out", folder.path, "--json"],
            environment: ["GREVY_PYTHON": OutsidePython.main.path])
        try #require(outcome.exitCode == 0, "\(outcome.errorText)")
        try await Self.$folder.withValue(folder) { try await function() }
    }
}

extension Trait where Self == Demonstration {
    static var demonstration: Self { Self() }
}

/// A Python environment of `./run setup`, and what a script of Tests/outside finds with it.
struct OutsidePython: Sendable {
    static let main = Self(folder: ".venv")
    static let peers = Self(folder: ".venv-peers")

    let path: String

    private static let project = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private init(folder: String) {
        path = Self.project.appending(path: "\(folder)/bin/python").path
    }

    var isThere: Bool { FileManager.default.isExecutableFile(atPath: path) }

    static var hasPoppler: Bool {
        ["pdftotext", "pdfinfo"].allSatisfy {
            FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
        }
    }

    struct Outcome {
        let failures: [String]
        /// How many quantities were compared.
        let measured: Int
        let text: String
    }

    /// Runs a script, which must end with one JSON object on its last line.
    func run(_ script: String, _ arguments: [String]) throws -> Outcome {
        let file = Self.project.appending(path: "Tests/outside/\(script)").path
        let text = try DicomValidator.output(path, [file] + arguments)
        let last = text.split(separator: "\n").last.map(String.init) ?? ""
        let answer = try #require(
            try? JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any], "\(text)")
        return Outcome(
            failures: try #require(answer["failures"] as? [String]),
            measured: try #require(answer["measured"] as? [String: Any]).count, text: text)
    }
}
