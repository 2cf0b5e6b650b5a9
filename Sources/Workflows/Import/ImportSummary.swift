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
    /// What concerns the import as a whole.
    package var findings: [Finding]

    package struct Reason: Codable, Hashable, Sendable {
        package var outcome: String
        package var reason: String
        package var sentence: String
        package var count: Int
        /// The first of these files, at most ``examplesShown``.
        package var examples: [Example]
    }

    /// A file that was not listed and why, each with its own sentence.
    package struct Example: Codable, Hashable, Sendable {
        package var path: String
        package var sentence: String
    }

    /// The record of the import in the data folder names every file.
    package static let examplesShown = 5

    package struct Series: Codable, Hashable, Sendable {
        package var id: String
        package var modality: String
        package var description: String
        package var instances: Int
        package var findings: [Finding]
    }

    init(
        run: ImportRun, fileCount: Int, seriesUIDs: [String], findings: [Finding],
        records: RecordStore
    ) async throws {
        self.findings = findings
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
        let counts = run.counts.filter { !$0.reason.isEmpty }
        let files = counts.isEmpty ? [] : try await records.files(run: run.id)
        reasons = counts.map { count in
            let alike = files.lazy.filter {
                $0.outcome == count.outcome && $0.reason == count.reason
            }
            return Reason(
                outcome: count.outcome, reason: count.reason, sentence: count.sentence,
                count: count.count,
                examples: alike.prefix(Self.examplesShown).map {
                    Example(path: $0.path, sentence: $0.sentence)
                })
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
