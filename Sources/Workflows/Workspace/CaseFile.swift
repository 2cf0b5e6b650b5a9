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
        /// Who brought it: an account's name, or who acted at the machine; for its owner alone.
        package let bringer: String?
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
    /// How the case came there, the first move first; for its owner alone.
    package let moves: [CaseMoveRecord]
    /// What the one who asks can do next; `nil` when the case waits for somebody else.
    package let waitsForMe: String?

    /// Reads a case.
    ///
    /// - Throws: ``StorageError``.
    package init(_ reader: CaseReader, for account: AccountRecord) async throws {
        let (folder, records) = (reader.folder, reader.folder.records)
        let seen = try await reader.series()
        let bringers = try await Self.bringers(reader)
        var studies: [Study] = []
        for study in try await reader.studies() {
            var series: [Series] = []
            for record in seen where record.study == study.id {
                let listed = try await Listing.Series(record, records: records)
                series.append(
                    Series(
                        id: listed.id, modality: listed.modality, description: listed.description,
                        instances: listed.instances, findings: listed.findings,
                        bringer: bringers[record.id]))
            }
            studies.append(
                Study(
                    date: ReadableIdentity.date(study.description.date),
                    description: study.description.description, series: series))
        }
        self.studies = studies
        computed = try await reader.derived().reversed().filter {
            $0.draft.kind != VOIWorkflow.kind
        }
        state = try await records.state(of: reader.patient)
        guard reader.sight.isOwners else {
            (moves, waitsForMe) = ([], nil)
            return
        }
        moves = try await records.moves(of: reader.patient)
        let desk = try await Desk(of: account, folder: folder)
        let summary = try await folder.accounts.cases(for: account, patient: reader.patient).first
        waitsForMe = summary.flatMap { desk.task(of: $0) }
    }

    /// Who brought each series, in words.
    private static func bringers(_ reader: CaseReader) async throws -> [Int64: String] {
        guard reader.sight.isOwners else { return [:] }
        let folder = reader.folder
        let names = try await folder.accounts.fullNames()
        return try await folder.records.bringers(patient: reader.patient).mapValues {
            names[$0] ?? $0
        }
    }
}
