import Foundation
import GRDB
import Pathway
import Storage
import Testing

/// Every act is tried in every state through the record itself, and the table must be what decides.
@Suite("States of a case")
struct CaseTableTests {
    struct Attempt: Sendable, CustomTestStringConvertible {
        let state: CaseState
        let act: CaseMove.Act
        var testDescription: String { "\(act.rawValue) while \(state.rawValue)" }

        static let all = CaseState.allCases.flatMap { state in
            CaseMove.Act.allCases.map { Attempt(state: state, act: $0) }
        }
    }

    @Test("An act leads where the table says, and nowhere else", arguments: Attempt.all)
    func table(attempt: Attempt) async throws {
        let way = try await CaseWay()
        try await way.advance(to: attempt.state)
        let before = try await way.folder.records.moves(of: CaseWay.patient)
        try? await way.perform(attempt.act)
        let expected = CaseMove.move(from: attempt.state, by: attempt.act)
        #expect(try await way.state() == expected?.to ?? attempt.state)
        let moves = try await way.folder.records.moves(of: CaseWay.patient)
        #expect(moves.count == before.count + (expected == nil ? 0 : 1))
        guard expected != nil else { return }
        #expect(moves.last?.act == attempt.act && moves.last?.from == attempt.state)
        let audit = try await way.folder.audit.entries(last: 20)
        #expect(audit.contains { $0.action == "case.move" })
        #expect(try await way.folder.check(rereadingObjects: false).isEmpty)
    }

    @Test("Signatures count exactly while the case is beyond ready", arguments: CaseState.allCases)
    func counting(state: CaseState) async throws {
        let way = try await CaseWay()
        try await way.advance(to: state)
        let count = try await way.folder.records.signatures(plan: way.plan.id).count {
            $0.ending == nil
        }
        let expected: [CaseState: Int] = [.planned: 1, .checked: 2]
        let isLater = [CaseState.prescribed, .delivered, .verified].contains(state)
        #expect(count == (isLater ? 3 : expected[state] ?? 0))
    }

    @Test("The next course has a plan of its own, and the one before stays as it was given")
    func nextCourse() async throws {
        let way = try await CaseWay()
        try await way.advance(to: .delivered)
        try await way.perform(.nextCourse)
        await #expect(throws: SigningRefusal.given) { try await way.perform(.signPlan) }
        let second = try await way.anotherPlan()
        try await way.sign(.made, on: second)
        for act in [CaseMove.Act.signCheck, .withdrawSignature, .returnPlan] {
            await #expect(throws: SigningRefusal.otherPlan) { try await way.perform(act) }
        }
        let signers = try await way.folder.records.signers()
        #expect(signers["patient-1"]?.count == 1)
        // The first plan becomes outdated, its sheet is corrected, its doses are held against it.
        for act in [CaseMove.Act.outdate, .recordTreatment, .verify] {
            try await way.perform(act)
            #expect(try await way.state() == .planned)
        }
        try await way.sign(.checked, on: second)
        try await way.sign(.prescribed, on: second)
        #expect(try await way.state() == .prescribed)
        let first = try await way.folder.records.signatures(plan: way.plan.id)
        #expect(first.count { $0.ending == nil } == 3)
        #expect(try await way.folder.check(rereadingObjects: false).isEmpty)
    }

