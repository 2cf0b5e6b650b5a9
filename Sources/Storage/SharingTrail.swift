import Foundation
import GRDB
import Pathway

/// What the audit trail says of shares, referrals and accesses in emergencies: written with each, and
/// compared with the rows afterwards.
///
/// Words that people wrote may name patients; the trail holds their SHA-256 alone.
enum SharingTrail {
    static func digest(_ words: String...) -> String {
        ObjectDigest(of: Array(words.joined(separator: "\n").utf8)).hex
    }

    /// Everything that decides what a share shows, to whom and how long.
    static func detail(ofShare id: Int64, in db: Database) throws -> [String: String] {
        let sql = "SELECT * FROM share WHERE id = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
            throw StorageError.notFound(entity: "share")
        }
        func items(_ text: String, _ column: String) throws -> String {
            try String.fetchAll(
                db,
                sql: """
                    SELECT \(text) FROM shareItem WHERE share = ? AND \(column) IS NOT NULL
                    ORDER BY \(column)
                    """, arguments: [id]
            ).joined(separator: " ")
        }
        func yes(_ column: String) -> String { (row[column] as Bool) ? "yes" : "no" }
        return [
            "case": "patient-\(row["patient"] as Int64)",
            "owner": "organisation-\(row["owner"] as Int64)",
            "recipient": "organisation-\(row["recipient"] as Int64)", "rights": row["rights"],
            "series": try items("series || ':' || lastInstance", "series"),
            "records": try items("derived", "derived"),
            "until": Timestamp.text(Date(timeIntervalSince1970: row["expiresAt"])),
            "future": yes("includesFuture"), "priors": yes("includesPriors"),
            "internal": yes("includesInternal"),
            "last": "\(row["lastSeries"] as Int64) \(row["lastDerived"] as Int64) "
                + (row["studiesFrom"] as String),
            "words": digest(row["purpose"], row["question"]),
        ]
    }

    static func detail(ofEmergency id: Int64, in db: Database) throws -> [String: String] {
        let sql = "SELECT * FROM emergency WHERE id = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
            throw StorageError.notFound(entity: "emergency")
        }
        return [
            "case": "patient-\(row["patient"] as Int64)",
            "owner": "organisation-\(row["owner"] as Int64)",
            "until": Timestamp.text(Date(timeIntervalSince1970: row["expiresAt"])),
            "words": digest(row["reason"]),
        ]
    }

    /// What the trail must hold, by action: actor, subject and detail of each row.
    static func entries(in db: Database) throws -> [String: Set<[String]>] {
        let steps = Referral.State.allCases.filter { $0 != .sent }.map { "referral.\($0.rawValue)" }
        let actions =
            ["share.create", "share.revoke", "emergency.open", "emergency.seen", "emergency.ended"]
            + steps
        var entries = Dictionary(uniqueKeysWithValues: actions.map { ($0, Set<[String]>()) })
        func add(_ sql: String, _ detail: (Row) throws -> [String: String]) throws {
            for row in try Row.fetchAll(db, sql: sql) {
                let subject: String = row["subject"]
                entries[row["action"], default: []].insert([
                    "account-\(row["account"] as Int64)", subject,
                    try RecordStore.json(try detail(row)),
                ])
            }
        }
        try add(
            """
            SELECT 'share.create' AS action, createdBy AS account, 'share-' || id AS subject, id
            FROM share
            """
        ) { try detail(ofShare: $0["id"], in: db) }
        try add(
            """
            SELECT 'share.revoke' AS action, endedBy AS account, 'share-' || share AS subject, reason
            FROM shareEnd
            """
        ) { ["words": digest($0["reason"])] }
        try add(
            """
            SELECT 'referral.' || toState AS action, movedBy AS account,
                'share-' || share AS subject, text FROM referralMove
            """
        ) { ["words": digest($0["text"])] }
        try add(
            """
            SELECT 'emergency.open' AS action, account, 'emergency-' || id AS subject, id
            FROM emergency
            """
        ) { try detail(ofEmergency: $0["id"], in: db) }
        try add(
            """
            SELECT 'emergency.' || act AS action, answeredBy AS account,
                'emergency-' || emergency AS subject FROM emergencyAnswer
            """
        ) { _ in [:] }
        return entries
    }
}

extension DataFolder {
    /// Compares shares, steps of referrals and accesses in emergencies with the audit entries of them.
    static func sharingDamage(_ db: Database) throws -> [Damage] {
        let sql = "SELECT actor, subject, detailJSON FROM audit WHERE action = ?"
        return try SharingTrail.entries(in: db).sorted { $0.key < $1.key }.compactMap {
            action, rows in
            let entries = Set(
                try Row.fetchAll(db, sql: sql, arguments: [action]).map {
                    [$0["actor"], $0["subject"], $0["detailJSON"]] as [String]
                })
            return entries == rows
                ? nil
                : Damage(subject: action, reason: "its rows are not what the audit recorded")
        }
    }
}
