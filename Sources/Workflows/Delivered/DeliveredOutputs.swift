package import Foundation
import Quantities
package import Storage

/// Writes delivered doses into a folder, and keeps the report beside them.
package struct DeliveredOutputs: Sendable {
    private let folder: DataFolder
    private let actor: String

    package init(folder: DataFolder, actor: String) {
        self.folder = folder
        self.actor = actor
    }

    /// Writes document, doses and report.
    ///
    /// - Parameters:
    ///   - kept: The delivered doses.
    ///   - out: Made when absent; what an earlier delivery left there under these names is removed.
    ///   - pdf: Whether the report is printed too.
    /// - Returns: Names of the files, and what the writers changed.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the PDF cannot be printed; what the
    ///   layers below throw.
    package func write(
        _ kept: DeliveredWorkflow.Kept, to out: URL, pdf: Bool
    ) async throws -> PlanOutputs.Written {
        try OutputFolder.prepare(
            out,
            removing: [
                "delivered.json", "delivered-dose.dcm", "delivered-dose-absolute.dcm",
                "delivered.html", "delivered.pdf",
            ])
        try CanonicalJSON.encoded(kept.result.document)
            .write(to: out.appending(path: "delivered.json"), options: .atomic)
        let (doses, findings) = try DeliveredExport(kept).write(to: out)
        var files = ["delivered.json"] + doses
        let reports = ReportKeeper(folder: folder, actor: actor, recordID: kept.verificationID)
        files += try await reports.write(
            try DeliveredReporting(kept).report(), named: "delivered", to: out, pdf: pdf)
        return PlanOutputs.Written(files: files, findings: findings)
    }
}
