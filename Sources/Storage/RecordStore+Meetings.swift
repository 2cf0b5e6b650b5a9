import GRDB
import Pathway

extension RecordStore {
    /// Makes a meeting.
    ///
    /// - Throws: ``MeetingRefusal/notChair`` when the chair's role signs no decisions or is of
    ///   another organisation.
    package func makeMeeting(
        of organisation: Int64, day: String, title: String, chair: Int64, by account: Int64
    ) async throws -> MeetingRecord {
        try await write("meeting") { change in
            let person = try AccountStore.account("account.id = ?", [chair], in: change.db)
            guard person.organisation.id == organisation, !person.isDisabled,
                person.role.rights.contains(.signDecision)
            else { throw MeetingRefusal.notChair }
            try change.db.execute(
                sql: """
                    INSERT INTO meeting (organisation, day, title, chair, account, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [organisation, day, title, chair, account, change.time])
            let id = change.db.lastInsertedRowID
            try change.audit(
                "account-\(account)", "meeting.make", "meeting-\(id)",
                ["day": day, "chair": "account-\(chair)"])
            return try Self.meeting(id, in: change.db)
        }
    }

    /// Lets another organisation's people take part; cases they see by what is shared with them.
    package func invite(
        organisation: Int64, to meeting: Int64, by account: Int64
    ) async throws {
        try await write("meetingGuest") { change in
            try change.db.execute(
                sql: """
                    INSERT INTO meetingGuest (meeting, organisation, account, invitedAt)
                    VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """, arguments: [meeting, organisation, account, change.time])
            try change.audit(
                "account-\(account)", "meeting.invite", "meeting-\(meeting)",
                ["organisation": "organisation-\(organisation)"])
        }
    }

    /// Returns every organisation, by name.
    package func organisations() async throws -> [OrganisationRecord] {
        try await read("organisation") { db in
            try Row.fetchAll(db, sql: "SELECT id, name FROM organisation ORDER BY name").map {
                OrganisationRecord(id: $0["id"], name: $0["name"])
            }
        }
    }

    /// Returns the meetings that an organisation holds or is invited to, the latest day first.
    package func meetings(organisation: Int64) async throws -> [MeetingRecord] {
        try await read("meeting") { db in
            try Self.meetings(
                """
                meeting.organisation = ?1 OR meeting.id IN
                (SELECT meeting FROM meetingGuest WHERE organisation = ?1)
                """, [organisation], in: db)
        }
    }

    /// Returns a meeting that an organisation holds or is invited to; `nil` for another one and
    /// for none.
    package func meeting(_ id: Int64, organisation: Int64) async throws -> MeetingRecord? {
        try await read("meeting") { db in
            try Self.meetings("meeting.id = ?", [id], in: db).first { meeting in
                meeting.organisation.id == organisation
                    || meeting.guests.contains { $0.id == organisation }
            }
        }
    }

    /// Puts a case on a meeting's list.
    ///
    /// - Throws: ``MeetingRefusal/listed``; ``StorageError/notFound(entity:)`` without the meeting.
    package func list(
        patient: Int64, in meeting: Int64, question: String, referral: String, by account: Int64
    ) async throws -> AgendaItemRecord {
        try await write("agendaItem") { change in
            _ = try Self.meeting(meeting, in: change.db)
            let listed = try Self.items(
                "agendaItem.meeting = ? AND agendaItem.patient = ?", [meeting, patient],
                in: change.db)
            guard listed.isEmpty else { throw MeetingRefusal.listed }
            try change.db.execute(
                sql: """
                    INSERT INTO agendaItem
                        (meeting, patient, question, referral, account, createdAt)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [meeting, patient, question, referral, account, change.time])
            let id = change.db.lastInsertedRowID
            try change.audit(
                "account-\(account)", "meeting.list", "patient-\(patient)",
                ["meeting": "meeting-\(meeting)", "item": "agendaItem-\(id)"])
            return AgendaItemRecord(
                id: id, meeting: meeting, patient: patient, question: question,
                referral: referral)
        }
    }

    /// Takes a case off a meeting's list, unless something was decided about it there.
    ///
    /// - Throws: ``MeetingRefusal/ended``, ``MeetingRefusal/decided``.
    package func unlist(
        item: Int64, of meeting: Int64, reason: String, by account: Int64
    ) async throws {
        try await write("agendaItem") { change in
            guard
                let found = try Self.items(
                    "agendaItem.id = ? AND agendaItem.meeting = ?", [item, meeting],
                    in: change.db
                ).first
            else { throw MeetingRefusal.ended }
            guard try Self.decisions("decision.agendaItem = ?", [item], in: change.db).isEmpty
            else { throw MeetingRefusal.decided }
            try change.db.execute(
                sql: """
                    INSERT INTO agendaItemEnd (agendaItem, account, reason, endedAt)
                    VALUES (?, ?, ?, ?)
                    """, arguments: [item, account, reason, change.time])
            try change.audit(
                "account-\(account)", "meeting.unlist", "patient-\(found.patient)",
                [
                    "item": "agendaItem-\(item)",
                    "reason": ObjectDigest(of: Array(reason.utf8)).hex,
                ])
        }
    }

