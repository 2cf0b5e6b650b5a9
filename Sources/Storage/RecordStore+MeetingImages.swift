import Foundation
import GRDB
import Imaging
import Pathway

extension RecordStore {
    /// Keeps an image as one of those that a meeting is to see.
    ///
    /// - Throws: ``MeetingRefusal/ended``; ``StorageError/notFound(entity:)`` when the image is
    ///   not the case's.
    package func keepKeyImage(
        at place: CommentAnchor, note: String, for item: Int64, of patient: Int64,
        by account: Int64
    ) async throws -> KeyImageRecord {
        try await write("keyImage") { change in
            try change.check(item: item, isOf: patient)
            try change.check(place, isOf: patient)
            try change.db.execute(
                sql: """
                    INSERT INTO keyImage (agendaItem, series, instance, frame, x, y, z, note,
                        account, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [item, place.series] + StatementArguments(place.columns)
                    + [note, account, change.time])
            let id = change.db.lastInsertedRowID
            guard let record = try Self.keyImages("keyImage.id = ?", [id], in: change.db).first
            else { throw StorageError.notFound(entity: "keyImage") }
            try change.audit(
                "account-\(account)", "key-image.add", "patient-\(patient)",
                ["keyImage": "\(id)", "series": "series-\(place.series)"])
            return record
        }
    }

    /// Takes a key image back; its author does, or the chair.
    ///
    /// - Throws: ``MeetingRefusal``.
    package func withdraw(keyImage id: Int64, of patient: Int64, by account: Int64) async throws {
        try await write("keyImage") { change in
            guard
                let found = try Self.keyImages(
                    "keyImage.id = ? AND agendaItem.patient = ?", [id, patient], in: change.db
                ).first
            else { throw MeetingRefusal.ended }
            try change.checkAuthor(found.account, is: account, item: found.agendaItem)
            try change.end("keyImage", id, of: patient, "key-image.withdraw", by: account)
        }
    }

    /// Returns the images that stand for a case on a list, in their order.
    package func keyImages(item: Int64) async throws -> [KeyImageRecord] {
        try await read("keyImage") { db in
            try Self.keyImages("keyImage.agendaItem = ?", [item], in: db)
        }
    }

    private static func keyImages(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [KeyImageRecord] {
        let sql = """
            SELECT keyImage.*, agendaItem.patient FROM keyImage
            JOIN agendaItem ON agendaItem.id = keyImage.agendaItem
            WHERE (\(clause)) AND keyImage.id NOT IN (SELECT keyImage FROM keyImageEnd)
            ORDER BY keyImage.id
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let place = CommentAnchor(row) else {
                throw StorageError.corrupted(entity: "keyImage", detail: "place")
            }
            return KeyImageRecord(
                id: row["id"], agendaItem: row["agendaItem"], patient: row["patient"],
                place: place, note: row["note"], account: row["account"],
                createdAt: row["createdAt"])
        }
    }

    /// Keeps a measurement.
    ///
    /// - Throws: ``MeetingRefusal/ended``; ``StorageError/notFound(entity:)`` when the series is
    ///   not the case's.
    package func keep(
        _ draft: MeasurementDraft, by account: Int64
    ) async throws -> MeasurementRecord {
        try await write("measurement") { try Self.keep(draft, by: account, in: $0) }
    }

    static func keep(
        _ draft: MeasurementDraft, by account: Int64, in change: Change
    ) throws -> MeasurementRecord {
        let place =
            switch draft.place {
            case .patient(let points): try text(points.map { [$0.x, $0.y, $0.z] })
            case .picture(let picture): try text(picture)
            }
        let values = try text(draft.values)
        try change.check(item: draft.agendaItem, isOf: draft.patient)
        let anchor: CommentAnchor =
            if case .picture(let picture) = draft.place {
                .pixel(
                    series: draft.series, instance: picture.instance, frame: picture.frame,
                    column: 0, row: 0)
            } else {
                .point(series: draft.series, lpsMM: Vector3(0, 0, 0))
            }
        try change.check(anchor, isOf: draft.patient)
        try change.db.execute(
            sql: """
                INSERT INTO measurement (agendaItem, series, label, trackingUID, shape,
                    placeJSON, valuesJSON, account, createdAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                draft.agendaItem, draft.series, draft.label, draft.trackingUID,
                draft.shape.rawValue, place, values, account, change.time,
            ])
        let id = change.db.lastInsertedRowID
        try change.audit(
            "account-\(account)", "measurement.add", "patient-\(draft.patient)",
            [
                "measurement": "\(id)", "series": "series-\(draft.series)",
                "sha256": ObjectDigest(of: Array((place + values).utf8)).hex,
            ])
        return MeasurementRecord(id: id, draft: draft, account: account, createdAt: change.time)
    }

    /// Takes a measurement back; its author does, or the chair.
    ///
    /// - Throws: ``MeetingRefusal``.
    package func withdraw(
        measurement id: Int64, of patient: Int64, by account: Int64
    ) async throws {
        try await write("measurement") { change in
            guard
                let found = try Self.measurements(
                    "measurement.id = ? AND agendaItem.patient = ?", [id, patient],
                    in: change.db
                ).first
            else { throw MeetingRefusal.ended }
            try change.checkAuthor(found.account, is: account, item: found.draft.agendaItem)
            try change.end("measurement", id, of: patient, "measurement.withdraw", by: account)
        }
    }

    /// Returns the measurements that stand for a case on a list, in their order.
    package func measurements(item: Int64) async throws -> [MeasurementRecord] {
        try await read("measurement") { db in
            try Self.measurements("measurement.agendaItem = ?", [item], in: db)
        }
    }

    private static func measurements(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [MeasurementRecord] {
        let sql = """
            SELECT measurement.*, agendaItem.patient FROM measurement
            JOIN agendaItem ON agendaItem.id = measurement.agendaItem
            WHERE (\(clause)) AND measurement.id NOT IN (SELECT measurement FROM measurementEnd)
            ORDER BY measurement.id
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            let decoder = JSONDecoder()
            guard let shape = MeasurementDraft.Shape(rawValue: row["shape"]),
                let place = Self.place(row["placeJSON"]),
                let values = try? decoder.decode(
                    [MeasurementDraft.Value].self,
                    from: Data((row["valuesJSON"] as String).utf8))
            else { throw StorageError.corrupted(entity: "measurement", detail: "content") }
            return MeasurementRecord(
                id: row["id"],
                draft: MeasurementDraft(
                    agendaItem: row["agendaItem"], patient: row["patient"],
                    series: row["series"], label: row["label"], trackingUID: row["trackingUID"],
                    shape: shape, place: place, values: values), account: row["account"],
                createdAt: row["createdAt"])
        }
    }

    /// A list of points in the patient, or an object that names a frame.
    private static func place(_ text: String) -> MeasurementDraft.Place? {
        let (data, decoder) = (Data(text.utf8), JSONDecoder())
        if let points = try? decoder.decode([[Double]].self, from: data) {
            return points.allSatisfy { $0.count == 3 }
                ? .patient(points.map { Vector3($0[0], $0[1], $0[2]) }) : nil
        }
        let picture = try? decoder.decode(MeasurementDraft.PicturePlace.self, from: data)
        guard let picture, picture.pixels.allSatisfy({ $0.count == 2 }) else {
            return nil
        }
        return .picture(picture)
    }

    private static func text<Value: Encodable>(_ value: Value) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

extension RecordStore.Change {
    fileprivate func checkAuthor(_ author: Int64, is account: Int64, item: Int64) throws {
        let chair = try Int64.fetchOne(
            db,
            sql: """
                SELECT meeting.chair FROM agendaItem
                JOIN meeting ON meeting.id = agendaItem.meeting WHERE agendaItem.id = ?
                """, arguments: [item])
        guard author == account || chair == account else { throw MeetingRefusal.notAuthor }
    }

    /// Takes a row of a table back, which stays in it.
    fileprivate func end(
        _ table: String, _ id: Int64, of patient: Int64, _ action: String, by account: Int64
    ) throws {
        try db.execute(
            sql: "INSERT INTO \(table)End (\(table), account, endedAt) VALUES (?, ?, ?)",
            arguments: [id, account, time])
        try audit("account-\(account)", action, "patient-\(patient)", [table: "\(id)"])
    }
}
