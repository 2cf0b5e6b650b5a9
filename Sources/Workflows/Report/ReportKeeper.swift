import Foundation
import Storage

/// Writes a report as HTML and PDF, and keeps both beside the record they tell of.
struct ReportKeeper {
    let folder: DataFolder
    let actor: String
    /// The plan or verification that the report is about.
    let recordID: String

    /// - Returns: Names of the files: `NAME.html`, and `NAME.pdf` when wanted.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the PDF cannot be printed; what the
    ///   layers below throw.
    func write(
        _ report: PlanReport, named name: String, to out: URL, pdf: Bool
    ) async throws -> [String] {
        let html = ReportHTML.render(report)
        try Data(html.utf8).write(to: out.appending(path: "\(name).html"), options: .atomic)
        try await keep(Array(html.utf8), mediaType: "text/html")
        guard pdf else { return ["\(name).html"] }
        let file = out.appending(path: "\(name).pdf")
        try await ReportPDF.render(html: html, to: file)
        try await keep(Array(try Data(contentsOf: file)), mediaType: "application/pdf")
        return ["\(name).html", "\(name).pdf"]
    }

    /// Keeps a report as HTML alone.
    ///
    /// - Throws: What the layers below throw.
    func keep(_ report: PlanReport) async throws {
        try await keep(Array(ReportHTML.render(report).utf8), mediaType: "text/html")
    }

    func keep(_ bytes: [UInt8], mediaType: String) async throws {
        let object = try await folder.objects.put(bytes)
        let record = try await folder.records.derived(id: recordID)
        _ = try await folder.records.save(
            DerivedDraft(
                caseID: record.draft.caseID, kind: "report",
                name: "\(record.draft.name) (\(mediaType))", content: object,
                mediaType: mediaType,
                inputs: [DerivedInput(record.draft.kind, .derived(recordID))],
                softwareVersion: Software.version), by: actor)
    }
}
