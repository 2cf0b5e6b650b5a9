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
    ///   - out: Made when absent; what an earlier plan left there under these names is removed.
    ///   - pdf: Whether the report is printed too.
    /// - Returns: Names of the files, and what the writers changed.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the PDF cannot be printed; what the
    ///   layers below throw.
    package func write(
        _ kept: PlanWorkflow.Kept, to out: URL, pdf: Bool
    ) async throws -> Written {
        try OutputFolder.prepare(out, removing: Self.names)
        let export = PlanExport(kept)
        // Beside the report, which takes as long.
        async let writing = export.write(to: out)
        let report = try PlanReporting(kept).report()
        let exported = try await writing
        var written = exported.files
        written += try await ReportKeeper(folder: folder, actor: actor, recordID: kept.planID)
            .write(report, named: "report", to: out, pdf: pdf)
        if pdf {
            let bytes = Array(try Data(contentsOf: out.appending(path: "report.pdf")))
            try export.writeReport(pdf: bytes, to: out.appending(path: "report.dcm"))
            written.append("report.dcm")
        }
        return Written(files: written, findings: exported.findings)
    }

    /// All that a plan may leave in a folder.
    private static let names = [
        "plan.json", "structures.dcm", "segmentation.dcm", "dose.dcm", "dose.nii.gz",
        "measurements.dcm", "report.html", "report.pdf", "report.dcm",
    ]
}