    @Test("What was computed on something nobody accepted verifies nothing until it is made again")
    func notVerifying() async throws {
        let way = try await CaseWay()
        try await way.advance(to: .delivered)
        let content = try await way.folder.objects.put(Array("unchecked".utf8))
        let draft = DerivedDraft(
            caseID: "patient-1", kind: "verification", name: "v", content: content,
            mediaType: "application/json", inputs: [DerivedInput("plan", .derived(way.plan.id))],
            softwareVersion: "0.1")
        let kept = try await way.folder.records.save(draft, by: "test", verifyingOn: nil)
        #expect(try await way.state() == .delivered && kept.state == .current)

        // A word that was taken back after the result had been read on it is no word.
        let records = way.folder.records
        let registration = try await records.save(
            DerivedDraft(
                caseID: "patient-1", kind: "registration", name: "of the PET", content: content,
                mediaType: "application/json", inputs: [], softwareVersion: "0.1"), by: "test")
        try await records.accept(registration.id, note: "seen", by: "test")
        try await records.withdrawAcceptance(of: registration.id, reason: "no", by: "test")
        let late = try await records.save(
            DerivedDraft(
                caseID: "patient-1", kind: "verification", name: "late", content: content,
                mediaType: "application/json",
                inputs: draft.inputs + [DerivedInput("registration", .derived(registration.id))],
                softwareVersion: "0.1"), by: "test", verifyingOn: ["registration"])
        #expect(late.state != .current)
        #expect(try await way.state() == .delivered)
        // Nor is an image that another has taken the place of; the plan may be outdated.
        func image(_ text: String) async throws -> DerivedRecord {
            try await records.save(
                DerivedDraft(
                    caseID: "patient-1", kind: "image", name: "PET",
                    content: try await way.folder.objects.put(Array(text.utf8)),
                    mediaType: "application/json", inputs: [], softwareVersion: "0.1"), by: "test")
        }
        let first = try await image("first")
        _ = try await image("second")
        for (roles, state) in [(Set(["image"]), CaseState.delivered), ([], .verified)] {
            _ = try await records.save(
                DerivedDraft(
                    caseID: "patient-1", kind: "verification", name: "on \(roles)",
                    content: content, mediaType: "application/json",
                    inputs: draft.inputs + [DerivedInput("image", .derived(first.id))],
                    softwareVersion: "0.1"), by: "test", verifyingOn: roles)
            #expect(try await way.state() == state)
        }
    }

    @Test("A result that is made again on what somebody accepted verifies")
    func verifying() async throws {
        let way = try await CaseWay()
        try await way.advance(to: .delivered)
        try await way.perform(.verify)
        #expect(try await way.state() == .verified)
    }

    @Test("What a signed plan rests on is changed only by who may sign plans")
    func signedGround() async throws {
        let way = try await CaseWay()
        let records = way.folder.records
        let people = try await way.folder.accounts.accounts()
        let physicist = try #require(people.first { $0.role == .physicist })
        let coordinator = try await way.folder.accounts.create(
            login: "coordinator", fullName: "Coordinator", organisation: physicist.organisation.id,
            role: .coordinator, by: "test")
        let ground = try #require(
            try await records.derived(caseID: "patient-1", kind: "registration").first
        ).id
        try await records.accept(ground, note: "a test", by: coordinator.actor)
        try await way.advance(to: .prescribed)