    /// Returns the cases on a meeting's list in the order in which they were put there.
    package func agenda(of meeting: Int64) async throws -> [AgendaItemRecord] {
        try await read("agendaItem") { try Self.items("meeting = ?", [meeting], in: $0) }
    }

    /// Notes that somebody was there, once.
    package func notePresence(of account: Int64, in meeting: Int64) async throws {
        try await write("meetingPresence") { change in
            try change.db.execute(
                sql: """
                    INSERT INTO meetingPresence (meeting, account, seenAt) VALUES (?, ?, ?)
                    ON CONFLICT DO NOTHING
                    """, arguments: [meeting, account, change.time])
            guard change.db.changesCount == 1 else { return }
            try change.audit("account-\(account)", "meeting.join", "meeting-\(meeting)")
        }
    }

    /// Returns who was seen in a meeting and is not confirmed yet.
    package func proposedAttendance(of meeting: Int64) async throws -> [AccountRecord] {
        try await read("meetingPresence") { db in
            try AccountStore.accounts(
                """
                account.id IN (SELECT account FROM meetingPresence WHERE meeting = ?1)
                AND account.id NOT IN (SELECT account FROM attendance WHERE meeting = ?1)
                """, [meeting], in: db)
        }
    }

    /// Confirms who took part; who is confirmed already stays.
    package func confirmAttendance(
        of accounts: [Int64], in meeting: Int64, by chair: Int64
    ) async throws {
        try await write("attendance") { change in
            let record = try Self.meeting(meeting, in: change.db)
            let organisations = [record.organisation.id] + record.guests.map(\.id)
            for account in accounts {
                let person = try AccountStore.account("account.id = ?", [account], in: change.db)
                guard organisations.contains(person.organisation.id) else {
                    throw StorageError.notFound(entity: "account")
                }
                try change.db.execute(
                    sql: """
                        INSERT INTO attendance (meeting, account, fullName, role, organisation,
                            confirmedBy, confirmedAt)
                        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                        """,
                    arguments: [
                        meeting, account, person.fullName, person.role.rawValue,
                        person.organisation.name, chair, change.time,
                    ])
                guard change.db.changesCount == 1 else { continue }
                try change.audit(
                    "account-\(chair)", "meeting.attendance", "meeting-\(meeting)",
                    ["person": "account-\(account)"])
            }
        }
    }

    /// Returns who took part, as confirmed.
    package func attendance(of meeting: Int64) async throws -> [AttendanceRecord] {
        try await read("attendance") { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM attendance WHERE meeting = ? ORDER BY rowid",
                arguments: [meeting]
            ).map { row in
                AttendanceRecord(
                    participant: Participant(
                        account: row["account"], name: row["fullName"],
                        role: Role(rawValue: row["role"])?.title ?? "",
                        organisation: row["organisation"]), confirmedAt: row["confirmedAt"])
            }
        }
    }

    static func meeting(_ id: Int64, in db: Database) throws -> MeetingRecord {
        guard let found = try meetings("meeting.id = ?", [id], in: db).first else {
            throw StorageError.notFound(entity: "meeting")
        }
        return found
    }

    private static func meetings(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [MeetingRecord] {
        let sql = """
            SELECT meeting.*, organisation.name FROM meeting
            JOIN organisation ON organisation.id = meeting.organisation
            WHERE \(clause) ORDER BY meeting.day DESC, meeting.id DESC
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            let id: Int64 = row["id"]
            let guests = try Row.fetchAll(
                db,
                sql: """
                    SELECT organisation.id, organisation.name FROM meetingGuest
                    JOIN organisation ON organisation.id = meetingGuest.organisation
                    WHERE meetingGuest.meeting = ? ORDER BY organisation.id
                    """, arguments: [id]
            ).map { OrganisationRecord(id: $0["id"], name: $0["name"]) }
            return MeetingRecord(
                id: id,
                organisation: OrganisationRecord(id: row["organisation"], name: row["name"]),
                day: row["day"], title: row["title"], chair: row["chair"], guests: guests)
        }
    }

    /// The items that stand on a list.
    static func items(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [AgendaItemRecord] {
        let sql = """
            SELECT * FROM agendaItem WHERE (\(clause))
                AND id NOT IN (SELECT agendaItem FROM agendaItemEnd)
            ORDER BY id
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            AgendaItemRecord(
                id: row["id"], meeting: row["meeting"], patient: row["patient"],
                question: row["question"], referral: row["referral"])
        }
    }
}
