import GRDB

/// For whom files are brought in by a browser, and by whom.
package struct Intake: Hashable, Sendable {
    package let account: Int64
    package let organisation: Int64
    /// The case that they are said to belong to; `nil` when the files say.
    package let patient: Int64?
    /// Why everything waits in quarantine, whoever's it seems to be; `nil` for what the
    /// organisation's own people bring.
    package let waits: String?

    package init(
        account: Int64, organisation: Int64, patient: Int64?, waits: String? = nil
    ) {
        (self.account, self.organisation, self.patient) = (account, organisation, patient)
        self.waits = waits
    }
}

extension Registrar {
    /// Returns the row of the patient whose file it is, as far as the file says so beyond doubt;
    /// else one that waits in quarantine for a person's word.
    ///
    /// A file joins a case when its identifier is the case's and nothing contradicts; a name never
    /// joins anything.
    func patient(_ entry: InstanceEntry, of intake: Intake) throws -> (id: Int64, waits: String?) {
        let identity = entry.patient
        if let reason = intake.waits { return (try held(entry, intake, reason), reason) }
        if let known = try ofStudy(entry.study.studyUID) {
            let belongs =
                try isOurs(known, intake)
                && (Self.contradictions(identity, known).isEmpty
                    || hasMoved(entry.study.studyUID, as: identity))
            guard belongs else { throw Refusal(conflict: .studyOfAnotherPatient) }
            let reason = try waitingReason(known["id"])
            // What waits may wait on; a case that was not named gets nothing.
            guard reason != nil || intake.patient == nil || intake.patient == known["id"] else {
                throw Refusal(conflict: .studyOfAnotherPatient)
            }
            return (known["id"], reason)
        }
        try refuseSeriesOfAnotherStudy(entry)
        let cases = try candidates(identity, intake)
        guard let row = cases.first, cases.count == 1 else {
            let reason =
                cases.isEmpty
                ? "No case of your organisation has this identifier."
                : "Several cases have this identifier."
            return (try quarantined(identity, intake, reason), reason)
        }
        let differing = Self.contradictions(identity, row)
        guard differing.isEmpty else {
            let reason =
                "The files have another \(differing.joined(separator: ", ")) than the case."
            return (try quarantined(identity, intake, reason), reason)
        }
        try reconcile(identity, with: row)
        return (row["id"], nil)
    }

    /// The row that waits with what one sender has sent; what anybody else has of the same study
    /// is not touched.
    private func held(
        _ entry: InstanceEntry, _ intake: Intake, _ reason: String
    ) throws -> Int64 {
        guard let known = try ofStudy(entry.study.studyUID) else {
            try refuseSeriesOfAnotherStudy(entry)
            return try quarantined(entry.patient, intake, reason)
        }
        let sql = """
            SELECT EXISTS (SELECT 1 FROM quarantine
                WHERE patient = ? AND account = ? AND state = 'waiting')
            """
        let isOfSender = try Bool.fetchOne(
            change.db, sql: sql, arguments: [known["id"] as Int64, intake.account])
        guard isOfSender == true, Self.contradictions(entry.patient, known).isEmpty else {
            throw Refusal(conflict: .studyOfAnotherPatient)
        }
        return known["id"]
    }

    /// The attributes in which files and a patient's row contradict each other; an empty
    /// identifier contradicts every one.
    static func contradictions(_ identity: PatientIdentity, _ row: Row) -> [String] {
        var differing: [String] = []
        if identity.patientID.isEmpty || row["patientID"] != identity.patientID {
            differing.append("patient ID")
        }
        let pairs: [(attribute: String, old: String, new: String)] = [
            ("issuer of the patient ID", row["issuer"], identity.issuer),
            ("name", PersonName.normal(row["name"]), PersonName.normal(identity.name)),
            ("date of birth", row["birthDate"], identity.birthDate),
            ("sex", row["sex"], identity.sex),
        ]
        differing += pairs.filter { !$0.old.isEmpty && !$0.new.isEmpty && $0.old != $0.new }
            .map(\.attribute)
        return differing
    }

