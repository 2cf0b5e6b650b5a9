import GRDB

extension RecordStore {
    /// Returns who brought a patient's series: the actor of the import that stored the first file of
    /// each.
    ///
    /// - Returns: Actors by number of the series; `account-12` is an account's.
    /// - Throws: ``StorageError``.
    package func bringers(patient: Int64) async throws -> [Int64: String] {
        try await read("importRun") { db in
            let sql = """
                SELECT series.id AS series,
                    (SELECT importRun.actor FROM importFile
                        JOIN importRun ON importRun.id = importFile.run
                        WHERE importFile.object = first.object AND importFile.outcome = 'stored'
                        ORDER BY importFile.id LIMIT 1) AS actor
                FROM study JOIN series ON series.study = study.id
                JOIN instance AS first
                    ON first.id = (SELECT min(id) FROM instance WHERE series = series.id)
                WHERE study.patient = ?
                """
            let rows = try Row.fetchAll(db, sql: sql, arguments: [patient])
            return Dictionary(
                rows.compactMap { row in (row["actor"] as String?).map { (row["series"], $0) } }
            ) { first, _ in first }
        }
    }
}
