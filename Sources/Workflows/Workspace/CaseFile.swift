package import Pathway
package import Quantities
package import Storage

/// One patient's case: studies with their series and findings, and everything computed.
package struct CaseFile: Sendable {
    package struct Series: Sendable {
        package let id: String
        package let modality: String
        package let description: String
        package let instances: Int
        package let findings: [Finding]
    }

    package struct Study: Sendable {
        package let date: String
        package let description: String
        package let series: [Series]
    }

    package let studies: [Study]
    /// Everything computed that is in use but volumes of interest, the latest first.
    package let computed: [DerivedRecord]
    package let state: CaseState
    /// How the case came there, the first move first.
    package let moves: [CaseMoveRecord]
    /// What the one who asks can do next; `nil` when the case waits for somebody else.
    package let waitsForMe: String?

    /// Reads a case.
    ///
    /// - Throws: ``StorageError``.
    package init(
        patient: PatientRecord, for account: AccountRecord, folder: DataFolder
    ) async throws {
        let records = folder.records
        var studies: [Study] = []
        for study in try await records.studies(patient: patient.id) {
            var series: [Series] = []
            for record in try await records.series(study: study.id) {
                let listed = try await Listing.Series(record, records: records)
                series.append(
                    Series(
                        id: listed.id, modality: listed.modality, description: listed.description,
                        instances: listed.instances, findings: listed.findings))
            }
            studies.append(
                Study(
                    date: ReadableIdentity.date(study.description.date),
                    description: study.description.description, series: series))
        }
        self.studies = studies
        computed = try await records.derived(caseID: "patient-\(patient.id)").reversed().filter {
            $0.draft.kind != VOIWorkflow.kind
        }
        moves = try await records.moves(of: patient.id)
        let desk = try await Desk(of: account, folder: folder)
        let summary = try await folder.accounts.cases(for: account, patient: patient.id).first
        state = summary?.state ?? .referred
        waitsForMe = summary.flatMap { desk.task(of: $0) }
    }
}
