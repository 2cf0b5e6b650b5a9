import Foundation
import GRDB
import Pathway

extension ShareStore {
    /// Of the table `share`: not over at `:now` (seconds since 1970), and still the owner's to give.
    static let isActive = isActive(at: ":now")

    /// Of the table `share`: not over at a moment, given as SQL, and still the owner's to give.
    private static func isActive(at now: String) -> String {
        """
        share.expiresAt > \(now)
        AND NOT EXISTS (SELECT 1 FROM shareEnd WHERE shareEnd.share = share.id)
        AND EXISTS (SELECT 1 FROM ownership WHERE ownership.patient = share.patient
            AND ownership.organisation = share.owner)
        AND NOT EXISTS (SELECT 1 FROM quarantine WHERE quarantine.patient = share.patient
            AND quarantine.state = 'waiting')
        """
    }

    /// Of the table `share`: programs of its recipient may take out what it shows.
    ///
    /// What a program reads leaves this server, so the share must give downloads; and who is asked
    /// something must have accepted it. A share without a question asks for no acceptance.
    ///
    /// - Parameter now: The moment as SQL, in seconds since 1970.
    /// - Returns: The condition.
    static func isForPrograms(at now: String = ":now") -> String {
        """
        \(isActive(at: now)) AND ' ' || share.rights || ' ' LIKE '% download %'
        AND (share.question = '' OR EXISTS (SELECT 1 FROM referralMove
            WHERE referralMove.share = share.id AND referralMove.toState = 'accepted'))
        """
    }

    /// Of the tables `share`, `study` and `series`: the share shows the series.
    ///
    /// A series that has gained files since is another one, unless future items are shared.
    static let showsSeries = """
        study.patient = share.patient AND (EXISTS (
            SELECT 1 FROM shareItem
            WHERE shareItem.share = share.id AND shareItem.series = series.id
                AND (share.includesFuture OR NOT EXISTS (
                    SELECT 1 FROM instance WHERE instance.series = series.id
                        AND instance.id > shareItem.lastInstance)))
            OR (share.includesFuture AND series.id > share.lastSeries
                AND (share.studiesFrom = '' OR study.date >= share.studiesFrom)))
        """

