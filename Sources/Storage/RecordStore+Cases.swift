import GRDB
package import Pathway

/// Who moves a case: a person with an account, or the program because something changed.
struct CaseMover {
    /// `nil` for the program and for the command line, which ask for no right.
    let account: AccountRecord?
    let actor: String

    init(_ account: AccountRecord) {
        self.account = account
        actor = account.actor
    }

    init(program actor: String) {
        account = nil
        self.actor = actor
    }
}

extension RecordStore {
    /// Returns how far a case is.
    package func state(of patient: Int64) async throws -> CaseState {
        try await read("caseMove") { try Self.state(of: patient, in: $0) }
    }

    /// Returns how far each case is; cases that never moved are not among them.
    package func states() async throws -> [Int64: CaseState] {
        try await read("caseMove") { db in
            let sql = """
                SELECT patient, toState FROM caseMove
                WHERE id IN (SELECT max(id) FROM caseMove GROUP BY patient)
                """
            return try Row.fetchAll(db, sql: sql).reduce(into: [:]) {
                $0[$1["patient"] as Int64] = try CaseState(stored: $1["toState"])
            }
        }
    }

    /// Returns every move of a case, the first first.
    package func moves(of patient: Int64) async throws -> [CaseMoveRecord] {
        try await read("caseMove") { db in
            let sql = "SELECT * FROM caseMove WHERE patient = ? ORDER BY id"
            return try Row.fetchAll(db, sql: sql, arguments: [patient]).map { row in
                guard let act = CaseMove.Act(rawValue: row["act"]) else {
                    throw StorageError.corrupted(entity: "caseMove", detail: "act")
                }
                return CaseMoveRecord(
                    from: try CaseState(stored: row["fromState"]), act: act,
                    to: try CaseState(stored: row["toState"]), account: row["account"],
                    actor: row["actor"], plan: row["plan"], reason: row["reason"],
                    movedAt: row["movedAt"])
            }
        }
    }

    /// Says that somebody has looked whose the images of a case are.
    ///
    /// - Throws: ``SigningRefusal`` when the state or the person's role does not allow it.
    package func confirmIdentity(of patient: Int64, by account: Int64) async throws {
        try await write("caseMove") { change in
            let person = try AccountStore.account("account.id = ?", [account], in: change.db)
            try change.move(patient, by: .confirmIdentity, as: CaseMover(person))
        }
    }

    /// Opens the way to another plan after one was delivered, such as the second session of a
    /// treatment in two; what was signed and given stays as it is.
    ///
    /// - Throws: ``SigningRefusal`` when the state or the person's role does not allow it.
    package func beginNextCourse(
        of patient: Int64, by account: Int64, reason: String
    ) async throws {
        try await write("caseMove") { change in
            let person = try AccountStore.account("account.id = ?", [account], in: change.db)
            try change.move(patient, by: .nextCourse, as: CaseMover(person), reason: reason)
        }
    }

    /// Returns the plan that the case's state is about; `nil` while it is ready or earlier.
    package func coursePlan(of patient: Int64) async throws -> String? {
        try await read("caseMove") { try Self.coursePlan(of: patient, in: $0) }
    }

    static func state(of patient: Int64, in db: Database) throws -> CaseState {
        let sql = "SELECT toState FROM caseMove WHERE patient = ? ORDER BY id DESC LIMIT 1"
        guard let text = try String.fetchOne(db, sql: sql, arguments: [patient]) else {
            return .referred
        }
        return try CaseState(stored: text)
    }

    static func coursePlan(of patient: Int64, in db: Database) throws -> String? {
        let sql = "SELECT plan FROM (\(coursePlans)) WHERE patient = ?"
        return try String.fetchOne(db, sql: sql, arguments: [patient])
    }

    /// The plan signed since each case was ready last; a case has one at most.
    static let coursePlans = """
        SELECT patient, plan FROM caseMove AS signing
        WHERE act = 'sign-plan' AND id > coalesce(
            (SELECT max(id) FROM caseMove
             WHERE patient = signing.patient AND toState = 'ready'), 0)
        """

    /// The patient of a case's name, `patient-7`; `nil` for a name of another form.
    static func patient(ofCase caseID: String) -> Int64? {
        caseID.hasPrefix("patient-") ? Int64(caseID.dropFirst("patient-".count)) : nil
    }
}

extension RecordStore.Change {
    /// Moves a case as the table of states says, and keeps who did it.
    ///
    /// - Throws: ``SigningRefusal/notInState(_:_:)``, ``SigningRefusal/right``.
    func move(
        _ patient: Int64, by act: CaseMove.Act, as mover: CaseMover, plan: String? = nil,
        reason: String = ""
    ) throws {
        let state = try RecordStore.state(of: patient, in: db)
        guard let move = CaseMove.move(from: state, by: act) else {
            throw SigningRefusal.notInState(state, act)
        }
        if let account = mover.account {
            guard let right = move.right, account.role.rights.contains(right),
                !account.isDisabled
            else { throw SigningRefusal.right }
            let isOwners = try contribution(of: account.actor, to: "patient-\(patient)") == nil
            guard isOwners || CaseMove.Act.byShare.contains(act) else {
                throw SigningRefusal.right
            }
        }
        try db.execute(
            sql: """
                INSERT INTO caseMove
                    (patient, fromState, act, toState, account, actor, plan, reason, movedAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                patient, move.from.rawValue, act.rawValue, move.to.rawValue, mover.account?.id,
                mover.actor, plan, reason, time,
            ])
        var detail = ["act": act.rawValue, "to": move.to.rawValue]
        if let plan { detail["plan"] = plan }
        try audit(mover.actor, "case.move", "patient-\(patient)", detail)
    }

    /// Moves a case where the table allows it; where it does not, nothing happens.
    func moveIfAllowed(
        _ patient: Int64, by act: CaseMove.Act, as actor: String, plan: String? = nil,
        reason: String = ""
    ) throws {
        let state = try RecordStore.state(of: patient, in: db)
        guard CaseMove.move(from: state, by: act) != nil else { return }
        try move(patient, by: act, as: CaseMover(program: actor), plan: plan, reason: reason)
    }

    /// Takes note that patients have images: a case that had none waits for its identity.
    func receiveImages(of entries: [InstanceEntry], by actor: String) throws {
        for studyUID in Set(entries.map(\.study.studyUID)).sorted() {
            let sql = "SELECT patient FROM study WHERE studyUID = ?"
            if let patient = try Int64.fetchOne(db, sql: sql, arguments: [studyUID]) {
                try moveIfAllowed(patient, by: .receiveImages, as: actor)
            }
        }
    }
}

extension CaseState {
    /// Reads a state from its column.
    init(stored text: String) throws {
        guard let state = CaseState(rawValue: text) else {
            throw StorageError.corrupted(entity: "caseMove", detail: "state")
        }
        self = state
    }
}
