import GRDB
package import Pathway

/// One version of a setting.
package struct SettingRecord: Hashable, Sendable {
    package let id: Int64
    /// Whose it is; `nil` for the machine's own.
    package let organisation: Int64?
    package let kind: SettingKind
    package let name: String
    /// Counts from 1 within organisation, kind and name.
    package let version: Int
    /// The table's text.
    package let content: ObjectDigest
    /// The day of the measurement or decision, `YYYY-MM-DD`.
    package let date: String
    /// ISO 8601, UTC.
    package let createdAt: String
    package let createdBy: String
    package let reason: String
}

/// A setting before it has its version.
package struct SettingDraft: Hashable, Sendable {
    package let organisation: Int64?
    package let kind: SettingKind
    package let name: String
    /// Bytes that are in the object store already.
    package let content: ObjectDigest
    package let date: String
    package let reason: String

    package init(
        organisation: Int64?, kind: SettingKind, name: String, content: ObjectDigest,
        date: String, reason: String
    ) {
        (self.organisation, self.kind, self.name) = (organisation, kind, name)
        (self.content, self.date, self.reason) = (content, date, reason)
    }
}

extension RecordStore {
    /// Keeps a setting as the next version of its name.
    package func add(_ draft: SettingDraft, by actor: String) async throws -> SettingRecord {
        try await write("setting") { change in
            try change.list(draft.content)
            let sql = """
                SELECT coalesce(max(version), 0) + 1 FROM setting
                WHERE organisation IS ? AND kind = ? AND name = ?
                """
            let version =
                try Int.fetchOne(
                    change.db, sql: sql,
                    arguments: [draft.organisation, draft.kind.rawValue, draft.name]) ?? 1
            try change.db.execute(
                sql: """
                    INSERT INTO setting (organisation, kind, name, version, content, date,
                        createdAt, createdBy, reason)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    draft.organisation, draft.kind.rawValue, draft.name, version,
                    draft.content.hex, draft.date, change.time, actor, draft.reason,
                ])
            let id = change.db.lastInsertedRowID
            try change.audit(
                actor, "setting.add", "setting-\(id)",
                [
                    "kind": draft.kind.rawValue, "version": "\(version)",
                    "content": draft.content.hex,
                ])
            guard let record = try Self.settings("id = ?", [id], in: change.db).first else {
                throw StorageError.notFound(entity: "setting")
            }
            return record
        }
    }

    /// Returns every version that an organisation may use, its own and the machine's, by kind and
    /// name, the newest first.
    package func settings(organisation: Int64?) async throws -> [SettingRecord] {
        try await read("setting") { db in
            try Self.settings(
                """
                organisation IS NULL OR organisation = ?
                ORDER BY kind, name, organisation IS NULL, version DESC
                """, [organisation], in: db)
        }
    }

    /// Returns the latest version of every setting of a kind, of all organisations, by name.
    package func latestSettings(_ kind: SettingKind) async throws -> [SettingRecord] {
        try await read("setting") { db in
            try Self.settings(
                """
                kind = ? AND NOT EXISTS (SELECT 1 FROM setting AS later
                    WHERE later.organisation IS setting.organisation AND later.kind = setting.kind
                        AND later.name = setting.name AND later.version > setting.version)
                ORDER BY name, organisation
                """, [kind.rawValue], in: db)
        }
    }

    /// Returns the organisation that a patient's case belongs to; `nil` when nobody owns it.
    package func owner(ofPatient patient: Int64) async throws -> Int64? {
        try await read("ownership") { db in
            let sql = "SELECT organisation FROM ownership WHERE patient = ?"
            return try Int64.fetchOne(db, sql: sql, arguments: [patient])
        }
    }

    /// Returns the organisation of a data folder that has only one.
    package func onlyOrganisation() async throws -> Int64? {
        try await read("organisation") { db in
            let all = try Int64.fetchAll(db, sql: "SELECT id FROM organisation LIMIT 2")
            return all.count == 1 ? all[0] : nil
        }
    }

    private static func settings(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [SettingRecord] {
        let sql = "SELECT * FROM setting WHERE \(clause)"
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let kind = SettingKind(rawValue: row["kind"]) else {
                throw StorageError.corrupted(entity: "setting", detail: "kind")
            }
            return SettingRecord(
                id: row["id"], organisation: row["organisation"], kind: kind, name: row["name"],
                version: row["version"], content: try ObjectDigest(stored: row["content"]),
                date: row["date"], createdAt: row["createdAt"], createdBy: row["createdBy"],
                reason: row["reason"])
        }
    }
}
