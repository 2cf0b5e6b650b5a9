import Foundation
import GRDB
import Pathway

extension RecordStore.Change {
    /// Keeps a computed object as the next version of its case, kind and name; see
    /// ``RecordStore/save(_:by:verifyingOn:)``.
    func save(
        _ draft: DerivedDraft, by actor: String, verifyingOn roles: Set<String>? = []
    ) throws -> DerivedRecord {
        let latest = try RecordStore.derived(
            "caseID = ? AND kind = ? AND name = ? ORDER BY version DESC LIMIT 1",
            [draft.caseID, draft.kind, draft.name], in: db
        ).first
        try checkContribution(draft, replacing: latest, by: actor)
        if let latest, latest.draft == draft, latest.state == .current, latest.tombstone == nil {
            return latest
        }
        let staleInput = try RecordStore.staleInput(of: draft.inputs, in: db)
        let id = try insert(draft, after: latest, staleInput: staleInput, by: actor)
        var detail = RecordStore.auditDetail(draft, version: (latest?.version ?? 0) + 1)
        detail["state"] = staleInput == nil ? "current" : "outdated"
        try audit(actor, "derived.save", id, detail)
        if let latest {
            let reason = "\(latest.id) was replaced by \(id)"
            try markOutdated([latest.id], reason: reason, by: actor)
            try markOutdated(dependentsOf: latest.id, except: id, reason: reason, by: actor)
        }
        if let roles, draft.kind == "verification",
            try RecordStore.staleInput(
                of: draft.inputs.filter { roles.contains($0.role) }, in: db) == nil,
            let patient = RecordStore.patient(ofCase: draft.caseID),
            let plan = try RecordStore.coursePlan(of: patient, in: db),
            draft.inputs.contains(where: { $0.source == .derived(plan) })
        {
            try moveIfAllowed(patient, by: .verify, as: actor, reason: "\(id) was kept")
        }
        return try RecordStore.derived(id: id, in: db)
    }

