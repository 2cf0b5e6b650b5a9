import Pathway
import Testing

@Suite("Rights and states")
struct RightTests {
    @Test("An administrator has no clinical access and cannot sign")
    func administrator() {
        let clinical: Set<Right> = [
            .readCase, .prepareCase, .matchIdentity, .plan, .signPlan, .prescribe,
            .recordTreatment, .comment, .share, .export,
        ]
        #expect(Role.administrator.rights.isDisjoint(with: clinical))
    }

    @Test("A machine client reads, sends images and asks for plans, and is nobody's role")
    func machine() {
        #expect(Role.machine.rights == [.readCase, .prepareCase, .plan])
        #expect(!Role.people.contains(.machine) && Role.people.count == Role.allCases.count - 1)
    }

    @Test("An auditor changes nothing")
    func auditor() {
        #expect(Role.auditor.rights == [.readAudit])
    }

    @Test("Who can sign or manage accounts needs a second factor", arguments: Role.allCases)
    func secondFactor(role: Role) {
        let strong: Set<Right> = [.signPlan, .prescribe, .manageAccounts]
        #expect(role.needsSecondFactor == !role.rights.isDisjoint(with: strong))
    }

    @Test("Who shares may read; nurses, auditors and administrators do not share")
    func sharing() {
        let sharing = Role.allCases.filter { $0.rights.contains(.share) }
        #expect(sharing.allSatisfy { $0.rights.contains(.readCase) })
        let others: Set<Role> = [.nurseSpecialist, .auditor, .administrator, .machine]
        #expect(others.isDisjoint(with: sharing) && sharing.count == 6)
    }

    @Test("Every right belongs to some role", arguments: Right.allCases)
    func used(right: Right) {
        #expect(Role.allCases.contains { $0.rights.contains(right) })
    }

    @Test("From one state an act leads to one state")
    func deterministic() {
        var seen: Set<String> = []
        for move in CaseMove.table {
            #expect(seen.insert("\(move.from) \(move.act)").inserted)
        }
    }

    @Test("Treatment is recorded only of what three have signed")
    func order() {
        var state = CaseState.referred
        for act in [
            CaseMove.Act.receiveImages, .confirmIdentity, .signPlan, .signCheck, .prescribe,
        ] {
            #expect(CaseMove.move(from: state, by: .recordTreatment) == nil)
            guard let move = CaseMove.move(from: state, by: act) else {
                Issue.record("\(act) is not allowed in \(state)")
                return
            }
            state = move.to
        }
        #expect(CaseMove.move(from: state, by: .recordTreatment)?.to == .delivered)
    }

    @Test("What was delivered cannot be unsigned", arguments: [CaseState.delivered, .verified])
    func delivered(state: CaseState) {
        for act in [CaseMove.Act.withdrawSignature, .returnPlan, .outdate, .signPlan] {
            #expect(CaseMove.move(from: state, by: act) == nil)
        }
    }
}