    private func ofStudy(_ uid: String) throws -> Row? {
        try Row.fetchOne(
            change.db,
            sql: """
                SELECT patient.* FROM patient JOIN study ON study.patient = patient.id
                WHERE studyUID = ?
                """, arguments: [uid])
    }

    private func isOurs(_ patient: Row, _ intake: Intake) throws -> Bool {
        let sql = """
            SELECT EXISTS (SELECT 1 FROM ownership WHERE patient = ?1 AND organisation = ?2)
                OR EXISTS (SELECT 1 FROM quarantine WHERE patient = ?1 AND organisation = ?2)
            """
        return try Bool.fetchOne(
            change.db, sql: sql, arguments: [patient["id"] as Int64, intake.organisation]) == true
    }

    /// Whether a person has given the study, with exactly these words in its files, to the patient
    /// who has it.
    private func hasMoved(_ studyUID: String, as identity: PatientIdentity) throws -> Bool {
        try Bool.fetchOne(
            change.db,
            sql: """
                SELECT EXISTS (
                    SELECT 1 FROM studyMove
                    JOIN study ON study.id = studyMove.study AND study.patient = toPatient
                    JOIN patient ON patient.id = fromPatient
                    WHERE studyUID = ? AND patientID = ? AND issuer = ? AND name = ?
                        AND birthDate = ? AND sex = ?)
                """,
            arguments: [
                studyUID, identity.patientID, identity.issuer, identity.name, identity.birthDate,
                identity.sex,
            ]) == true
    }

    private func waitingReason(_ patient: Int64) throws -> String? {
        try String.fetchOne(
            change.db,
            sql: "SELECT reason FROM quarantine WHERE patient = ? AND state = 'waiting'",
            arguments: [patient])
    }

    private func candidates(_ identity: PatientIdentity, _ intake: Intake) throws -> [Row] {
        let ours = "\(AccountStore.isOwned) AND"
        if let wanted = intake.patient {
            return try Row.fetchAll(
                change.db, sql: "SELECT * FROM patient WHERE \(ours) id = ?",
                arguments: [intake.organisation, wanted])
        }
        guard !identity.patientID.isEmpty else { return [] }
        return try Row.fetchAll(
            change.db,
            sql: """
                SELECT * FROM patient
                WHERE \(ours) patientID = ? AND (issuer = ? OR issuer = '' OR ? = '')
                """,
            arguments: [
                intake.organisation, identity.patientID, identity.issuer, identity.issuer,
            ])
    }

    /// Returns the row that waits with exactly this identity, or makes one.
    ///
    /// Without an identifier each study waits for itself. What one sender has sent is not mixed with anything else.
    private func quarantined(
        _ identity: PatientIdentity, _ intake: Intake, _ reason: String
    ) throws -> Int64 {
        let words: StatementArguments = [
            identity.patientID, identity.issuer, identity.name, identity.birthDate, identity.sex,
        ]
        let known =
            identity.patientID.isEmpty
            ? nil
            : try Int64.fetchOne(
                change.db,
                sql: """
                    SELECT patient.id FROM patient JOIN quarantine ON patient = patient.id
                    WHERE patientID = ? AND issuer = ? AND name = ? AND birthDate = ? AND sex = ?
                        AND organisation = ? AND expected IS ? AND state = 'waiting'
                        AND (account = ? OR ? AND account NOT IN (SELECT account FROM inbox))
                    """,
                arguments: words + [
                    intake.organisation, intake.patient, intake.account, intake.waits == nil,
                ])
        if let known { return known }
        try change.db.execute(
            sql: """
                INSERT INTO patient (patientID, issuer, name, birthDate, sex, lot)
                VALUES (?, ?, ?, ?, ?, (SELECT max(lot) + 1 FROM (
                    SELECT lot FROM patient UNION SELECT 0)))
                """, arguments: words)
        let id = change.db.lastInsertedRowID
        try change.db.execute(
            sql: """
                INSERT INTO quarantine
                    (patient, account, organisation, expected, reason, since, state)
                VALUES (?, ?, ?, ?, ?, ?, 'waiting')
                """,
            arguments: [
                id, intake.account, intake.organisation, intake.patient, reason, change.time,
            ])
        try change.audit("account-\(intake.account)", "quarantine.begin", "patient-\(id)")
        return id
    }
}
