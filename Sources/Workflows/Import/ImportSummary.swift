package import Quantities
import Storage

/// What became of an import, for people and scripts.
package struct ImportSummary: Codable, Hashable, Sendable {
    package var importID: Int64
    package var files: Int
    package var stored: Int
    package var alreadyStored: Int
    package var conflicts: Int
    package var refused: Int
    package var skipped: Int
    /// Files that were not stored, counted by reason.
    package var reasons: [Reason]
    package var series: [Series]

    package struct Reason: Codable, Hashable, Sendable {
        package var outcome: String
        package var reason: String
        package var sentence: String
        package var count: Int
    }

    package struct Series: Codable, Hashable, Sendable {
        package var id: String
        package var modality: String
        package var description: String
        package var instances: Int
        package var findings: [Finding]
    }

    init(
        run: ImportRun, fileCount: Int, seriesUIDs: [String], records: RecordStore
    ) async throws {
        func count(_ outcome: String) -> Int {
            run.counts.filter { $0.outcome == outcome }.reduce(0) { $0 + $1.count }
        }
        importID = run.id
        files = fileCount
        stored = count("stored")
        alreadyStored = count("alreadyStored")
        conflicts = count("conflict")
        refused = count("refused")
        skipped = count("skipped")
        reasons = run.counts.filter { !$0.reason.isEmpty }.map {
            Reason(
                outcome: $0.outcome, reason: $0.reason, sentence: $0.sentence, count: $0.count)
        }
        series = []
        for uid in seriesUIDs {
            let record = try await records.series(uid: uid)
            series.append(
                Series(
                    id: SeriesName.short(uid), modality: record.description.modality,
                    description: record.description.description,
                    instances: record.instanceCount,
                    findings: try await records.findings(seriesUID: uid)))
        }
    }
}
