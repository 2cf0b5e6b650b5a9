package import DICOM
package import Foundation
package import Quantities
package import Storage

/// Writes what a data folder holds into another folder, by id.
///
/// A plan is made again from its record and written only when it comes out as it is kept; any
/// other computed object is written as its bytes, a series as its original files.
package struct RecordExport: Sendable {
    private let folder: DataFolder
    private let source: any DicomSource

    package init(folder: DataFolder, source: any DicomSource) {
        self.folder = folder
        self.source = source
    }

    /// What was written, for people and scripts.
    package struct Answer: Codable, Hashable, Sendable {
        package var id: String
        /// `series`, or the kind of the computed object.
        package var kind: String
        /// `outdated` things are exported too; who uses them must know.
        package var state: String
        package var outdatedReason: String?
        /// Names below the folder.
        package var files: [String]
        /// What the writers changed.
        package var findings: [Finding]
    }

    /// Exports a series or a computed object.
    ///
    /// - Parameters:
    ///   - id: `plan-12`, `report-5`, or a series' UID, short id or description.
    ///   - out: Made when absent; files of the same names are replaced.
    /// - Returns: The names of what was written.
    /// - Throws: ``WorkflowError`` when the id means nothing or a plan does not come out as it is
    ///   kept; what the layers below throw.
    package func run(id: String, to out: URL) async throws -> Answer {
        let name = try await RecordName(id, in: folder.records)
        try OutputFolder.make(out)
        switch name {
        case .series(let record):
            let uid = record.description.seriesUID
            return Answer(
                id: SeriesName.short(uid), kind: "series", state: "current",
                files: try await originals(seriesUID: uid, to: out), findings: [])
        case .computed(let record):
            var answer = Answer(
                id: record.id, kind: record.draft.kind, state: record.state.name,
                outdatedReason: record.state.reason, files: [], findings: [])
            if record.draft.kind == "plan" {
                (answer.files, answer.findings) = try PlanExport(
                    try await recomputed(planID: record.id)
                ).write(to: out)
            } else {
                answer.files = [try await content(of: record, to: out)]
            }
            return answer
        }
    }

    /// Writes a plan as DICOM objects: RTDOSE, RTSTRUCT, SEG, SR, and its report where one was printed.
    ///
    /// - Parameters:
    ///   - plan: A computed object.
    ///   - out: Made when absent.
    /// - Returns: The files.
    /// - Throws: As ``run(id:to:)``; ``WorkflowError/refused(sentence:)`` for what is no plan.
    func objects(of plan: DerivedRecord, to out: URL) async throws -> [URL] {
        guard plan.draft.kind == "plan" else {
            throw WorkflowError.refused(
                sentence: "\(plan.id) is neither a series nor a plan, so it is not sent.")
        }
        try OutputFolder.make(out)
        let export = PlanExport(try await recomputed(planID: plan.id))
        var names = try export.write(to: out).files.filter { $0.hasSuffix(".dcm") }
        let reports = try await folder.records.derived(caseID: plan.draft.caseID, kind: "report")
        let printed = reports.last {
            $0.draft.mediaType == "application/pdf"
                && $0.draft.inputs.contains { $0.source == .derived(plan.id) }
        }
        if let printed {
            let pdf = try await folder.objects.bytes(of: printed.draft.content)
            try export.writeReport(pdf: pdf, to: out.appending(path: "report.dcm"))
            names.append("report.dcm")
        }
        return names.map { out.appending(path: $0) }
    }

    /// The plan, provided that it comes out as it is kept.
    private func recomputed(planID: String) async throws -> PlanWorkflow.Kept {
        let (answer, kept) = try await PlanRecomputation(folder: folder, source: source).run(
            planID: planID)
        guard answer.identical, let kept else {
            throw WorkflowError.refused(
                sentence:
                    "\(planID) does not come out as it is kept, so it is not exported: \(answer.differences.joined(separator: "; "))."
            )
        }
        return kept
    }

    /// Numbered names: UIDs and descriptions may hold what no file system likes.
    private func originals(seriesUID: String, to out: URL) async throws -> [String] {
        var names: [String] = []
        for instance in try await folder.records.instances(seriesUID: seriesUID) {
            let number = String(names.count + 1)
            let name = String(repeating: "0", count: max(0, 5 - number.count)) + number + ".dcm"
            let bytes = try await folder.objects.bytes(of: instance.object)
            try Data(bytes).write(to: out.appending(path: name), options: .atomic)
            names.append(name)
        }
        return names
    }

    private func content(of record: DerivedRecord, to out: URL) async throws -> String {
        let ending = Self.endings[record.draft.mediaType] ?? "bin"
        let name = "\(record.id).\(ending)"
        let bytes = try await folder.objects.bytes(of: record.draft.content)
        try Data(bytes).write(to: out.appending(path: name), options: .atomic)
        return name
    }

    private static let endings = [
        "application/json": "json", "application/pdf": "pdf", "application/x-metaimage": "mha",
        "text/html": "html",
    ]
}
