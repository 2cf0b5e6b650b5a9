package import Foundation
import Subprocess
import SystemPackage

/// Prints an HTML report as PDF with WeasyPrint, in the Python environment that `./run setup` makes.
package enum ReportPDF {
    /// Prints `html` to `file`; the same HTML gives the same bytes.
    ///
    /// The child process may fetch nothing and gets a fixed environment. A file of that name is
    /// replaced only when the new one is whole.
    ///
    /// - Parameters:
    ///   - html: A self-contained document, as ``ReportHTML/render(_:)`` writes it.
    ///   - file: Where the PDF goes; its folder must exist.
    ///   - timeLimitSeconds: After this many seconds the child is ended, 1 to 3600.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when there is no environment, printing failed,
    ///   or time ran out.
    @concurrent
    package static func render(
        html: String, to file: URL, timeLimitSeconds: Int = 120
    ) async throws {
        let python = try pythonExecutable()
        let scratch = FileManager.default.temporaryDirectory
            .appending(path: "grevy-report-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let source = scratch.appending(path: "report.html")
        let printed = scratch.appending(path: "report.pdf")
        try Data(html.utf8).write(to: source)
        let ending = try await run(
            python, source: source, printed: printed, scratch: scratch,
            timeLimitSeconds: min(max(timeLimitSeconds, 1), 3600))
        switch ending.status {
        case .signaled:
            throw refused("was stopped, by its limit of \(timeLimitSeconds) s or from outside")
        case .exited(let code):
            guard code == 0, let pdf = try? Data(contentsOf: printed) else {
                throw refused("failed with status \(code): \(ending.lastLine)")
            }
            try pdf.write(to: file, options: .atomic)
        }
    }

    /// The interpreter: `GREVY_PYTHON`, else `.venv/bin/python` beside or above the program, else
    /// beside or above the current folder.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when none of them can be run.
    package static func pythonExecutable(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> URL {
        let files = FileManager.default
        if let named = environment["GREVY_PYTHON"], !named.isEmpty {
            guard files.isExecutableFile(atPath: named) else { throw noEnvironment }
            return URL(filePath: named)
        }
        let program = Bundle.main.executableURL?.resolvingSymlinksInPath()
        for start in [program?.path, files.currentDirectoryPath].compactMap(\.self) {
            var folder = URL(filePath: start)
            while folder.pathComponents.count > 1 {
                folder.deleteLastPathComponent()
                let candidate = folder.appending(path: ".venv/bin/python")
                if files.isExecutableFile(atPath: candidate.path) { return candidate }
            }
            let here = URL(filePath: start).appending(path: ".venv/bin/python")
            if files.isExecutableFile(atPath: here.path) { return here }
        }
        throw noEnvironment
    }

    private static let noEnvironment = WorkflowError.refused(
        sentence: "There is no Python environment to print the PDF with: run ./run setup in the "
            + "project, or set GREVY_PYTHON to an interpreter that has WeasyPrint. The HTML "
            + "report holds the same.")

    private static func refused(_ what: String) -> WorkflowError {
        .refused(
            sentence: "Printing the PDF \(what). The HTML report holds the same; ./run setup "
                + "renews the Python environment.")
    }

    private static func run(
        _ python: URL, source: URL, printed: URL, scratch: URL, timeLimitSeconds: Int
    ) async throws -> (status: TerminationStatus, lastLine: String) {
        let complaints = scratch.appending(path: "complaints.txt")
        let errors = try FileDescriptor.open(
            FilePath(complaints.path), .writeOnly, options: [.create, .closeOnExec],
            permissions: .ownerReadWrite)
        let outcome = try await Subprocess.run(
            .path(FilePath(python.path)),
            arguments: [
                // Nothing from the user's own Python folders and nothing beside the script.
                "-s", "-P", "-B", "-c",
                String(decoding: PackageResources.html_to_pdf_py, as: UTF8.self),
                source.path, printed.path, String(timeLimitSeconds),
            ],
            environment: .custom([
                // Hash order and dates would change the bytes from run to run.
                "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0", "LC_ALL": "C.UTF-8",
                "PATH": "/usr/bin:/bin", "HOME": scratch.path,
            ]),
            output: .discarded,
            error: .fileDescriptor(errors, closeAfterSpawningProcess: true))
        let text = (try? String(contentsOf: complaints, encoding: .utf8)) ?? ""
        let lastLine = text.split(separator: "\n").last.map { String($0.prefix(300)) } ?? ""
        return (outcome.terminationStatus, lastLine)
    }
}