    /// What some shares of one case show together.
    ///
    /// One that lets its recipient's people plan shows them what they made there too (`withOwn`).
    static func sight(
        of shares: [ShareRecord], withOwn: Bool, in db: Database
    ) throws -> CaseSight {
        var (series, records): (Set<Int64>, Set<String>) = ([], [])
        for share in shares {
            let shown = try shown(by: share, in: db)
            series.formUnion(shown.series)
            records.formUnion(shown.records)
        }
        if withOwn, let share = shares.first(where: { $0.rights.contains(.plan) }) {
            let own = try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM derived WHERE caseID = ? AND createdBy IN
                        (SELECT 'account-' || id FROM account WHERE organisation = ?)
                    ORDER BY number
                    """, arguments: ["patient-\(share.patient)", share.recipient.id])
            try show(own, on: series, among: &records, in: db)
        }
        return CaseSight(
            .items(series: series, records: records), .shares(shares.map(\.id)),
            includesInternal: shares.contains { $0.includesInternal })
    }

    private static func shown(
        by share: ShareRecord, in db: Database
    ) throws -> (series: Set<Int64>, records: Set<String>) {
        let series = try Int64.fetchSet(
            db,
            sql: """
                SELECT series.id FROM share JOIN study ON study.patient = share.patient
                JOIN series ON series.study = study.id
                WHERE share.id = ? AND \(showsSeries)
                """, arguments: [share.id])
        var records = try String.fetchSet(
            db, sql: "SELECT derived FROM shareItem WHERE share = ? AND derived IS NOT NULL",
            arguments: [share.id])
        guard share.includesFuture else { return (series, records) }
        let later = try String.fetchAll(
            db,
            sql: """
                SELECT derived.id FROM share JOIN derived ON caseID = 'patient-' || share.patient
                WHERE share.id = ? AND derived.number > share.lastDerived ORDER BY derived.number
                """, arguments: [share.id])
        try show(later, on: series, among: &records, in: db)
        return (series, records)
    }

    /// Adds computed objects, in the order in which they were made, whose inputs are shown: what
    /// stands on something that is not shown tells about it.
    private static func show(
        _ ids: [String], on series: Set<Int64>, among records: inout Set<String>, in db: Database
    ) throws {
        for id in ids {
            let sql = "SELECT input, series FROM derivedInput WHERE derived = ?"
            let isWhole = try Row.fetchAll(db, sql: sql, arguments: [id]).allSatisfy { row in
                let (input, of): (String?, Int64?) = (row["input"], row["series"])
                return (input.map { records.contains($0) } ?? true)
                    && (of.map(series.contains) ?? true)
            }
            if isWhole { records.insert(id) }
        }
    }

    static func shares(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [ShareRecord] {
        let sql = """
            SELECT share.*, owners.name AS ownerName, recipients.name AS recipientName,
                maker.fullName AS maker, shareEnd.endedAt, shareEnd.reason AS endReason,
                ender.fullName AS ender
            FROM share JOIN organisation AS owners ON owners.id = share.owner
            JOIN organisation AS recipients ON recipients.id = share.recipient
            JOIN account AS maker ON maker.id = share.createdBy
            LEFT JOIN shareEnd ON shareEnd.share = share.id
            LEFT JOIN account AS ender ON ender.id = shareEnd.endedBy
            WHERE \(clause)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            var rights: Set<ShareRight> = []
            for word in (row["rights"] as String).split(separator: " ") {
                guard let right = ShareRight(rawValue: String(word)) else {
                    throw StorageError.corrupted(entity: "share", detail: "rights")
                }
                rights.insert(right)
            }
            let endedAt: String? = row["endedAt"]
            return ShareRecord(
                id: row["id"], patient: row["patient"],
                owner: OrganisationRecord(id: row["owner"], name: row["ownerName"]),
                recipient: OrganisationRecord(id: row["recipient"], name: row["recipientName"]),
                purpose: row["purpose"], question: row["question"], rights: rights,
                includesFuture: row["includesFuture"],
                includesPriors: row["includesPriors"], includesInternal: row["includesInternal"],
                createdBy: row["maker"], createdAt: row["createdAt"],
                expiresAt: Date(timeIntervalSince1970: row["expiresAt"]),
                ending: endedAt.map {
                    ShareRecord.Ending(by: row["ender"], at: $0, reason: row["endReason"])
                })
        }
    }

    /// Returns what a share was made with, what was chosen first.
    package func items(of share: Int64) async throws -> [ShareItemRecord] {
        try await records.read("shareItem") { db in
            let sql = """
                SELECT series, derived, isChosen FROM shareItem WHERE share = ?
                ORDER BY isChosen DESC, series IS NULL, series, derived
                """
            return try Row.fetchAll(db, sql: sql, arguments: [share]).map { row in
                let series: Int64? = row["series"]
                return ShareItemRecord(
                    name: series.map { "series-\($0)" } ?? row["derived"],
                    isChosen: row["isChosen"])
            }
        }
    }

    /// Returns who opened what and when, the latest first; the audit trail says so.
    ///
    /// - Parameters:
    ///   - subject: As the trail names it: `patient-3` for what its owner's people opened,
    ///     `share-7` and `emergency-2` for others.
    ///   - count: How many at most.
    /// - Returns: The openings.
    /// - Throws: ``StorageError``.
    package func openings(
        of subject: String, atMost count: Int = 200
    ) async throws -> [ShareOpening] {
        try await records.read("audit") { db in
            // A space comes before everything that an id is made of.
            let sql = """
                SELECT audit.timeUTC, audit.action, audit.subject, account.fullName,
                    organisation.name AS organisation
                FROM audit LEFT JOIN account ON audit.actor = 'account-' || account.id
                LEFT JOIN organisation ON organisation.id = account.organisation
                WHERE (audit.subject = ?1 OR (audit.subject > ?1 || ' ' AND audit.subject < ?1 || '!'))
                    AND audit.action LIKE 'access.%'
                ORDER BY audit.seq DESC LIMIT ?2
                """
            return try Row.fetchAll(db, sql: sql, arguments: [subject, count]).map { row in
                let parts = (row["subject"] as String).split(separator: " ")
                return ShareOpening(
                    person: row["fullName"] ?? "", organisation: row["organisation"] ?? "",
                    at: row["timeUTC"], item: parts.count > 1 ? String(parts[1]) : nil,
                    action: String((row["action"] as String).dropFirst("access.".count)))
            }
        }
    }
}
