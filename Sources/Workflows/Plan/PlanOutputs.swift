package import Foundation
package import Quantities
package import Storage

/// Writes everything a plan gives into a folder, and keeps the report beside the plan.
package struct PlanOutputs: Sendable {
    private let folder: DataFolder
    private let actor: String

    package init(folder: DataFolder, actor: String) {
        self.folder = folder
        self.actor = actor
    }

    /// Names of the files written, and what the writers changed to write them.
    package struct Written: Sendable {
        package let files: [String]
        package let findings: [Finding]
    }

    /// Writes plan, report, DICOM and NIfTI.
    ///
    /// - Parameters:
    ///   - kept: The plan.
    ///   - out: Made when absent; files of the same names are replaced.
    ///   - pdf: Whether the report is printed too.
    /// - Returns: Names of the files, and what the writers changed.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the PDF cannot be printed; what the
    ///   layers below throw.
    package func write(
        _ kept: PlanWorkflow.Kept, to out: URL, pdf: Bool
    ) async throws -> Written {
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        let export = PlanExport(kept)
        let exported = try export.write(to: out)
        var files = exported.files
        let html = ReportHTML.render(try PlanReporting(kept).report())
        try Data(html.utf8).write(to: out.appending(path: "report.html"), options: .atomic)
        files.append("report.html")
        try await keep(Array(html.utf8), of: kept, mediaType: "text/html")
        if pdf {
            let file = out.appending(path: "report.pdf")
            try await ReportPDF.render(html: html, to: file)
            let bytes = Array(try Data(contentsOf: file))
            try export.writeReport(pdf: bytes, to: out.appending(path: "report.dcm"))
            files += ["report.pdf", "report.dcm"]
            try await keep(bytes, of: kept, mediaType: "application/pdf")
        }
        return Written(files: files, findings: exported.findings)
    }

    private func keep(
        _ bytes: [UInt8], of kept: PlanWorkflow.Kept, mediaType: String
    ) async throws {
        let object = try await folder.objects.put(bytes)
        let plan = try await folder.records.derived(id: kept.planID)
        _ = try await folder.records.save(
            DerivedDraft(
                caseID: plan.draft.caseID, kind: "report",
                name: "\(plan.draft.name) (\(mediaType))", content: object, mediaType: mediaType,
                inputs: [DerivedInput("plan", .derived(kept.planID))],
                softwareVersion: Software.version), by: actor)
    }
}
