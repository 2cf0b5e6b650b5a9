import GRDB
import Pathway

/// What a share holds: what was chosen and what that stands on.
struct ShareItems {
    /// The newest instance of each series, by the numbers of their rows.
    private(set) var series: [Int64: Int64] = [:]
    private(set) var records: Set<String> = []
    /// Studies before this day are no part of it; empty when all may be.
    let studiesFrom: String

    /// Looks at a draft and follows it to its inputs.
    ///
    /// - Throws: ``ShareRefusal``; ``SigningRefusal/right``; ``StorageError/notFound(entity:)``.
    init(_ draft: ShareDraft, by account: AccountRecord, in db: Database) throws {
        let home = account.organisation.id
        let owned = try RecordStore.patients(
            "patient.id = ? AND \(AccountStore.isOwned)", [draft.patient, home], in: db)
        guard !owned.isEmpty else { throw StorageError.notFound(entity: "patient") }
        guard account.role.rights.contains(.share), !account.isDisabled else {
            throw SigningRefusal.right
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM organisation WHERE id = ?)"
        guard draft.recipient != home,
            try Bool.fetchOne(db, sql: sql, arguments: [draft.recipient]) == true
        else { throw ShareRefusal.recipient }
        guard !draft.series.isEmpty || !draft.records.isEmpty else { throw ShareRefusal.nothing }
        studiesFrom =
            draft.terms.includesPriors ? "" : try Self.studiesFrom(of: draft.patient, in: db)
        let (records, below) = try Self.closure(of: draft.records, in: db)
        self.records = records
        for record in records {
            let sql = """
                SELECT EXISTS (SELECT 1 FROM derived WHERE id = ? AND caseID = ?
                    AND NOT EXISTS (SELECT 1 FROM tombstone WHERE tombstone.derived = derived.id))
                """
            guard
                try Bool.fetchOne(
                    db, sql: sql, arguments: [record, "patient-\(draft.patient)"]) == true
            else { throw ShareRefusal.item }
        }
        var priors = 0
        for id in draft.series.union(below) {
            guard let found = try Self.series(id, of: draft.patient, in: db) else {
                throw ShareRefusal.item
            }
            if found.date < studiesFrom { priors += 1 }
            series[id] = found.lastInstance
        }
        guard priors == 0 else { throw ShareRefusal.priors(priors) }
    }

    private static func series(
        _ id: Int64, of patient: Int64, in db: Database
    ) throws -> (date: String, lastInstance: Int64)? {
        let sql = """
            SELECT study.date,
                (SELECT max(id) FROM instance WHERE instance.series = series.id) AS last
            FROM series JOIN study ON study.id = series.study
            WHERE series.id = ? AND study.patient = ?
                AND NOT EXISTS (SELECT 1 FROM tombstone WHERE tombstone.series = series.id)
            """
        return try Row.fetchOne(db, sql: sql, arguments: [id, patient]).map { row in
            (row["date"], row["last"] ?? 0)
        }
    }

    /// Returns computed objects with all that they were made from.
    static func closure(
        of chosen: Set<String>, in db: Database
    ) throws -> (records: Set<String>, series: Set<Int64>) {
        var (records, series): (Set<String>, Set<Int64>) = ([], [])
        var open = Array(chosen)
        while let id = open.popLast() {
            guard records.insert(id).inserted else { continue }
            let sql = "SELECT input, series FROM derivedInput WHERE derived = ?"
            for row in try Row.fetchAll(db, sql: sql, arguments: [id]) {
                if let input: String = row["input"] { open.append(input) }
                if let input: Int64 = row["series"] { series.insert(input) }
            }
        }
        return (records, series)
    }

    /// The earliest day among the latest study and what the newest current plan stands on.
    static func studiesFrom(of patient: Int64, in db: Database) throws -> String {
        let latest = try String.fetchOne(
            db, sql: "SELECT max(date) FROM study WHERE patient = ?", arguments: [patient])
        let plan = try String.fetchOne(
            db,
            sql: """
                SELECT id FROM derived
                WHERE caseID = ? AND kind = 'plan' AND state = 'current'
                    AND NOT EXISTS (SELECT 1 FROM tombstone WHERE tombstone.derived = derived.id)
                ORDER BY number DESC LIMIT 1
                """, arguments: ["patient-\(patient)"])
        var days = [latest ?? ""]
        if let plan {
            for series in try closure(of: [plan], in: db).series {
                let sql = """
                    SELECT study.date FROM study JOIN series ON series.study = study.id
                    WHERE series.id = ?
                    """
                days.append(try String.fetchOne(db, sql: sql, arguments: [series]) ?? "")
            }
        }
        return days.filter { !$0.isEmpty }.min() ?? ""
    }
}
