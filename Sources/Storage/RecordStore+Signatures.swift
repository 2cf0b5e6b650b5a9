import GRDB
package import Pathway

extension RecordStore {
    /// Keeps a signature, uses up its one-time code, and moves the case.
    ///
    /// Everything is looked at again inside the one transaction that writes, so that what changed
    /// after the page was shown refuses the signature.
    ///
    /// - Throws: ``SigningRefusal``; ``StorageError/notFound(entity:)`` when the case has no such
    ///   plan.
    package func sign(_ request: SigningRequest) async throws -> SignatureRecord {
        try await write("signature") { change in
            let person = try AccountStore.account(
                "account.id = ?", [request.account], in: change.db)
            let plan = try change.checkPlan(
                request.plan, of: request.patient, showing: request.digest)
            try change.checkContribution(changing: plan, by: person.actor)
            let before = try change.countingSignatures(of: request.plan)
            guard !before.contains(where: { $0.account == person.id }) else {
                throw SigningRefusal.samePerson
            }
            let course = try Self.coursePlan(of: request.patient, in: change.db)
            guard request.meaning == .made ? before.isEmpty : course == request.plan else {
                if request.meaning == .made { throw SigningRefusal.given }
                let state = try Self.state(of: request.patient, in: change.db)
                guard CaseMove.move(from: state, by: request.meaning.act) == nil else {
                    throw SigningRefusal.otherPlan
                }
                throw SigningRefusal.notInState(state, request.meaning.act)
            }
            var entitlement: EntitlementRecord?
            if request.meaning == .prescribed {
                entitlement = try AccountStore.currentEntitlement(
                    of: person.id, to: request.procedure, inCaseOf: request.patient,
                    on: AccountStore.day(change.time), in: change.db)
                guard entitlement != nil else { throw SigningRefusal.noEntitlement }
            }
            try change.move(
                request.patient, by: request.meaning.act, as: CaseMover(person),
                plan: request.plan)
            try change.take(
                request.proof, of: person.id, for: request.plan,
                meaning: request.meaning.rawValue, digest: request.digest)
            return try change.insert(request, person, entitlement)
        }
    }

    /// Ends the signatures of a plan before delivery: a signer withdraws, another one returns it.
    ///
    /// - Parameters:
    ///   - plan: The plan.
    ///   - patient: Whose it is.
    ///   - act: `withdrawSignature` or `returnPlan`.
    ///   - account: Who does it.
    ///   - reason: Not empty; shown with every signature that it ends.
    /// - Throws: ``SigningRefusal``; ``StorageError/notFound(entity:)``.
    package func endSignatures(
        of plan: String, patient: Int64, by act: CaseMove.Act, account: Int64, reason: String
    ) async throws {
        try await write("signature") { change in
            let person = try AccountStore.account("account.id = ?", [account], in: change.db)
            let record = try change.checkPlan(plan, of: patient)
            let contribution = try change.contribution(
                of: person.actor, to: record.draft.caseID)
            try contribution?.requireOwn(record, in: change.db)
            try contribution?.requireOwnSignatures(on: record, in: change.db)
            let counting = try change.countingSignatures(of: plan)
            guard !counting.isEmpty else {
                let state = try Self.state(of: patient, in: change.db)
                throw SigningRefusal.notInState(state, act)
            }
            guard try Self.coursePlan(of: patient, in: change.db) == plan else {
                throw SigningRefusal.otherPlan
            }
            let isSigner = counting.contains { $0.account == account }
            if act == .withdrawSignature, !isSigner { throw SigningRefusal.notSigner }
            if act == .returnPlan, isSigner { throw SigningRefusal.signerReturns }
            let mover = CaseMover(person)
            try change.move(patient, by: act, as: mover, plan: plan, reason: reason)
            try change.end(counting, by: act, as: mover, reason: reason)
        }
    }

    /// Returns all signatures on a plan in the order in which they came, also those that count no
    /// more.
    package func signatures(plan: String) async throws -> [SignatureRecord] {
        try await read("signature") { db in
            try Self.signatures("signature.plan = ?", [plan], in: db)
        }
    }

