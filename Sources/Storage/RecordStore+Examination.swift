package import Foundation
import GRDB
package import Quantities

/// A series whose files came one by one, and which nobody has looked at as a whole since.
package struct UnexaminedSeries: Hashable, Sendable {
    package let seriesUID: String
    /// When the last file came.
    package let lastAt: Date
}

extension RecordStore {
    /// Returns the series that have got no file for some time and are to be examined.
    ///
    /// Programs send series in pieces, and do not say which is the last; a series of which half has
    /// come would have findings that are wrong when it is whole.
    ///
    /// - Parameter seconds: For how long no file must have come.
    /// - Returns: The series, those that wait longest first.
    /// - Throws: ``StorageError``.
    package func unexaminedSeries(quietFor seconds: Double) async throws -> [UnexaminedSeries] {
        let end = now().timeIntervalSince1970 - seconds
        return try await read("unexamined") { db in
            let sql = """
                SELECT seriesUID, lastAt FROM unexamined JOIN series ON series.id = unexamined.series
                WHERE lastAt <= ? ORDER BY lastAt
                """
            return try Row.fetchAll(db, sql: sql, arguments: [end]).map {
                UnexaminedSeries(
                    seriesUID: $0["seriesUID"],
                    lastAt: Date(timeIntervalSince1970: $0["lastAt"]))
            }
        }
    }

    /// Notes what was found in a series, and that it is examined unless files have come meanwhile.
    ///
    /// - Throws: ``StorageError/notFound(entity:)`` when the series is unknown.
    package func noteExamined(
        _ series: UnexaminedSeries, findings: [Finding], by actor: String
    ) async throws {
        try await write("finding") { change in
            let row = try Row.fetchOne(
                change.db,
                sql: """
                    SELECT id, lastAt FROM series
                    LEFT JOIN unexamined ON unexamined.series = series.id WHERE seriesUID = ?
                    """, arguments: [series.seriesUID])
            guard let row else { throw StorageError.notFound(entity: "series") }
            let lastAt: Double? = row["lastAt"]
            guard lastAt == series.lastAt.timeIntervalSince1970 else { return }
            try Self.note(findings, series: row["id"], by: actor, change)
            try change.db.execute(
                sql: "DELETE FROM unexamined WHERE series = ?", arguments: [row["id"] as Int64])
        }
    }

    static func note(
        _ findings: [Finding], series: Int64, by actor: String, _ change: Change
    ) throws {
        for finding in findings {
            try change.db.execute(
                sql: """
                    INSERT INTO finding (series, code, severity, sentence, subject)
                    VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """,
                arguments: [
                    series, finding.code, finding.severity.rawValue, finding.sentence,
                    finding.subject,
                ])
        }
        try change.audit(
            actor, "import.findings", "series-\(series)",
            ["codes": Set(findings.map(\.code)).sorted().joined(separator: " ")])
    }

    static func noteUnexamined(_ entries: [InstanceEntry], _ change: Change) throws {
        for uid in Set(entries.map(\.series.seriesUID)).sorted() {
            try change.db.execute(
                sql: """
                    INSERT INTO unexamined (series, lastAt)
                    SELECT id, ?1 FROM series WHERE seriesUID = ?2
                    ON CONFLICT (series) DO UPDATE SET lastAt = ?1
                    """, arguments: [change.moment.timeIntervalSince1970, uid])
        }
    }
}
