import GRDB

extension RecordStore {
    /// Returns a case's volumes of interest in the order in which they came, without those that
    /// were withdrawn.
    package func vois(patient: Int64) async throws -> [VOIRecord] {
        try await allVOIs(patient: patient).filter { !$0.isWithdrawn }
    }

    /// Returns a case's volumes of interest in the order in which they came, withdrawn ones too.
    package func allVOIs(patient: Int64) async throws -> [VOIRecord] {
        try await read("voi") { try Self.vois("patient = ? ORDER BY voi.id", [patient], in: $0) }
    }

    /// Keeps a version of a volume of interest, and the VOI with its first one.
    ///
    /// A version whose base is no longer the one that counts is kept beside it: it is outdated
    /// from the start and outdates nothing. Otherwise what was made with the version before becomes
    /// outdated. A mask equal to the one that counts makes no version, unless it renames the VOI,
    /// withdraws it or takes it up again.
    ///
    /// - Throws: ``StorageError/duplicate(entity:)`` when the case has another VOI of its name;
    ///   ``StorageError/notFound(entity:)`` when VOI, base, content or an input is not stored.
    package func keep(_ version: VOIVersionDraft, by actor: String) async throws -> VOISaved {
        try await write("voi") { try $0.keep(version, by: actor) }
    }

    fileprivate static func vois(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [VOIRecord] {
        let sql = """
            SELECT voi.*, series.seriesUID FROM voi JOIN series ON series.id = voi.series
            WHERE \(clause)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            let versions = try versions(of: row["id"], in: db)
            return VOIRecord(
                id: row["id"], patient: row["patient"],
                name: versions.last { !$0.isAside }?.record.draft.name ?? row["name"],
                role: row["role"], seriesUID: row["seriesUID"], gridJSON: row["gridJSON"],
                createdAt: row["createdAt"], createdBy: row["createdBy"], versions: versions)
        }
    }

    private static func versions(of voi: Int64, in db: Database) throws -> [VOIVersionRecord] {
        let sql = """
            SELECT voiVersion.* FROM voiVersion JOIN derived ON derived.id = voiVersion.derived
            WHERE voi = ? ORDER BY derived.version
            """
        return try Row.fetchAll(db, sql: sql, arguments: [voi]).map { row in
            VOIVersionRecord(
                record: try derived(id: row["derived"], in: db), base: row["base"],
                making: row["making"], isAside: row["isAside"])
        }
    }
}

extension RecordStore.Change {
    fileprivate func keep(_ version: VOIVersionDraft, by actor: String) throws -> VOISaved {
        let voi = try place(version, by: actor)
        let head = voi.head?.record
        try checkContribution(version.draft, replacing: head, by: actor)
        let isWithdrawal = version.making == VOIRecord.withdrawal
        if let head, version.base == head.id, head.draft.content == version.draft.content,
            head.draft.name == version.draft.name, isWithdrawal == voi.isWithdrawn,
            head.state == .current
        {
            return VOISaved(voi: voi.id, record: head, head: head.id)
        }
        // Out of use until somebody restores it: whoever drew meanwhile does not bring it back.
        let isOutOfUse =
            voi.isWithdrawn && !isWithdrawal && version.making != VOIRecord.restoration
        let isAside = version.base != head?.id || isOutOfUse
        if !isAside, !isWithdrawal { try requireFree(version.draft.name, for: voi) }
        let reason =
            isAside
            ? isOutOfUse
                ? "\(head?.id ?? "none") took the volume out of use"
                : "it was made from another version than \(head?.id ?? "none"), which counts"
            : try RecordStore.staleInput(of: version.draft.inputs, in: db)
        let last = voi.versions.last?.record
        let id = try insert(version.draft, after: last, staleInput: reason, by: actor)
        try db.execute(
            sql: """
                INSERT INTO voiVersion (derived, voi, base, making, isAside)
                VALUES (?, ?, ?, ?, ?)
                """, arguments: [id, voi.id, version.base, version.making, isAside])
        let kept = try RecordStore.derived(id: id, in: db)
        var detail = RecordStore.auditDetail(version.draft, version: kept.version)
        detail["state"] = reason == nil ? "current" : "outdated"
        detail["voi"] = "\(voi.id)"
        detail["making"] = version.making
        detail["base"] = version.base
        try audit(actor, "derived.save", id, detail)
        if let head, !isAside {
            let reason = "\(head.id) was replaced by \(id)"
            try markOutdated([head.id], reason: reason, by: actor)
            try markOutdated(dependentsOf: head.id, except: id, reason: reason, by: actor)
        }
        return VOISaved(
            voi: voi.id, record: try RecordStore.derived(id: id, in: db),
            head: isAside ? head?.id ?? id : id)
    }

    /// A name belongs to one VOI of a case that is in use.
    private func requireFree(_ name: String, for voi: VOIRecord) throws {
        let others = try RecordStore.vois(
            "patient = ? AND voi.id <> ?", [voi.patient, voi.id], in: db)
        guard !others.contains(where: { $0.name == name && !$0.isWithdrawn }) else {
            throw StorageError.duplicate(entity: "voi")
        }
    }

    /// What the table calls a new VOI: its name, numbered where one was called so first that has
    /// another name now or was withdrawn.
    private func firstName(_ name: String, patient: Int64) throws -> String {
        let taken = Set(
            try String.fetchAll(
                db, sql: "SELECT name FROM voi WHERE patient = ?", arguments: [patient]))
        var free = name
        var number = 2
        while taken.contains(free) {
            free = "\(name) #\(number)"
            number += 1
        }
        return free
    }

    private func place(_ version: VOIVersionDraft, by actor: String) throws -> VOIRecord {
        let id: Int64
        switch version.target {
        case .existing(let voi): id = voi
        case .new(let patient, let name, let role, let seriesUID, let gridJSON):
            guard let series = try RecordStore.seriesID(seriesUID, in: db) else {
                throw StorageError.notFound(entity: "series")
            }
            try db.execute(
                sql: """
                    INSERT INTO voi (patient, name, role, series, gridJSON, createdAt, createdBy)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    patient, try firstName(name, patient: patient), role, series, gridJSON,
                    time, actor,
                ])
            id = db.lastInsertedRowID
            try audit(
                actor, "voi.create", "patient-\(patient)",
                ["voi": "\(id)", "role": role, "series": "series-\(series)"])
        }
        guard let voi = try RecordStore.vois("voi.id = ?", [id], in: db).first else {
            throw StorageError.notFound(entity: "voi")
        }
        return voi
    }
}