    /// Returns all signatures on plans of a case, the first first.
    package func signatures(caseID: String) async throws -> [SignatureRecord] {
        try await read("signature") { db in
            try Self.signatures(
                "signature.plan IN (SELECT id FROM derived WHERE caseID = ?)", [caseID], in: db)
        }
    }

    /// Returns who has signed the plan that each case's state is about, by case.
    package func signers() async throws -> [String: Set<Int64>] {
        try await read("signature") { db in
            let sql = """
                SELECT derived.caseID, signature.account FROM signature
                JOIN derived ON derived.id = signature.plan
                JOIN (\(Self.coursePlans)) AS course ON course.plan = signature.plan
                WHERE signature.id NOT IN (SELECT signature FROM signatureEnd)
                """
            return try Row.fetchAll(db, sql: sql).reduce(into: [:]) {
                $0[$1["caseID"] as String, default: []].insert($1["account"] as Int64)
            }
        }
    }

    static func signatures(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [SignatureRecord] {
        let sql = """
            SELECT signature.*, signatureEnd.act AS endAct, signatureEnd.actor AS endActor,
                signatureEnd.reason AS endReason, signatureEnd.endedAt
            FROM signature LEFT JOIN signatureEnd ON signatureEnd.signature = signature.id
            WHERE \(clause) ORDER BY signature.id
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let meaning = SignatureMeaning(rawValue: row["meaning"]),
                let role = Role(rawValue: row["role"])
            else { throw StorageError.corrupted(entity: "signature", detail: "meaning or role") }
            let entitlement: Int64? = row["entitlement"]
            return SignatureRecord(
                id: row["id"], plan: row["plan"],
                digest: try ObjectDigest(stored: row["digest"]), meaning: meaning,
                account: row["account"], fullName: row["fullName"], role: role,
                entitlement: try entitlement.flatMap { id in
                    try AccountStore.entitlements("entitlement.id = ?", [id], in: db).first
                }, signedAt: row["signedAt"], ending: try ending(row))
        }
    }

    private static func ending(_ row: Row) throws -> SignatureRecord.Ending? {
        guard let text = row["endAct"] as String? else { return nil }
        guard let act = CaseMove.Act(rawValue: text) else {
            throw StorageError.corrupted(entity: "signatureEnd", detail: "act")
        }
        return SignatureRecord.Ending(
            act: act, actor: row["endActor"], reason: row["endReason"], endedAt: row["endedAt"])
    }
}

extension RecordStore.Change {
    /// - Throws: ``SigningRefusal/changed``, ``SigningRefusal/outdated(reason:)`` unless `digest`
    ///   is `nil`; ``StorageError/notFound(entity:)`` when the case has no such plan in use.
    @discardableResult
    func checkPlan(
        _ id: String, of patient: Int64, showing digest: ObjectDigest? = nil
    ) throws -> DerivedRecord {
        let plan = try RecordStore.derived(id: id, in: db)
        guard plan.draft.kind == "plan", plan.draft.caseID == "patient-\(patient)",
            plan.tombstone == nil
        else { throw StorageError.notFound(entity: "derived") }
        guard let digest else { return plan }
        guard plan.draft.content == digest else { throw SigningRefusal.changed }
        if case .outdated(let reason) = plan.state {
            throw SigningRefusal.outdated(reason: reason)
        }
        return plan
    }

    func countingSignatures(of plan: String) throws -> [SignatureRecord] {
        try RecordStore.signatures("signature.plan = ?", [plan], in: db).filter {
            $0.ending == nil
        }
    }

    func take(totpStep: Int, of account: Int64) throws {
        try db.execute(
            sql: """
                UPDATE account SET totpLastStep = ?1
                WHERE id = ?2 AND (totpLastStep IS NULL OR totpLastStep < ?1)
                """, arguments: [totpStep, account])
        guard db.changesCount == 1 else { throw SigningRefusal.codeTaken }
    }

    func insert(
        _ request: SigningRequest, _ person: AccountRecord, _ entitlement: EntitlementRecord?
    ) throws -> SignatureRecord {
        let isOwners = try contribution(of: person.actor, to: "patient-\(request.patient)") == nil
        let name = isOwners ? person.fullName : person.nameWithOrganisation
        try db.execute(
            sql: """
                INSERT INTO signature
                    (plan, digest, meaning, account, fullName, role, entitlement, signedAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                request.plan, request.digest.hex, request.meaning.rawValue, person.id,
                name, person.role.rawValue, entitlement?.id, time,
            ])
        let id = db.lastInsertedRowID
        guard
            let record = try RecordStore.signatures("signature.id = ?", [id], in: db).first
        else { throw StorageError.notFound(entity: "signature") }
        try audit("account-\(person.id)", "plan.sign", request.plan, record.auditDetail)
        return record
    }

