package import Foundation
import GRDB
import Pathway

/// A case of one organisation that somebody of another opened without a share.
package struct EmergencyRecord: Hashable, Sendable {
    /// What the owner's people said to it.
    package struct Answer: Hashable, Sendable {
        package let by: String
        /// ISO 8601, UTC.
        package let at: String
    }

    package let id: Int64
    package let patient: PatientRecord
    package let owner: OrganisationRecord
    /// Who opened it, and of which organisation they are.
    package let person: String
    package let organisation: OrganisationRecord
    package let reason: String
    /// ISO 8601, UTC.
    package let openedAt: String
    package let expiresAt: Date
    /// `nil` until somebody of the owner has said that they know.
    package let seen: Answer?
    /// `nil` unless somebody of the owner ended it before its time.
    package let ended: Answer?

    package func isOpen(at moment: Date) -> Bool { ended == nil && moment < expiresAt }
}

extension ShareStore {
    /// Opens cases to one person for an hour.
    ///
    /// - Parameters:
    ///   - patientID: The whole identifier, as it stands in the case.
    ///   - birthDate: `YYYYMMDD`.
    ///   - reason: Why; the owner reads it.
    ///   - account: Who asks.
    /// - Returns: The cases with exactly this identifier and date of birth: the own organisation's,
    ///   which are open anyway, and those of organisations that allow it. None for a case that does
    ///   not exist and for one whose owner does not allow it: from outside the two must look alike.
    /// - Throws: ``EmergencyRefusal``; ``SigningRefusal/right`` for who opens no cases at all.
    package func openInEmergency(
        patientID: String, birthDate: String, reason: String, by account: AccountRecord
    ) async throws -> [Int64] {
        guard account.role.rights.contains(.readCase), account.role != .machine else {
            throw SigningRefusal.right
        }
        guard reason.contains(where: { !$0.isWhitespace }),
            reason.count <= EmergencyAccess.longestReason
        else { throw EmergencyRefusal.reason }
        guard !patientID.isEmpty, birthDate.wholeMatch(of: /[0-9]{8}/) != nil else {
            throw EmergencyRefusal.incomplete
        }
        return try await records.write("emergency") { change in
            let home = account.organisation.id
            let hourAgo = Timestamp.text(change.moment.addingTimeInterval(-3600))
            let tries =
                try Int.fetchOne(
                    change.db,
                    sql: """
                        SELECT count(*) FROM audit
                        WHERE subject = ? AND action = 'emergency.search' AND timeUTC > ?
                        """, arguments: [account.actor, hourAgo]) ?? 0
            guard tries < EmergencyAccess.mostSearches else {
                throw EmergencyRefusal.tooManySearches
            }
            let found = try Self.inEmergency(patientID, birthDate, home, in: change.db)
            // What is searched for stands in no log: it may be somebody else's.
            if found.isEmpty {
                try change.audit(account.actor, "emergency.search", account.actor)
            }
            for (patient, owner) in found where owner != home {
                try change.openEmergency(of: patient, owner: owner, reason, by: account)
            }
            return found.map(\.patient)
        }
    }

    private static func inEmergency(
        _ patientID: String, _ birthDate: String, _ home: Int64, in db: Database
    ) throws -> [(patient: Int64, owner: Int64)] {
        let sql = """
            SELECT patient.id, ownership.organisation FROM patient
            JOIN ownership ON ownership.patient = patient.id
            WHERE patientID = ? AND birthDate = ? AND \(notWaiting)
                AND (organisation = ? OR \(consents("ownership.organisation")))
            ORDER BY patient.id
            """
        return try Row.fetchAll(db, sql: sql, arguments: [patientID, birthDate, home]).map {
            ($0["id"], $0["organisation"])
        }
    }

    /// Of the table `patient`: nobody has still to say whose data they are.
    private static let notWaiting = """
        NOT EXISTS (SELECT 1 FROM quarantine
            WHERE quarantine.patient = patient.id AND quarantine.state = 'waiting')
        """

    /// Whether an organisation lets its cases be opened; its last word counts.
    static func consents(_ organisation: String) -> String {
        """
        coalesce((SELECT isOpen FROM emergencyConsent
            WHERE emergencyConsent.organisation = \(organisation)
            ORDER BY emergencyConsent.id DESC LIMIT 1), 0)
        """
    }

    /// Returns the number of somebody's access to a case, while it is open.
    static func openEmergency(
        of patient: Int64, _ account: Int64, at now: Double, in db: Database
    ) throws -> Int64? {
        let sql = """
            SELECT emergency.id FROM emergency JOIN patient ON patient.id = emergency.patient
            JOIN ownership ON ownership.patient = patient.id
                AND ownership.organisation = emergency.owner
            WHERE emergency.patient = ? AND account = ? AND expiresAt > ? AND \(notWaiting)
                AND NOT EXISTS (SELECT 1 FROM emergencyAnswer
                    WHERE emergency = emergency.id AND act = 'ended')
            ORDER BY emergency.id DESC LIMIT 1
            """
        return try Int64.fetchOne(db, sql: sql, arguments: [patient, account, now])
    }

