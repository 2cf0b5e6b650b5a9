import GRDB
import Imaging
import Pathway

extension RecordStore {
    /// Returns everything written on a case, the first first, withdrawn comments too.
    package func comments(patient: Int64) async throws -> [CommentRecord] {
        try await read("comment") { try Self.comments("patient = ?", [patient], in: $0) }
    }

    /// Keeps a comment.
    ///
    /// - Throws: ``StorageError/notFound(entity:)`` when the series of its anchor is not the case's
    ///   or lacks the instance.
    package func keep(_ draft: CommentDraft, by account: Int64) async throws -> CommentRecord {
        try await write("comment") { change in
            if let anchor = draft.anchor { try change.check(anchor, isOf: draft.patient) }
            return try change.insert(draft, answering: nil, by: account)
        }
    }

    /// Keeps an answer; what answers an internal comment is internal too.
    ///
    /// - Throws: ``StorageError/notFound(entity:)`` when the case has no such comment,
    ///   ``CommentRefusal``.
    package func answer(
        _ comment: Int64, of patient: Int64, text: String, isInternal: Bool, by account: Int64
    ) async throws -> CommentRecord {
        try await write("comment") { change in
            let first = try change.standingComment(comment, of: patient)
            guard first.answers == nil else { throw CommentRefusal.answersAnAnswer }
            return try change.insert(
                CommentDraft(
                    patient: patient, kind: .comment, text: text,
                    isInternal: isInternal || first.isInternal), answering: comment, by: account)
        }
    }

    /// Withdraws a comment of one's own; its text stays in the record.
    ///
    /// - Throws: ``StorageError/notFound(entity:)`` when the case has no such comment,
    ///   ``CommentRefusal``.
    package func withdraw(
        comment id: Int64, of patient: Int64, reason: String, by account: Int64
    ) async throws {
        try await write("comment") { change in
            let comment = try change.standingComment(id, of: patient)
            guard comment.account == account else { throw CommentRefusal.notAuthor }
            try change.db.execute(
                sql: """
                    INSERT INTO commentEnd (comment, account, endedAt, reason)
                    VALUES (?, ?, ?, ?)
                    """, arguments: [id, account, change.time, reason])
            try change.audit(
                "account-\(account)", "comment.withdraw", "patient-\(patient)",
                CommentRecord.endingDetail(id, reason: reason))
        }
    }

    static func comments(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [CommentRecord] {
        let sql = """
            SELECT comment.*, commentEnd.reason AS endReason, commentEnd.endedAt
            FROM comment LEFT JOIN commentEnd ON commentEnd.comment = comment.id
            WHERE \(clause) ORDER BY comment.id
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let kind = CommentKind(rawValue: row["kind"]) else {
                throw StorageError.corrupted(entity: "comment", detail: "kind")
            }
            return CommentRecord(
                id: row["id"], patient: row["patient"], kind: kind, text: row["text"],
                isInternal: row["isInternal"], answers: row["answers"], anchor: CommentAnchor(row),
                account: row["account"], createdAt: row["createdAt"],
                withdrawal: (row["endReason"] as String?).map {
                    CommentRecord.Withdrawal(reason: $0, withdrawnAt: row["endedAt"])
                })
        }
    }
}

extension CommentAnchor {
    /// What of a place goes into the columns `instance`, `frame`, `x`, `y` and `z`.
    var columns: [(any DatabaseValueConvertible)?] {
        switch self {
        case .point(_, let p): [nil, nil, p.x, p.y, p.z]
        case .pixel(_, let instance, let frame, let column, let row):
            [instance, frame, column, row, nil]
        }
    }

    /// Takes a place from its columns; `nil` results where no series is named.
    init?(_ row: Row) {
        guard let series: Int64 = row["series"] else { return nil }
        if let instance: Int64 = row["instance"] {
            self = .pixel(
                series: series, instance: instance, frame: row["frame"], column: row["x"],
                row: row["y"])
        } else {
            self = .point(series: series, lpsMM: Vector3(row["x"], row["y"], row["z"]))
        }
    }
}

extension RecordStore.Change {
    fileprivate func standingComment(_ id: Int64, of patient: Int64) throws -> CommentRecord {
        let found = try RecordStore.comments(
            "comment.id = ? AND patient = ?", [id, patient], in: db)
        guard let comment = found.first else { throw StorageError.notFound(entity: "comment") }
        guard comment.withdrawal == nil else { throw CommentRefusal.withdrawn }
        return comment
    }

    func check(_ anchor: CommentAnchor, isOf patient: Int64) throws {
        var sql = """
            SELECT count(*) FROM series JOIN study ON study.id = series.study
            WHERE series.id = ? AND study.patient = ?
            """
        var arguments: StatementArguments = [anchor.series, patient]
        if case .pixel(_, let instance, _, _, _) = anchor {
            sql += """
                 AND EXISTS (
                    SELECT 1 FROM instance
                    WHERE instance.series = series.id AND instance.id = ?)
                """
            arguments += [instance]
        }
        guard try Int.fetchOne(db, sql: sql, arguments: arguments) == 1 else {
            throw StorageError.notFound(entity: "series")
        }
    }

    fileprivate func insert(
        _ draft: CommentDraft, answering first: Int64?, by account: Int64
    ) throws -> CommentRecord {
        let place = draft.anchor?.columns ?? Array(repeating: nil, count: 5)
        try db.execute(
            sql: """
                INSERT INTO comment (patient, kind, text, isInternal, answers, series, instance,
                    frame, x, y, z, account, createdAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                draft.patient, draft.kind.rawValue, draft.text, draft.isInternal, first,
                draft.anchor?.series,
            ] + StatementArguments(place) + [account, time])
        let id = db.lastInsertedRowID
        guard let record = try RecordStore.comments("comment.id = ?", [id], in: db).first else {
            throw StorageError.notFound(entity: "comment")
        }
        try audit(
            "account-\(account)", "comment.add", "patient-\(draft.patient)", record.auditDetail)
        return record
    }
}

extension CommentRecord {
    /// What the audit says of it: everything that is fixed, a person's words by their digest.
    var auditDetail: [String: String] {
        var detail = [
            "comment": "\(id)", "kind": kind.rawValue, "internal": isInternal ? "yes" : "no",
            "text": ObjectDigest(of: Array(text.utf8)).hex,
        ]
        if let answers { detail["answers"] = "\(answers)" }
        switch anchor {
        case .point(let series, let p):
            detail["series"] = "series-\(series)"
            detail["lpsMM"] = "\(p.x) \(p.y) \(p.z)"
        case .pixel(let series, let instance, let frame, let column, let row):
            detail["series"] = "series-\(series)"
            detail["frame"] = "\(frame) of instance-\(instance)"
            detail["pixel"] = "\(column) \(row)"
        case nil: break
        }
        return detail
    }

    static func endingDetail(_ id: Int64, reason: String) -> [String: String] {
        ["comment": "\(id)", "reason": ObjectDigest(of: Array(reason.utf8)).hex]
    }

    /// Actor, subject and detail of the audit entry of its making.
    var auditEntry: [String] {
        get throws {
            ["account-\(account)", "patient-\(patient)", try RecordStore.json(auditDetail)]
        }
    }

    /// The same of its withdrawal; `nil` while it stands.
    var endingAuditEntry: [String]? {
        get throws {
            guard let withdrawal else { return nil }
            let detail = Self.endingDetail(id, reason: withdrawal.reason)
            return ["account-\(account)", "patient-\(patient)", try RecordStore.json(detail)]
        }
    }
}