    func end(
        _ signatures: [SignatureRecord], by act: CaseMove.Act, as mover: CaseMover, reason: String
    ) throws {
        for signature in signatures {
            try db.execute(
                sql: """
                    INSERT INTO signatureEnd (signature, act, account, actor, reason, endedAt)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    signature.id, act.rawValue, mover.account?.id, mover.actor, reason, time,
                ])
            try audit(
                mover.actor, "plan.signature-end", signature.plan,
                SignatureRecord.endingDetail(signature.id, act, reason))
        }
    }

    /// Makes the signatures of a plan void that cannot be used any more.
    ///
    /// What was delivered stays signed as it was: the table of states knows no way back.
    ///
    /// - Throws: ``SigningRefusal/signedGround(plan:)`` when the actor decides it, and is a person
    ///   who may not sign plans.
    func voidSignatures(
        of plan: String, reason: String, by actor: String, isDecision: Bool = true
    ) throws {
        let counting = try countingSignatures(of: plan)
        guard !counting.isEmpty,
            let patient = RecordStore.patient(
                ofCase: try RecordStore.derived(id: plan, in: db).draft.caseID)
        else { return }
        let state = try RecordStore.state(of: patient, in: db)
        guard
            CaseMove.move(from: state, by: .outdate) != nil,
            try RecordStore.coursePlan(of: patient, in: db) == plan
        else { return }
        if isDecision, try !mayVoidSignatures(actor) {
            throw SigningRefusal.signedGround(plan: plan)
        }
        let program = CaseMover(program: actor)
        try move(patient, by: .outdate, as: program, plan: plan, reason: reason)
        try end(counting, by: .outdate, as: program, reason: reason)
    }

    /// The program itself may, and whoever works on the machine.
    private func mayVoidSignatures(_ actor: String) throws -> Bool {
        guard let id = AccountRecord.id(ofActor: actor) else { return true }
        let person = try AccountStore.account("account.id = ?", [id], in: db)
        return person.role.rights.contains(.signPlan)
    }
}

extension SignatureRecord {
    /// What the audit says of it: everything that is fixed.
    var auditDetail: [String: String] {
        var detail = [
            "signature": "\(id)", "digest": digest.hex, "meaning": meaning.rawValue,
            "role": role.rawValue,
            "name": ObjectDigest(of: Array(fullName.utf8)).hex, "signedAt": signedAt,
        ]
        if let entitlement { detail["entitlement"] = "\(entitlement.id)" }
        return detail
    }

    /// Reasons are a person's words, which the audit holds by their digest.
    static func endingDetail(
        _ id: Int64, _ act: CaseMove.Act, _ reason: String
    ) -> [String: String] {
        [
            "signature": "\(id)", "act": act.rawValue,
            "reason": ObjectDigest(of: Array(reason.utf8)).hex,
        ]
    }

    /// Actor, subject and detail of the audit entry of its making.
    var auditEntry: [String] {
        get throws { ["account-\(account)", plan, try RecordStore.json(auditDetail)] }
    }

    /// The same of its end; `nil` while it counts.
    var endingAuditEntry: [String]? {
        get throws {
            guard let ending else { return nil }
            let detail = Self.endingDetail(id, ending.act, ending.reason)
            return [ending.actor, plan, try RecordStore.json(detail)]
        }
    }
}
