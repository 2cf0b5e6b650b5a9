import Foundation
import GRDB
import Pathway

extension RecordStore {
    /// Keeps diameters as the reading of a target lesion on the images of a day, `YYYY-MM-DD`.
    ///
    /// - Throws: ``MeetingRefusal/ended`` for a target that is not there any more;
    ///   ``MeetingRefusal/noDiameter`` when what counts of that target was not drawn.
    package func keep(
        _ draft: MeasurementDraft, as target: TargetChoice, day: String, by account: Int64
    ) async throws -> MeasurementRecord {
        try await write("lesionReading") { change in
            let record = try Self.keep(draft, by: account, in: change)
            let lesion = try change.lesion(target, of: draft, by: account)
            let quantity: MeasurementDraft.Value.Quantity =
                lesion.target.isNode ? .shortDiameter : .longDiameter
            guard let value = draft.values.first(where: { $0.quantity == quantity })?.value else {
                throw MeetingRefusal.noDiameter
            }
            try change.keep(
                LesionReadingRecord(
                    lesion: lesion.id, day: day, kind: .measured, diameterMM: value,
                    measurement: record.id, account: account, createdAt: change.time),
                item: draft.agendaItem, of: draft.patient,
                by: account)
            return record
        }
    }

    /// Notes what was read of a target without measuring it.
    ///
    /// - Throws: ``MeetingRefusal/ended`` for a target that is not there any more.
    package func note(
        _ kind: LesionReadingRecord.Kind, ofTarget number: Int, day: String, item: Int64,
        of patient: Int64, by account: Int64
    ) async throws {
        try await write("lesionReading") { change in
            try change.check(item: item, isOf: patient)
            let lesion = try Self.lesion(number, of: patient, in: change.db)
            try change.keep(
                LesionReadingRecord(
                    lesion: lesion.id, day: day, kind: kind, diameterMM: kind.diameterMM,
                    measurement: nil, account: account, createdAt: change.time), item: item,
                of: patient, by: account)
        }
    }

    /// Notes whether a new lesion is seen on the images of a day.
    package func note(
        newLesion isThere: Bool, day: String, item: Int64, of patient: Int64, by account: Int64
    ) async throws {
        try await write("newLesion") { change in
            try change.check(item: item, isOf: patient)
            try change.db.execute(
                sql: """
                    INSERT INTO newLesion (patient, agendaItem, day, isThere, account, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """, arguments: [patient, item, day, isThere, account, change.time])
            try change.audit(
                "account-\(account)", "lesion.new", "patient-\(patient)",
                ["day": day, "isThere": "\(isThere)"])
        }
    }

    /// Takes a lesion out of the targets; who chose it does, or the chair of that meeting.
    ///
    /// - Throws: ``MeetingRefusal``.
    package func withdraw(target number: Int, of patient: Int64, by account: Int64) async throws {
        try await write("lesion") { change in
            let lesion = try Self.lesion(number, of: patient, in: change.db)
            guard lesion.account == account || lesion.chair == account else {
                throw MeetingRefusal.notAuthor
            }
            try change.db.execute(
                sql: "INSERT INTO lesionEnd (lesion, account, endedAt) VALUES (?, ?, ?)",
                arguments: [lesion.id, account, change.time])
            try change.audit(
                "account-\(account)", "lesion.withdraw", "patient-\(patient)",
                ["lesion": "\(lesion.id)"])
        }
    }