    /// Returns the accesses to an organisation's cases that nobody there has said to know.
    package func unseenEmergencies(of organisation: Int64) async throws -> [Int64] {
        try await records.read("emergency") { db in
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT id FROM emergency WHERE owner = ? AND NOT EXISTS (
                        SELECT 1 FROM emergencyAnswer WHERE emergency = emergency.id)
                    ORDER BY id
                    """, arguments: [organisation])
        }
    }

    /// Returns accesses in emergencies, the latest first.
    ///
    /// - Parameters:
    ///   - owner: To an organisation's cases; `nil` for all.
    ///   - patient: To one case; `nil` for all.
    ///   - account: Of one person; `nil` for all.
    /// - Returns: At most 200.
    /// - Throws: ``StorageError``.
    package func emergencies(
        owner: Int64? = nil, patient: Int64? = nil, account: Int64? = nil
    ) async throws -> [EmergencyRecord] {
        try await records.read("emergency") { db in
            try Self.emergencies(
                """
                (?1 IS NULL OR owner = ?1) AND (?2 IS NULL OR emergency.patient = ?2)
                AND (?3 IS NULL OR emergency.account = ?3)
                """, [owner, patient, account], in: db)
        }
    }

    /// Says, for the owner of a case, that an access is known, or ends it now.
    ///
    /// - Throws: ``EmergencyRefusal/over``; ``SigningRefusal/right``;
    ///   ``StorageError/notFound(entity:)`` for an access to somebody else's case.
    package func answer(
        emergency: Int64, ending: Bool, by account: AccountRecord
    ) async throws {
        try await records.write("emergencyAnswer") { change in
            let found = try Self.emergencies(
                "emergency.id = ? AND owner = ?", [emergency, account.organisation.id],
                in: change.db
            ).first
            guard let found else { throw StorageError.notFound(entity: "emergency") }
            guard account.role.rights.contains(.share) else { throw SigningRefusal.right }
            guard !ending || found.isOpen(at: change.moment) else { throw EmergencyRefusal.over }
            // Two who say the same are one answer.
            guard ending || found.seen == nil else { return }
            let act = ending ? "ended" : "seen"
            try change.db.execute(
                sql: """
                    INSERT INTO emergencyAnswer (emergency, act, answeredAt, answeredBy)
                    VALUES (?, ?, ?, ?)
                    """, arguments: [emergency, act, change.time, account.id])
            try change.audit(account.actor, "emergency.\(act)", "emergency-\(emergency)")
        }
    }

    /// Whether an organisation lets its cases be opened in emergencies; not before it says so.
    package func allowsEmergencies(_ organisation: Int64) async throws -> Bool {
        try await records.read("emergencyConsent") { db in
            try Bool.fetchOne(db, sql: "SELECT \(Self.consents("?"))", arguments: [organisation])
                ?? false
        }
    }

    /// Lets the cases of an administrator's organisation be opened in emergencies, or not.
    package func setAllowsEmergencies(_ isOpen: Bool, by account: AccountRecord) async throws {
        try await records.write("emergencyConsent") { change in
            try change.db.execute(
                sql: """
                    INSERT INTO emergencyConsent (organisation, isOpen, decidedAt, decidedBy)
                    VALUES (?, ?, ?, ?)
                    """, arguments: [account.organisation.id, isOpen, change.time, account.id])
            try change.audit(
                account.actor, "emergency.\(isOpen ? "allow" : "forbid")",
                "organisation-\(account.organisation.id)")
        }
    }

    private static func emergencies(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [EmergencyRecord] {
        let sql = """
            SELECT emergency.*, account.fullName, account.organisation, home.name AS homeName,
                owners.name AS ownerName,
                seen.answeredAt AS seenAt, seer.fullName AS seenBy,
                ended.answeredAt AS endedAt, ender.fullName AS endedBy
            FROM emergency JOIN account ON account.id = emergency.account
            JOIN organisation AS home ON home.id = account.organisation
            JOIN organisation AS owners ON owners.id = emergency.owner
            LEFT JOIN emergencyAnswer AS seen
                ON seen.emergency = emergency.id AND seen.act = 'seen'
            LEFT JOIN account AS seer ON seer.id = seen.answeredBy
            LEFT JOIN emergencyAnswer AS ended
                ON ended.emergency = emergency.id AND ended.act = 'ended'
            LEFT JOIN account AS ender ON ender.id = ended.answeredBy
            WHERE \(clause) ORDER BY emergency.id DESC LIMIT 200
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).compactMap { row in
            let patient: Int64 = row["patient"]
            guard let patient = try RecordStore.patients("id = ?", [patient], in: db).first else {
                return nil
            }
            func answer(_ at: String, _ by: String) -> EmergencyRecord.Answer? {
                guard let time: String = row[at] else { return nil }
                return EmergencyRecord.Answer(by: row[by] ?? "", at: time)
            }
            return EmergencyRecord(
                id: row["id"], patient: patient,
                owner: OrganisationRecord(id: row["owner"], name: row["ownerName"]),
                person: row["fullName"],
                organisation: OrganisationRecord(id: row["organisation"], name: row["homeName"]),
                reason: row["reason"], openedAt: row["openedAt"],
                expiresAt: Date(timeIntervalSince1970: row["expiresAt"]),
                seen: answer("seenAt", "seenBy"), ended: answer("endedAt", "endedBy"))
        }
    }
}

extension RecordStore.Change {
    fileprivate func openEmergency(
        of patient: Int64, owner: Int64, _ reason: String, by account: AccountRecord
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO emergency (patient, owner, account, reason, openedAt, expiresAt)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                patient, owner, account.id, reason, time,
                moment.timeIntervalSince1970 + 60 * Double(EmergencyAccess.minutes),
            ])
        let id = db.lastInsertedRowID
        try audit(
            account.actor, "emergency.open", "emergency-\(id)",
            try SharingTrail.detail(ofEmergency: id, in: db))
    }
}
