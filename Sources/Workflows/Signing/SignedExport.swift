import Foundation
import Pathway
package import Storage

/// Gives a fully signed plan out: its JSON and its report, each with a signed sidecar.
package struct SignedExport: Sendable {
    private let reader: CaseReader
    private let key: SigningKey
    private let patient: PatientRecord
    private let actor: String

    package init(
        _ reader: CaseReader, key: SigningKey, patient: PatientRecord, actor: String
    ) {
        (self.reader, self.key, self.patient, self.actor) = (reader, key, patient, actor)
    }

    private var folder: DataFolder { reader.folder }

    /// What can be taken out; the raw value is the file's name.
    package enum File: String, CaseIterable, Sendable {
        case plan = "plan.json"
        case report = "report.pdf"

        package var mediaType: String {
            self == .plan ? "application/json" : "application/pdf"
        }
    }

    /// Returns the bytes of a file.
    ///
    /// - Throws: ``WorkflowError`` when the case has no such plan, it does not carry three
    ///   signatures that count, or it has no report.
    @concurrent
    package func bytes(_ file: File, of planID: String) async throws -> [UInt8] {
        let (record, _, _) = try await signed(planID)
        switch file {
        case .plan: return try await folder.objects.bytes(of: record.draft.content)
        case .report: return try await report(of: record)
        }
    }

    /// Returns the sidecar of a file as of now; the export becomes an entry of the audit trail.
    ///
    /// - Throws: As ``bytes(_:of:)``.
    @concurrent
    package func sidecar(_ file: File, of planID: String) async throws -> [UInt8] {
        let bytes = try await bytes(file, of: planID)
        let (record, document, signatures) = try await signed(planID)
        let digest = ObjectDigest(of: bytes).hex
        let head = try await folder.audit.append(
            AuditEvent(
                actor: actor, action: "export.signed", subject: planID,
                detail: ["file": file.rawValue, "sha256": digest, "key": key.publicKey.id]))
        guard let entry = try await folder.audit.entry(head.sequence) else {
            throw StorageError.notFound(entity: "audit")
        }
        let statement = SignedStatement(
            file: SignedStatement.File(
                name: file.rawValue, sha256: digest, byteCount: bytes.count),
            plan: SignedStatement.Plan(
                id: planID, name: document.name, version: record.version,
                sha256: record.draft.content.hex),
            signatures: signatures.map(SignedStatement.Signature.init),
            exportedAt: entry.timeUTC, outdatedAsOfExport: record.state.reason,
            auditHead: head.description, publicKeyID: key.publicKey.id,
            software: "\(Software.name) \(Software.version)")
        return try SignedForm.sidecar.bytes(statement, signedBy: key)
    }

    private func signed(
        _ planID: String
    ) async throws -> (DerivedRecord, PlanDocument, [SignatureRecord]) {
        let (record, document) = try await SceneWorkflow(reader, patient: patient).plan(planID)
        let signatures = try await folder.records.signatures(plan: planID).filter {
            $0.ending == nil && $0.digest == record.draft.content
        }
        guard Set(signatures.map(\.meaning)) == Set(SignatureMeaning.allCases) else {
            throw WorkflowError.refused(
                sentence: "The plan does not carry all three signatures; only a prescribed plan "
                    + "is given out signed.")
        }
        return (record, document, signatures)
    }

    /// The report that was kept with the plan; printed once when only its HTML is there.
    private func report(of plan: DerivedRecord) async throws -> [UInt8] {
        let reports = try await folder.records.derived(
            caseID: plan.draft.caseID, kind: "report"
        ).filter { $0.draft.inputs.contains { $0.source == .derived(plan.id) } }
        if let kept = reports.last(where: { $0.draft.mediaType == "application/pdf" }) {
            return try await folder.objects.bytes(of: kept.draft.content)
        }
        guard let page = reports.last(where: { $0.draft.mediaType == "text/html" }) else {
            throw WorkflowError.refused(
                sentence: "No report was kept with this plan; make the plan again with a report.")
        }
        let html = try await folder.objects.bytes(of: page.draft.content)
        let file = FileManager.default.temporaryDirectory
            .appending(path: "grevy-signed-\(UUID().uuidString).pdf")
        defer { try? FileManager.default.removeItem(at: file) }
        try await ReportPDF.render(html: String(decoding: html, as: UTF8.self), to: file)
        let bytes = Array(try Data(contentsOf: file))
        // Who only takes something out adds nothing to another organisation's case.
        guard reader.sight.isOwners else { return bytes }
        let keeper = ReportKeeper(folder: folder, actor: actor, recordID: plan.id)
        try await keeper.keep(bytes, mediaType: "application/pdf")
        return bytes
    }
}