        let refusal = SigningRefusal.signedGround(plan: way.plan.id)
        await #expect(throws: refusal) {
            try await records.withdrawAcceptance(
                of: ground, reason: "a test", by: coordinator.actor)
        }
        let next = try await way.folder.objects.put(Array("r3".utf8))
        await #expect(throws: refusal) {
            try await records.save(
                DerivedDraft(
                    caseID: "patient-1", kind: "registration", name: "main", content: next,
                    mediaType: "application/json", inputs: [], softwareVersion: "0.1"),
                by: coordinator.actor)
        }
        #expect(try await way.state() == .prescribed)
        #expect(try await records.derived(id: ground).acceptance != nil)
        #expect(try await records.derived(id: way.plan.id).state == .current)

        try await records.withdrawAcceptance(of: ground, reason: "a test", by: physicist.actor)
        #expect(try await way.state() == .ready)
        let reason = "the acceptance of \(ground) was withdrawn"
        #expect(try await records.derived(id: way.plan.id).state == .outdated(reason: reason))
        let signatures = try await records.signatures(plan: way.plan.id)
        #expect(signatures.count == 3)
        #expect(
            signatures.allSatisfy {
                $0.ending?.reason == reason && $0.ending?.actor == physicist.actor
            })
        #expect(try await way.folder.check(rereadingObjects: false).isEmpty)
    }

    @Test("What a plan without signatures rests on is changed by whoever prepares the case")
    func unsignedGround() async throws {
        let way = try await CaseWay()
        let people = try await way.folder.accounts.accounts()
        let coordinator = try await way.folder.accounts.create(
            login: "coordinator", fullName: "Coordinator",
            organisation: try #require(people.first).organisation.id, role: .coordinator,
            by: "test")
        let records = way.folder.records
        let ground = try #require(
            try await records.derived(caseID: "patient-1", kind: "registration").first
        ).id
        try await records.accept(ground, note: "a test", by: coordinator.actor)
        try await way.advance(to: .planned)
        try await way.perform(.withdrawSignature)
        try await records.withdrawAcceptance(of: ground, reason: "a test", by: coordinator.actor)
        #expect(try await records.derived(id: way.plan.id).state != .current)
        #expect(try await way.state() == .ready)
    }

    @Test(
        "What was kept about a case cannot be changed or removed",
        arguments: ["caseMove", "signature", "signatureEnd", "entitlement", "entitlementEnd"])
    func appendOnly(table: String) async throws {
        let way = try await CaseWay()
        try await way.advance(to: .prescribed)
        try await way.perform(.withdrawSignature)
        let held = try #require(try await way.folder.accounts.entitlements().first)
        try await way.folder.accounts.end(entitlement: held.id, reason: "a test", by: "test")
        let database = try way.database()
        let count = "SELECT count(*) FROM \(table)"
        #expect(try await database.read { try Int.fetchOne($0, sql: count) ?? 0 } > 0)
        for sql in ["DELETE FROM \(table)", "UPDATE \(table) SET rowid = rowid + 100"] {
            await #expect(throws: DatabaseError.self) {
                try await database.write { try $0.execute(sql: sql) }
            }
        }
    }

    @Test(
        "A signature that was written, changed or revived past the program is found",
        arguments: [
            ("signatureNoUPDATE", "UPDATE signature SET fullName = 'Somebody else'"),
            ("signatureNoUPDATE", "UPDATE signature SET account = 1 WHERE meaning = 'checked'"),
            ("signatureEndNoDELETE", "DELETE FROM signatureEnd"),
        ])
    func forged(trigger: String, sql: String) async throws {
        let way = try await CaseWay()
        try await way.advance(to: .prescribed)
        try await way.perform(.withdrawSignature)
        #expect(try await way.folder.check(rereadingObjects: false).isEmpty)
        try await way.database().write { db in
            try db.execute(sql: "DROP TRIGGER \(trigger)")
            try db.execute(sql: sql)
        }
        let damage = try await way.folder.check(rereadingObjects: false)
        #expect(damage.map(\.subject) == ["signature", "database"])
    }

    @Test("Cases of a folder from before there were states wait for their identity")
    func earlierFolder() async throws {
        let scratch = try ScratchFolder("case-earlier")
        let folder = try scratch.open()
        _ = try await folder.importSeries(["a"])
        try await folder.raw(scratch.data) { db in
            for table in [
                "signatureEnd", "signature", "entitlementEnd", "entitlement", "caseMove",
            ] { try db.execute(sql: "DROP TABLE \(table)") }
            try db.execute(
                sql: "DELETE FROM grdb_migrations WHERE identifier = '2026-11 signatures'")
        }
        try folder.close()
        let reopened = try scratch.open()
        #expect(try await reopened.records.state(of: 1) == .quarantined)
        #expect(try await reopened.records.moves(of: 1).map(\.act) == [.receiveImages])
    }
}

extension DataFolder {
    /// Reaches the database past the program.
    fileprivate func raw(
        _ data: URL, _ body: @escaping @Sendable (Database) throws -> Void
    ) async throws {
        try await DatabaseQueue(path: data.appending(path: "grevy.sqlite").path).write(body)
    }
}
