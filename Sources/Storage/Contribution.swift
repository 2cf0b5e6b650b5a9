import Foundation
import GRDB
package import Pathway

/// What people of another organisation may do in a case by a share with the right to plan: add, and
/// change what their own organisation added.
///
/// The one place where that is decided; everything that keeps or changes computed objects asks
/// here inside its own transaction, whoever asked for it: a page, or a job that was begun before.
struct Contribution: Sendable {
    let organisation: Int64
    /// What they may choose from and see.
    let sight: CaseSight

    /// Returns what an actor is held to in a case.
    ///
    /// - Parameters:
    ///   - actor: As records name it.
    ///   - patient: The case.
    ///   - now: The moment, in seconds since 1970.
    ///   - db: The database.
    /// - Returns: `nil` for people of the case's owner, for the program and for who works at the
    ///   machine, who may do everything.
    /// - Throws: ``ContributionRefusal/over`` without a share that lets the organisation plan.
    static func of(
        _ actor: String, to patient: Int64, at now: Double, in db: Database
    ) throws -> Contribution? {
        guard let person = try account(actor, in: db),
            let owner = try Int64.fetchOne(
                db, sql: "SELECT organisation FROM ownership WHERE patient = ?",
                arguments: [patient]), owner != person.organisation.id
        else { return nil }
        let opened = try ShareStore.access(to: patient, for: person, as: .plan, at: now, in: db)
        guard let opened else { throw ContributionRefusal.over }
        return Contribution(organisation: person.organisation.id, sight: opened.sight)
    }

    private static func account(_ actor: String, in db: Database) throws -> AccountRecord? {
        try AccountRecord.id(ofActor: actor).flatMap { id in
            try AccountStore.accounts("account.id = ?", [id], in: db).first
        }
    }

    /// - Throws: ``ContributionRefusal/others(kind:)`` for what another organisation made.
    func requireOwn(_ record: DerivedRecord, in db: Database) throws {
        guard try isOwn(record, in: db) else {
            throw ContributionRefusal.others(kind: record.draft.kind)
        }
    }

    private func isOwn(_ record: DerivedRecord, in db: Database) throws -> Bool {
        try Self.account(record.createdBy, in: db)?.organisation.id == organisation
    }

    /// - Throws: ``ContributionRefusal/hidden`` for an input that is not seen.
    func requireSeen(_ inputs: [DerivedInput], in db: Database) throws {
        for input in inputs {
            switch input.source {
            case .object: continue
            case .derived(let id):
                guard sight.sees(record: id) else { throw ContributionRefusal.hidden }
            case .series(let uid, _):
                guard let series = try RecordStore.seriesID(uid, in: db),
                    sight.sees(series: series)
                else { throw ContributionRefusal.hidden }
            }
        }
    }

    /// - Throws: ``ContributionRefusal/othersGround(kind:)`` when somebody of another organisation
    ///   made or signed one of these, which are about to be outdated.
    func requireOwnGround(_ ids: [String], in db: Database) throws {
        for id in ids {
            let record = try RecordStore.derived(id: id, in: db)
            guard try isOwn(record, in: db), try isSignedByOwn(id, in: db) else {
                throw ContributionRefusal.othersGround(kind: record.draft.kind)
            }
        }
    }

    /// - Throws: ``ContributionRefusal/othersGround(kind:)`` when people of another organisation
    ///   have signed the plan.
    func requireOwnSignatures(on plan: DerivedRecord, in db: Database) throws {
        guard try isSignedByOwn(plan.id, in: db) else {
            throw ContributionRefusal.othersGround(kind: plan.draft.kind)
        }
    }

    /// Whether nobody else has signed it.
    private func isSignedByOwn(_ plan: String, in db: Database) throws -> Bool {
        try RecordStore.signatures("signature.plan = ?", [plan], in: db).allSatisfy {
            guard $0.ending == nil else { return true }
            let signer = try AccountStore.account("account.id = ?", [$0.account], in: db)
            return signer.organisation.id == organisation
        }
    }
}

extension RecordStore.Change {
    /// What an actor is held to in a case; see ``Contribution``.
    func contribution(of actor: String, to caseID: String) throws -> Contribution? {
        guard let patient = RecordStore.patient(ofCase: caseID) else { return nil }
        return try Contribution.of(
            actor, to: patient, at: moment.timeIntervalSince1970, in: db)
    }

    /// - Throws: ``ContributionRefusal`` when the actor may not keep this.
    func checkContribution(
        _ draft: DerivedDraft, replacing latest: DerivedRecord?, by actor: String
    ) throws {
        guard let contribution = try contribution(of: actor, to: draft.caseID) else { return }
        if let latest { try contribution.requireOwn(latest, in: db) }
        try contribution.requireSeen(draft.inputs, in: db)
    }

    /// - Throws: ``ContributionRefusal`` when the actor may not change this.
    func checkContribution(changing record: DerivedRecord, by actor: String) throws {
        try contribution(of: actor, to: record.draft.caseID)?.requireOwn(record, in: db)
    }

    /// - Throws: ``ContributionRefusal`` when the actor may not outdate all of these.
    func checkContribution(outdating ids: [String], by actor: String) throws {
        guard let first = ids.first else { return }
        let caseID = try RecordStore.derived(id: first, in: db).draft.caseID
        try contribution(of: actor, to: caseID)?.requireOwnGround(ids, in: db)
    }
}

extension ShareStore {
    /// Returns what an actor sees of a case in whose name something is made there: everything for
    /// its owner's people, for the program and for who works at the machine.
    ///
    /// - Parameters:
    ///   - actor: As records name it.
    ///   - caseID: `patient-7`.
    /// - Returns: What is seen; from it alone they choose.
    /// - Throws: ``ContributionRefusal/over`` without a share that lets the organisation plan.
    package func sightOfMaker(_ actor: String, ofCase caseID: String) async throws -> CaseSight {
        try await contribution(of: actor, to: caseID) { contribution, _ in
            contribution?.sight ?? .whole
        }
    }

    /// Refuses early what would be refused when it is kept: a new version of what another
    /// organisation made.
    ///
    /// - Throws: ``ContributionRefusal``.
    package func checkMaker(_ actor: String, changing record: DerivedRecord) async throws {
        try await contribution(of: actor, to: record.draft.caseID) {
            try $0?.requireOwn(record, in: $1)
        }
    }

    /// Refuses early what would be refused when signatures of a plan are ended.
    ///
    /// - Throws: ``ContributionRefusal``.
    package func checkMaker(_ actor: String, endingSignaturesOn plan: DerivedRecord) async throws {
        try await contribution(of: actor, to: plan.draft.caseID) {
            try $0?.requireOwn(plan, in: $1)
            try $0?.requireOwnSignatures(on: plan, in: $1)
        }
    }

    private func contribution<T: Sendable>(
        of actor: String, to caseID: String,
        _ body: @escaping @Sendable (Contribution?, Database) throws -> T
    ) async throws -> T {
        let now = moment.timeIntervalSince1970
        return try await records.read("share") { db in
            let contribution = try RecordStore.patient(ofCase: caseID).flatMap {
                try Contribution.of(actor, to: $0, at: now, in: db)
            }
            return try body(contribution, db)
        }
    }
}
