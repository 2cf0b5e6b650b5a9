import GRDB

extension RecordStore {
    /// Returns those of some instances that the data folder lists, whoever has them.
    ///
    /// - Parameter uids: SOP Instance UIDs.
    /// - Returns: SOP Instance UIDs.
    /// - Throws: ``StorageError``.
    package func listed(_ uids: [String]) async throws -> Set<String> {
        try await read("instance") { db in
            let wanted = try Self.json(list: uids)
            let sql = """
                SELECT sopInstanceUID FROM json_each(?1) AS wanted
                CROSS JOIN instance ON instance.sopInstanceUID = wanted.value
                """
            return try String.fetchSet(db, sql: sql, arguments: [wanted])
        }
    }

    /// Returns those of some instances that are kept for an organisation: in its cases, or in its
    /// quarantine.
    ///
    /// - Parameters:
    ///   - uids: SOP Instance UIDs.
    ///   - organisation: For whom.
    /// - Returns: SOP Instance UIDs with the SOP Class UID of each that is kept.
    /// - Throws: ``StorageError``.
    package func kept(
        _ uids: [String], for organisation: Int64
    ) async throws -> [String: String] {
        try await read("instance") { db in
            let wanted = try Self.json(list: uids)
            let sql = """
                SELECT sopInstanceUID, sopClassUID FROM json_each(?1) AS wanted
                CROSS JOIN instance ON instance.sopInstanceUID = wanted.value
                CROSS JOIN series ON series.id = instance.series
                CROSS JOIN study ON study.id = series.study
                WHERE EXISTS (SELECT 1 FROM ownership
                        WHERE patient = study.patient AND organisation = ?2)
                    OR EXISTS (SELECT 1 FROM quarantine
                        WHERE patient = study.patient AND organisation = ?2)
                """
            let rows = try Row.fetchAll(db, sql: sql, arguments: [wanted, organisation])
            return Dictionary(rows.map { ($0["sopInstanceUID"], $0["sopClassUID"]) }) { first, _ in
                first
            }
        }
    }
}
