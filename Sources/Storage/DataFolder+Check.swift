import Foundation
import GRDB

/// Something in a data folder that is not as it was written.
package struct Damage: Hashable, Sendable {
    /// `database`, `object` or a computed object's id.
    package let subject: String
    /// What is wrong, without patient data.
    package let reason: String

    package init(subject: String, reason: String) {
        self.subject = subject
        self.reason = reason
    }
}

extension DataFolder {
    /// Looks for damage: SQLite's own checks, references, the tables' guards, records against the
    /// audit chain, presence of every object.
    ///
    /// - Parameter rereadingObjects: Whether every object is read and hashed again, which takes
    ///   as long as reading the whole folder.
    /// - Returns: Everything found; empty for a sound folder.
    /// - Throws: What the database says when it cannot be opened at all.
    @concurrent
    package func check(rereadingObjects: Bool) async throws -> [Damage] {
        let (damage, listed) = try await database.read { db in
            (
                try Self.databaseDamage(db) + Self.derivedDamage(db) + Self.signatureDamage(db)
                    + Self.commentDamage(db) + Self.sharingDamage(db) + Self.decisionDamage(db)
                    + Self.guardDamage(db) + Self.acceptanceDamage(db) + Self.importDamage(db),
                try Row.fetchAll(db, sql: "SELECT digest, byteCount FROM object").map {
                    (digest: try ObjectDigest(stored: $0["digest"]), count: $0["byteCount"] as Int)
                }
            )
        }
        let missing = listed.filter { objects.byteCount(of: $0.digest) != $0.count }.map {
            Damage(subject: "object", reason: "\($0.digest) is missing or has another length")
        }
        return damage + missing + (rereadingObjects ? try objects.damage() : [])
    }

    private static func databaseDamage(_ db: Database) throws -> [Damage] {
        let answers = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
        let tables = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map {
            "a row of \($0["table"] as String) names something that does not exist"
        }
        return (answers + tables).map { Damage(subject: "database", reason: $0) }
    }

    /// Compares each signature's row, and whether it counts, with the audit entries of it.
    private static func signatureDamage(_ db: Database) throws -> [Damage] {
        let signatures = try RecordStore.signatures("1", [], in: db)
        let made = try Set(signatures.map { try $0.auditEntry })
        let ended = try Set(signatures.compactMap { try $0.endingAuditEntry })
        return try damage(
            ["plan.sign": made, "plan.signature-end": ended], of: "signature", in: db)
    }

    /// Compares each comment's row, and whether it stands, with the audit entries of it.
    private static func commentDamage(_ db: Database) throws -> [Damage] {
        let comments = try RecordStore.comments("1", [], in: db)
        let made = try Set(comments.map { try $0.auditEntry })
        let ended = try Set(comments.compactMap { try $0.endingAuditEntry })
        return try damage(
            ["comment.add": made, "comment.withdraw": ended], of: "comment", in: db)
    }

    /// Compares each decision's row, and its signature, with the audit entries of them.
    private static func decisionDamage(_ db: Database) throws -> [Damage] {
        let decisions: [DecisionRecord]
        do {
            decisions = try RecordStore.decisions("1", [], in: db)
        } catch let StorageError.corrupted(entity, detail) {
            return [Damage(subject: entity, reason: "its \(detail) is not what was signed")]
        }
        let made = try Set(decisions.map { try $0.auditEntry })
        let signed = try Set(decisions.compactMap { try $0.signingAuditEntry })
        return try damage(
            ["decision.record": made, "decision.sign": signed], of: "decision", in: db)
    }

    /// Compares rows, as actor, subject and detail, with the entries of the actions that made them.
    private static func damage(
        _ rows: [String: Set<[String]>], of subject: String, in db: Database
    ) throws -> [Damage] {
        let sql = "SELECT actor, subject, detailJSON FROM audit WHERE action = ?"
        return try rows.sorted { $0.key < $1.key }.compactMap { action, rows in
            let entries = Set(
                try Row.fetchAll(db, sql: sql, arguments: [action]).map {
                    [$0["actor"], $0["subject"], $0["detailJSON"]] as [String]
                })
            return entries == rows
                ? nil
                : Damage(
                    subject: subject, reason: "\(subject)s are not what the audit recorded")
        }
    }

    /// Compares each computed object's row with the audit entry of its saving.
    private static func derivedDamage(_ db: Database) throws -> [Damage] {
        let entries = try Row.fetchAll(
            db, sql: "SELECT subject, detailJSON FROM audit WHERE action = 'derived.save'")
        let details = Dictionary(
            entries.map { ($0["subject"] as String, $0["detailJSON"] as String) },
            uniquingKeysWith: { first, _ in first })
        return try RecordStore.derived("1 ORDER BY number", [], in: db).compactMap { record in
            guard
                let detail = details[record.id],
                let noted = try? JSONDecoder().decode(
                    [String: String].self, from: Data(detail.utf8))
            else { return Damage(subject: record.id, reason: "its saving is not in the audit") }
            let found = RecordStore.auditDetail(record.draft, version: record.version)
            // Entries made before they named it say nothing of the name.
            return found.allSatisfy({
                (noted[$0.key] ?? ($0.key == "named" ? $0.value : nil)) == $0.value
            })
                ? nil : Damage(subject: record.id, reason: "it is not what the audit recorded")
        }
    }
}

extension ObjectStore {
    /// Reads every file below `objects/` and compares name and hash.
    fileprivate func damage() throws -> [Damage] {
        let files = FileManager.default
        var damage: [Damage] = []
        for prefix in try files.contentsOfDirectory(atPath: folder.path).sorted() {
            let inner = folder.appending(path: prefix)
            for name in try files.contentsOfDirectory(atPath: inner.path).sorted() {
                try Task.checkCancellation()
                let bytes = [UInt8](try Data(contentsOf: inner.appending(path: name)))
                guard ObjectDigest(prefix + name) != ObjectDigest(of: bytes) else { continue }
                damage.append(
                    Damage(subject: "object", reason: "\(prefix)\(name) has another hash"))
            }
        }
        return damage
    }
}