    /// Returns the targets of a patient that stand, and what counts of each day.
    package func lesions(of patient: Int64) async throws -> LesionRecords {
        try await read("lesion") { db in
            let lesions = try Self.lesions("lesion.patient = ?", [patient], in: db)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT lesionReading.* FROM lesionReading
                    JOIN lesion ON lesion.id = lesionReading.lesion
                    WHERE lesion.patient = ? AND lesion.id NOT IN (SELECT lesion FROM lesionEnd)
                        AND (measurement IS NULL
                            OR measurement NOT IN (SELECT measurement FROM measurementEnd))
                    ORDER BY lesionReading.id
                    """, arguments: [patient])
            var latest: [String: LesionReadingRecord] = [:]
            for row in rows {
                guard let kind = LesionReadingRecord.Kind(rawValue: row["kind"]) else {
                    throw StorageError.corrupted(entity: "lesionReading", detail: "kind")
                }
                let reading = LesionReadingRecord(
                    lesion: row["lesion"], day: row["day"], kind: kind,
                    diameterMM: row["diameterMM"], measurement: row["measurement"],
                    account: row["account"], createdAt: row["createdAt"])
                latest["\(reading.lesion) \(reading.day)"] = reading
            }
            let days = try Row.fetchAll(
                db, sql: "SELECT day, isThere FROM newLesion WHERE patient = ? ORDER BY id",
                arguments: [patient]
            ).reduce(into: [String: Bool]()) { $0[$1["day"]] = $1["isThere"] }
            return LesionRecords(
                lesions: lesions,
                readings: latest.values.sorted { ($0.day, $0.lesion) < ($1.day, $1.lesion) },
                daysOfNewLesions: Set(days.filter(\.value).keys))
        }
    }

    fileprivate static func lesion(
        _ number: Int, of patient: Int64, in db: Database
    ) throws -> LesionRecord {
        let found = try lesions(
            "lesion.patient = ? AND lesion.number = ?", [patient, number], in: db)
        guard let lesion = found.first else { throw MeetingRefusal.ended }
        return lesion
    }

    private static func lesions(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [LesionRecord] {
        let sql = """
            SELECT lesion.*, meeting.chair FROM lesion
            JOIN agendaItem ON agendaItem.id = lesion.agendaItem
            JOIN meeting ON meeting.id = agendaItem.meeting
            WHERE (\(clause)) AND lesion.id NOT IN (SELECT lesion FROM lesionEnd)
            ORDER BY lesion.number
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let site = LesionSite(rawValue: row["site"]) else {
                throw StorageError.corrupted(entity: "lesion", detail: "site")
            }
            return LesionRecord(
                id: row["id"], target: TargetLesion(number: row["number"], site: site),
                name: row["name"], trackingUID: row["trackingUID"], account: row["account"],
                chair: row["chair"])
        }
    }
}

extension RecordStore.Change {
    /// The target that diameters are a reading of; a new one is made.
    fileprivate func lesion(
        _ choice: TargetChoice, of draft: MeasurementDraft, by account: Int64
    ) throws -> LesionRecord {
        switch choice {
        case .known(let number):
            return try RecordStore.lesion(number, of: draft.patient, in: db)
        case .new(let site):
            let last = try Int.fetchOne(
                db, sql: "SELECT max(number) FROM lesion WHERE patient = ?",
                arguments: [draft.patient])
            let number = (last ?? 0) + 1
            try db.execute(
                sql: """
                    INSERT INTO lesion (patient, number, agendaItem, name, site, trackingUID,
                        account, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    draft.patient, number, draft.agendaItem, draft.label, site.rawValue,
                    draft.trackingUID, account, time,
                ])
            try audit(
                "account-\(account)", "lesion.add", "patient-\(draft.patient)",
                ["lesion": "\(db.lastInsertedRowID)", "site": site.rawValue])
            return try RecordStore.lesion(number, of: draft.patient, in: db)
        }
    }

    fileprivate func keep(
        _ reading: LesionReadingRecord, item: Int64, of patient: Int64, by account: Int64
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO lesionReading (lesion, agendaItem, day, kind, diameterMM, measurement,
                    account, createdAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                reading.lesion, item, reading.day, reading.kind.rawValue, reading.diameterMM,
                reading.measurement, account, time,
            ])
        var detail = [
            "lesion": "\(reading.lesion)", "day": reading.day, "kind": reading.kind.rawValue,
        ]
        detail["measurement"] = reading.measurement.map(String.init)
        try audit("account-\(account)", "lesion.read", "patient-\(patient)", detail)
    }
}