    func insert(
        _ draft: DerivedDraft, after latest: DerivedRecord?, staleInput: String?, by actor: String
    ) throws -> String {
        try list(draft.content)
        let sql = "SELECT coalesce(max(number), 0) + 1 FROM derived"
        let number = try Int64.fetchOne(db, sql: sql) ?? 1
        // A volume of interest may have a name that another one had before.
        let ofName = try Int.fetchOne(
            db, sql: "SELECT max(version) FROM derived WHERE caseID = ? AND kind = ? AND name = ?",
            arguments: [draft.caseID, draft.kind, draft.name])
        let id = "\(draft.kind)-\(number)"
        try db.execute(
            sql: """
                INSERT INTO derived (number, id, caseID, kind, name, version, content, mediaType,
                    parametersJSON, softwareVersion, dataVersionsJSON, createdAt, createdBy,
                    supersedes, state, outdatedReason, outdatedAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                number, id, draft.caseID, draft.kind, draft.name,
                max(latest?.version ?? 0, ofName ?? 0) + 1, draft.content.hex, draft.mediaType,
                draft.parametersJSON, draft.softwareVersion,
                try RecordStore.json(draft.dataVersions), time, actor, latest?.id,
                staleInput == nil ? "current" : "outdated", staleInput,
                staleInput == nil ? nil : time,
            ])
        for (position, input) in draft.inputs.enumerated() {
            try insert(input, at: position, of: id)
        }
        return id
    }

    private func insert(_ input: DerivedInput, at position: Int, of id: String) throws {
        let columns: (object: String?, input: String?, series: Int64?, digest: String?)
        switch input.source {
        case .object(let digest):
            try list(digest)
            columns = (digest.hex, nil, nil, nil)
        case .derived(let input):
            _ = try RecordStore.derived(id: input, in: db)
            columns = (nil, input, nil, nil)
        case .series(let uid, let digest):
            guard let series = try RecordStore.seriesID(uid, in: db) else {
                throw StorageError.notFound(entity: "series")
            }
            columns = (nil, nil, series, digest.hex)
        }
        try db.execute(
            sql: """
                INSERT INTO derivedInput
                    (derived, position, role, object, input, series, seriesDigest)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id, position, input.role, columns.object, columns.input, columns.series,
                columns.digest,
            ])
    }

    @discardableResult
    func markOutdated(
        dependentsOf id: String, except exception: String? = nil, reason: String, by actor: String
    ) throws -> [String] {
        let direct = try String.fetchAll(
            db, sql: "SELECT DISTINCT derived FROM derivedInput WHERE input = ?", arguments: [id])
        return try markOutdated(transitively: direct, except: exception, reason, by: actor)
    }

    /// What the data of a series say is no person's decision: it also ends signatures that whoever
    /// brought them could not end.
    ///
    /// `reason` says what became of the series: `has more files now`.
    @discardableResult
    func markOutdated(
        dependentsOfSeries series: Int64, reason: String, by actor: String
    ) throws -> [String] {
        let uid = try String.fetchOne(
            db, sql: "SELECT seriesUID FROM series WHERE id = ?", arguments: [series])
        guard let uid else { throw StorageError.notFound(entity: "series") }
        let direct = try String.fetchAll(
            db, sql: "SELECT DISTINCT derived FROM derivedInput WHERE series = ?",
            arguments: [series])
        return try markOutdated(
            transitively: direct, except: nil, "\(SeriesDescription.shortID(of: uid)) \(reason)",
            by: actor, isDecision: false)
    }

    private func markOutdated(
        transitively direct: [String], except exception: String?, _ reason: String,
        by actor: String, isDecision: Bool = true
    ) throws -> [String] {
        var all: Set<String> = []
        var open = direct
        while let id = open.popLast() {
            guard id != exception, all.insert(id).inserted else { continue }
            open += try String.fetchAll(
                db, sql: "SELECT derived FROM derivedInput WHERE input = ?", arguments: [id])
        }
        return try markOutdated(
            all.sorted(), reason: reason, by: actor, isDecision: isDecision)
    }

    /// Marks exactly these, if they are current.
    ///
    /// - Throws: ``SigningRefusal/signedGround(plan:)`` when that would end signatures, by a
    ///   person's decision who could not end them; ``ContributionRefusal/othersGround(kind:)``.
    @discardableResult
    func markOutdated(
        _ ids: [String], reason: String, by actor: String, isDecision: Bool = true
    ) throws -> [String] {
        let changed = try ids.filter { id in
            try db.execute(
                sql: """
                    UPDATE derived SET state = 'outdated', outdatedReason = ?, outdatedAt = ?
                    WHERE id = ? AND state = 'current'
                    """, arguments: [reason, time, id])
            return db.changesCount == 1
        }
        if isDecision { try checkContribution(outdating: changed, by: actor) }
        for id in changed {
            try audit(actor, "derived.outdated", id, ["reason": reason])
            try voidSignatures(of: id, reason: reason, by: actor, isDecision: isDecision)
        }
        return changed
    }
}

extension RecordStore {
    static func derived(id: String, in db: Database) throws -> DerivedRecord {
        guard let record = try derived("id = ?", [id], in: db).first else {
            throw StorageError.notFound(entity: "derived")
        }
        return record
    }

