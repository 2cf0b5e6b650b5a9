import Foundation
import GRDB
package import Pathway

extension RecordStore {
    /// Keeps a decision as the item's next version.
    ///
    /// - Parameters:
    ///   - decision: What was decided.
    ///   - item: The case on the meeting's list.
    ///   - patient: Whose it is.
    ///   - base: The version that the page showed; 0 where there was none.
    ///   - account: Who records it.
    /// - Returns: What is kept now; the latest version when it says exactly the same.
    /// - Throws: ``MeetingRefusal/changed`` when there is a later version than `base`.
    package func record(
        _ decision: Decision, for item: Int64, of patient: Int64, base: Int, by account: Int64
    ) async throws -> DecisionRecord {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = String(decoding: try encoder.encode(decision), as: UTF8.self)
        return try await write("decision") { change in
            try change.check(item: item, isOf: patient)
            let last = try Self.decisions("decision.agendaItem = ?", [item], in: change.db).last
            guard last?.version ?? 0 == base else { throw MeetingRefusal.changed }
            if let last, last.decision == decision { return last }
            try change.db.execute(
                sql: """
                    INSERT INTO decision (agendaItem, version, contentJSON, account, createdAt)
                    VALUES (?, ?, ?, ?, ?)
                    """, arguments: [item, base + 1, json, account, change.time])
            let record = try Self.decision(change.db.lastInsertedRowID, in: change.db)
            try change.audit(
                "account-\(account)", "decision.record", "patient-\(patient)",
                record.auditDetail)
            return record
        }
    }

    /// Keeps the chair's signature on a version and uses up what shows that it is they.
    ///
    /// - Throws: ``MeetingRefusal``, `SigningRefusal.codeTaken`, `SigningRefusal.notSignedInAgain`.
    package func sign(_ signing: DecisionSigning) async throws -> DecisionRecord {
        try await write("decisionSignature") { change in
            let record = try Self.decision(signing.decision, in: change.db)
            guard record.patient == signing.patient else {
                throw StorageError.notFound(entity: "decision")
            }
            guard record.signature == nil else { throw MeetingRefusal.signed }
            let all = try Self.decisions(
                "decision.agendaItem = ?", [record.agendaItem], in: change.db)
            guard record.digest == signing.digest, all.last?.id == record.id else {
                throw MeetingRefusal.changed
            }
            let chair = try Int64.fetchOne(
                change.db,
                sql: """
                    SELECT meeting.chair FROM agendaItem
                    JOIN meeting ON meeting.id = agendaItem.meeting WHERE agendaItem.id = ?
                    """, arguments: [record.agendaItem])
            let person = try AccountStore.account(
                "account.id = ?", [signing.account], in: change.db)
            guard chair == person.id, person.role.rights.contains(.signDecision) else {
                throw MeetingRefusal.notChair
            }
            try change.take(
                signing.proof, of: person.id, for: record.signingSubject,
                meaning: DecisionRecord.signingMeaning, digest: record.digest)
            try change.db.execute(
                sql: """
                    INSERT INTO decisionSignature
                        (decision, digest, account, fullName, role, signedAt)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    record.id, record.digest.hex, person.id, person.fullName,
                    person.role.rawValue, change.time,
                ])
            let signed = try Self.decision(record.id, in: change.db)
            try change.audit(
                "account-\(person.id)", "decision.sign", "patient-\(record.patient)",
                signed.signingDetail)
            return signed
        }
    }

    /// Returns every version of what was decided about a case on a list, the first first.
    package func decisions(item: Int64) async throws -> [DecisionRecord] {
        try await read("decision") { db in
            try Self.decisions("decision.agendaItem = ?", [item], in: db)
        }
    }

    /// Returns every version of what meetings decided about a case, the first first.
    package func decisions(patient: Int64) async throws -> [DecisionRecord] {
        try await read("decision") { db in
            try Self.decisions("agendaItem.patient = ?", [patient], in: db)
        }
    }

    private static func decision(_ id: Int64, in db: Database) throws -> DecisionRecord {
        guard let found = try decisions("decision.id = ?", [id], in: db).first else {
            throw StorageError.notFound(entity: "decision")
        }
        return found
    }

    static func decisions(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [DecisionRecord] {
        let sql = """
            SELECT decision.*, agendaItem.meeting, agendaItem.patient, signature.digest, signature.account AS signer,
                signature.fullName, signature.role, signature.signedAt
            FROM decision JOIN agendaItem ON agendaItem.id = decision.agendaItem
            LEFT JOIN decisionSignature AS signature ON signature.decision = decision.id
            WHERE \(clause) ORDER BY decision.id
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            let bytes = Array((row["contentJSON"] as String).utf8)
            let digest = ObjectDigest(of: bytes)
            guard let decision = try? JSONDecoder().decode(Decision.self, from: Data(bytes)),
                (row["digest"] as String?).map({ $0 == digest.hex }) ?? true
            else { throw StorageError.corrupted(entity: "decision", detail: "content") }
            var signature: DecisionRecord.Signature?
            if let signer = row["signer"] as Int64? {
                guard let role = Role(rawValue: row["role"]) else {
                    throw StorageError.corrupted(entity: "decisionSignature", detail: "role")
                }
                signature = DecisionRecord.Signature(
                    account: signer, fullName: row["fullName"], role: role,
                    signedAt: row["signedAt"])
            }
            return DecisionRecord(
                id: row["id"], agendaItem: row["agendaItem"], meeting: row["meeting"],
                patient: row["patient"], version: row["version"], decision: decision,
                digest: digest, account: row["account"], createdAt: row["createdAt"],
                signature: signature)
        }
    }
}

extension RecordStore.Change {
    /// - Throws: ``MeetingRefusal/ended`` when the item is not on a list any more or of another
    ///   case.
    func check(item: Int64, isOf patient: Int64) throws {
        let found = try RecordStore.items("id = ? AND patient = ?", [item, patient], in: db)
        guard !found.isEmpty else { throw MeetingRefusal.ended }
    }
}

extension DecisionRecord {
    /// What the audit says of it; a person's words by their digest.
    var auditDetail: [String: String] {
        [
            "decision": "\(id)", "item": "agendaItem-\(agendaItem)", "version": "\(version)",
            "sha256": digest.hex,
        ]
    }

    /// The same of its signature.
    var signingDetail: [String: String] {
        auditDetail.merging([
            "role": signature?.role.rawValue ?? "",
            "name": ObjectDigest(of: Array((signature?.fullName ?? "").utf8)).hex,
        ]) { $1 }
    }

    /// Actor, subject and detail of the audit entry of its making.
    var auditEntry: [String] {
        get throws {
            ["account-\(account)", "patient-\(patient)", try RecordStore.json(auditDetail)]
        }
    }

    /// The same of its signature; `nil` while there is none.
    var signingAuditEntry: [String]? {
        get throws {
            guard let signature else { return nil }
            return [
                "account-\(signature.account)", "patient-\(patient)",
                try RecordStore.json(signingDetail),
            ]
        }
    }
}
