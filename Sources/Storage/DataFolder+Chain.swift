import Foundation
import GRDB

/// Records held against the audit entries of their making.
///
/// Entries made before they named so much stay valid: what they do not name is not compared.
extension DataFolder {
    /// Compares the guards of the tables, which refuse changes, with those of a new folder.
    static func guardDamage(_ db: Database) throws -> [Damage] {
        let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        func guards(_ db: Database) throws -> Set<[String]> {
            Set(try Row.fetchAll(db, sql: sql).map { [$0["name"], $0["sql"]] })
        }
        let new = try DatabaseQueue()
        try Schema.migrator.migrate(new)
        let missing = try new.read(guards).subtracting(try guards(db)).compactMap(\.first)
        return missing.sorted().map {
            Damage(subject: "database", reason: "the guard \($0) is missing or was changed")
        }
    }

    /// Compares each acceptance and its end with the entries of them: who, what, when, and of the
    /// words their digest.
    static func acceptanceDamage(_ db: Database) throws -> [Damage] {
        let made = try Row.fetchAll(db, sql: "SELECT * FROM acceptance").map { row in
            Word(by: row["acceptedBy"], of: row["derived"], at: row["acceptedAt"], row["note"])
        }
        let ended = try Row.fetchAll(
            db,
            sql: """
                SELECT derived, withdrawnAt, coalesce(withdrawnBy, '') AS withdrawnBy,
                    coalesce(withdrawnReason, '') AS withdrawnReason
                FROM acceptance WHERE withdrawnAt IS NOT NULL
                """
        ).map { row in
            Word(
                by: row["withdrawnBy"], of: row["derived"], at: row["withdrawnAt"],
                row["withdrawnReason"])
        }
        let agree =
            try agrees(made, "derived.accept", in: db)
            && agrees(ended, "derived.withdrawAcceptance", in: db)
        return agree
            ? []
            : [
                Damage(
                    subject: "acceptance", reason: "acceptances are not what the audit recorded")
            ]
    }

    /// What somebody said of a computed object.
    private struct Word {
        let key: [String]
        let words: String

        init(by actor: String, of object: String, at time: String, _ words: String) {
            (key, self.words) = ([actor, object, time], ObjectDigest(of: Array(words.utf8)).hex)
        }
    }

    private static func agrees(_ rows: [Word], _ action: String, in db: Database) throws -> Bool {
        var open = Dictionary(grouping: rows, by: \.key)
        for entry in try entries(action, in: db) {
            let key = [entry.actor, entry.subject, entry.timeUTC]
            guard let row = open[key]?.popLast() else { return false }
            guard entry.detail["words"] ?? row.words == row.words else { return false }
        }
        return open.values.allSatisfy(\.isEmpty)
    }

    /// Compares the files that imports stored, and the patients they are of, with the entries of
    /// their listing.
    static func importDamage(_ db: Database) throws -> [Damage] {
        var (isWhole, patients) = (true, [String: String]())
        var stored = Dictionary(
            grouping: try Row.fetchAll(
                db,
                sql: """
                    SELECT run, coalesce(object, '') AS object FROM importFile
                    WHERE outcome = 'stored' ORDER BY id DESC
                    """
            ).map { (run: "import-\($0["run"] as Int64)", object: $0["object"] as String) },
            by: \.run
        ).mapValues { $0.map(\.object) }
        let listed = Set(stored.values.joined())
        for entry in try entries("import.register", in: db) {
            let count = entry.detail["stored"].flatMap { Int($0) } ?? 0
            let own = stored[entry.subject]?.suffix(count) ?? []
            stored[entry.subject]?.removeLast(own.count)
            if RecordStore.digest(Array(own)).hex != entry.detail["objects"] { isWhole = false }
            for (key, digest) in entry.detail where key.hasPrefix("patient-") {
                patients[key] = digest
            }
        }
        let instances = try Set(String.fetchAll(db, sql: "SELECT object FROM instance"))
        isWhole = isWhole && stored.values.allSatisfy(\.isEmpty) && instances == listed
        var damage: [Damage] = []
        if !isWhole {
            damage.append(
                Damage(
                    subject: "import",
                    reason: "the files that are listed are not those the audit recorded"))
        }
        let found = try RecordStore.patients("1", [], in: db).reduce(into: [String: String]()) {
            $0["patient-\($1.id)"] = $1.identity.auditDigest
        }
        return damage
            + patients.keys.sorted().filter { found[$0] != patients[$0] }.map {
                Damage(subject: $0, reason: "it is not what the audit recorded")
            }
    }

    private struct Entry {
        let actor, subject, timeUTC: String
        let detail: [String: String]
    }

    private static func entries(_ action: String, in db: Database) throws -> [Entry] {
        let sql = """
            SELECT actor, subject, timeUTC, detailJSON FROM audit WHERE action = ? ORDER BY seq
            """
        return try Row.fetchAll(db, sql: sql, arguments: [action]).map { row in
            let json = Data((row["detailJSON"] as String).utf8)
            // An entry that cannot be read was changed, and the chain says so.
            return Entry(
                actor: row["actor"], subject: row["subject"], timeUTC: row["timeUTC"],
                detail: (try? JSONDecoder().decode([String: String].self, from: json)) ?? [:])
        }
    }
}

extension PatientIdentity {
    /// What the audit says of it: a digest that holds every attribute.
    var auditDigest: String {
        let fields = [patientID, issuer, name, birthDate, sex].map { Array($0.utf8) }
        return ObjectDigest(of: AuditEntry.canonical(fields)).hex
    }
}