    static func derived(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [DerivedRecord] {
        let sql = "SELECT * FROM derived WHERE \(clause)"
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map {
            try derived($0, in: db)
        }
    }

    private static func derived(_ row: Row, in db: Database) throws -> DerivedRecord {
        let id: String = row["id"]
        let dataVersions = try JSONDecoder().decode(
            [String: String].self, from: Data((row["dataVersionsJSON"] as String).utf8))
        let reason: String? = row["outdatedReason"]
        let acceptance = try Row.fetchOne(
            db, sql: "SELECT * FROM acceptance WHERE derived = ? AND withdrawnAt IS NULL",
            arguments: [id])
        let withdrawal = try Row.fetchOne(
            db,
            sql: """
                SELECT * FROM acceptance WHERE derived = ? AND withdrawnAt IS NOT NULL
                ORDER BY rowid DESC
                """, arguments: [id])
        return DerivedRecord(
            id: id, version: row["version"],
            draft: DerivedDraft(
                caseID: row["caseID"], kind: row["kind"], name: row["name"],
                content: try ObjectDigest(stored: row["content"]), mediaType: row["mediaType"],
                inputs: try inputs(of: id, in: db), parametersJSON: row["parametersJSON"],
                softwareVersion: row["softwareVersion"], dataVersions: dataVersions),
            createdAt: row["createdAt"], createdBy: row["createdBy"],
            supersedes: row["supersedes"],
            state: reason.map { .outdated(reason: $0) } ?? .current,
            acceptance: acceptance.map {
                DerivedRecord.Acceptance(
                    acceptedBy: $0["acceptedBy"], acceptedAt: $0["acceptedAt"], note: $0["note"])
            },
            withdrawal: acceptance == nil
                ? withdrawal.map {
                    DerivedRecord.Withdrawal(
                        withdrawnBy: $0["withdrawnBy"] ?? "", withdrawnAt: $0["withdrawnAt"],
                        reason: $0["withdrawnReason"] ?? "")
                } : nil,
            tombstone: try String.fetchOne(
                db, sql: "SELECT reason FROM tombstone WHERE derived = ?", arguments: [id]))
    }

    private static func inputs(of id: String, in db: Database) throws -> [DerivedInput] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT derivedInput.*, series.seriesUID FROM derivedInput
                LEFT JOIN series ON series.id = derivedInput.series
                WHERE derived = ? ORDER BY position
                """, arguments: [id]
        ).map { row in
            if let object = row["object"] as String? {
                return DerivedInput(row["role"], .object(try ObjectDigest(stored: object)))
            }
            if let input = row["input"] as String? {
                return DerivedInput(row["role"], .derived(input))
            }
            return DerivedInput(
                row["role"],
                .series(
                    uid: row["seriesUID"], digest: try ObjectDigest(stored: row["seriesDigest"])))
        }
    }

    /// Returns why an object that is being saved is outdated already, or `nil`.
    static func staleInput(of inputs: [DerivedInput], in db: Database) throws -> String? {
        for input in inputs {
            switch input.source {
            case .object: continue
            case .derived(let id):
                let record = try derived(id: id, in: db)
                if case .outdated(let reason) = record.state { return reason }
                if record.tombstone != nil { return "\(id) was taken out of use" }
                if record.draft.kind == "registration", record.withdrawal != nil {
                    return "the acceptance of \(id) was withdrawn"
                }
            case .series(let uid, let digest):
                guard let series = try seriesID(uid, in: db) else {
                    throw StorageError.notFound(entity: "series")
                }
                let sql = "SELECT count(*) FROM tombstone WHERE series = ?"
                if try Int.fetchOne(db, sql: sql, arguments: [series]) != 0 {
                    return "\(SeriesDescription.shortID(of: uid)) was taken out of use"
                }
                if try instances(of: series, in: db).seriesDigest != digest {
                    return "\(SeriesDescription.shortID(of: uid)) "
                        + "has other files than those it was made from"
                }
            }
        }
        return nil
    }

    /// Returns what the audit says about an object that is saved: digests of all that is fixed.
    static func auditDetail(_ draft: DerivedDraft, version: Int) -> [String: String] {
        let inputs = draft.inputs.map { input in
            switch input.source {
            case .object(let digest): "\(input.role) object \(digest)\n"
            case .derived(let id): "\(input.role) derived \(id)\n"
            case .series(_, let digest): "\(input.role) series \(digest)\n"
            }
        }
        let versions = draft.dataVersions.sorted { $0.key < $1.key }.map { "\($0) \($1)\n" }
        func digest(_ lines: [String]) -> String {
            ObjectDigest(of: lines.flatMap { Array($0.utf8) }).hex
        }
        return [
            "content": draft.content.hex,
            "named": digest(
                [draft.caseID, draft.kind, draft.name, draft.mediaType].map { $0 + "\n" }),
            "inputs": digest(inputs),
            "parameters": digest([draft.parametersJSON]),
            "versions": digest([draft.softwareVersion + "\n"] + versions),
            "version": "\(version)",
        ]
    }

    /// A list for `json_each`.
    static func json(list: some Encodable & Collection) throws -> String {
        String(decoding: try JSONEncoder().encode(list), as: UTF8.self)
    }

    static func json(_ values: [String: String]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(values), as: UTF8.self)
    }
}
