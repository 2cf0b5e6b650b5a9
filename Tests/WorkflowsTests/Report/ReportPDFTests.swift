import Foundation
import Testing
import Workflows
import _TestSupport

/// Whether the environment of `./run setup` is there; the tests skip visibly when it is not.
let hasEnvironment = (try? ReportPDF.pythonExecutable()) != nil

@Suite("Report as PDF", .enabled(if: hasEnvironment))
struct ReportPDFTests {
    @Test(
        "Printed twice, the bytes are the same; every page has patient and notice; no number lost")
    func printed() async throws {
        let folder = try ReferenceFiles.scratch("report-pdf")
        defer { try? FileManager.default.removeItem(at: folder) }
        let html = ReportHTML.render(SampleReport.full())
        let first = folder.appending(path: "first.pdf")
        let second = folder.appending(path: "second.pdf")
        try await ReportPDF.render(html: html, to: first)
        try await ReportPDF.render(html: html, to: second)
        let bytes = try Data(contentsOf: first)
        #expect(bytes == (try Data(contentsOf: second)))
        if let kept = ProcessInfo.processInfo.environment["GREVY_KEEP_REPORT"] {
            try Data(html.utf8).write(to: URL(filePath: kept + ".html"))
            try bytes.write(to: URL(filePath: kept + ".pdf"))
        }

        let text = try textOfPDF(first)
        let pages = text.split(separator: "\u{c}").filter { !$0.allSatisfy(\.isWhitespace) }
        #expect(pages.count >= 3)
        for (index, page) in pages.enumerated() {
            #expect(page.contains("Not a medical device."), "page \(index + 1)")
            #expect(page.contains("SYNTHETIC, Sirtnet Phantom"), "page \(index + 1)")
            #expect(page.contains("GREVY-PHANTOM-0001"), "page \(index + 1)")
            #expect(page.contains("Page \(index + 1) of \(pages.count)"))
        }
        // One number of every section.
        for number in [
            "3.417", "1103", "2.317", "94.3", "74.99", "8.49", "12.080", "186.0", "5.01 %",
            "7.12 %", "49.67", "64.2 h", "−17.3", "60.4", "3.437", "3f9a3f9a3f9a", "c3d4c3d4c3d4",
            "2.432", "plan.no-net-evidence",
        ] {
            #expect(text.contains(number), "\(number)")
        }
    }

    @Test("A name and identifier of 64 letters, and longer ones, leave the notice on each page")
    func longNames() async throws {
        let folder = try ReferenceFiles.scratch("report-names")
        defer { try? FileManager.default.removeItem(at: folder) }
        for count in [64, 400] {
            let full = SampleReport.full()
            var report = PlanReport(
                title: full.title, planName: full.planName, madeAt: full.madeAt,
                patient: full.patient, convention: full.convention)
            report.patient.name = String(repeating: "W", count: count)
            report.patient.identifier = String(repeating: "M", count: count)
            report.patient.issuer = String(repeating: "W", count: count)
            report.planName = String(repeating: "W", count: count)
            let file = folder.appending(path: "report.pdf")
            try await ReportPDF.render(html: ReportHTML.render(report), to: file)
            for page in try textOfPDF(file).split(separator: "\u{c}") {
                #expect(page.contains("Not a medical device."))
                #expect(page.contains("WWWWWWWWWWWWWWWW") && page.contains("MMMMMMMMMMMMMMMM"))
                #expect(page.contains("Page "))
            }
            if let kept = ProcessInfo.processInfo.environment["GREVY_KEEP_REPORT"] {
                let copy = URL(filePath: "\(kept)-\(count).pdf")
                try Data(contentsOf: file).write(to: copy)
            }
        }
    }

    @Test("A report that names an address outside itself is refused")
    func outside() async throws {
        let folder = try ReferenceFiles.scratch("report-outside")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "report.pdf")
        for address in ["file:///etc/hostname", "http://127.0.0.1:9/x.png"] {
            await #expect(throws: WorkflowError.self) {
                try await ReportPDF.render(html: "<img src=\"\(address)\">", to: file)
            }
        }
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    @Test("A page that takes too long is stopped and nothing is left")
    func tooLong() async throws {
        let folder = try ReferenceFiles.scratch("report-long")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "report.pdf")
        let html = String(repeating: "<table><tr><td>a<td>b<td>c</table>", count: 60_000)
        await #expect(throws: WorkflowError.self) {
            try await ReportPDF.render(html: html, to: file, timeLimitSeconds: 1)
        }
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }

    /// The text by `pdftotext -layout`, pages parted by form feeds.
}

@Suite("Python environment")
struct PythonEnvironmentTests {
    @Test("A named interpreter that cannot be run is refused with what to do")
    func missing() {
        #expect {
            try ReportPDF.pythonExecutable(environment: ["GREVY_PYTHON": "/nowhere/python"])
        } throws: { "\($0)".contains("./run setup") }
    }
}

/// The words of a PDF as poppler reads them.
func textOfPDF(_ file: URL) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/pdftotext")
    process.arguments = ["-layout", file.path, "-"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
}
