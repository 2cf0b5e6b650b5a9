import Pathway
import Storage

/// What one person can do next with each case: rights, earlier signatures and entitlement.
struct Desk: Sendable {
    private let account: AccountRecord
    private let states: [Int64: CaseState]
    private let signers: [String: Set<Int64>]
    private let isEntitled: Bool

    init(of account: AccountRecord, folder: DataFolder) async throws {
        self.account = account
        states = try await folder.records.states()
        signers = try await folder.records.signers()
        isEntitled =
            try await folder.accounts.currentEntitlement(
                of: account.id, to: SigningWorkflow.procedure) != nil
    }

    func state(of patient: Int64) -> CaseState { states[patient] ?? .referred }

    /// What the person can do to bring a case one step further, or `nil`.
    func task(of patient: Int64, hasCurrentPlan: Bool) -> String? {
        let state = state(of: patient)
        guard let act = state.nextAct, let right = CaseMove.move(from: state, by: act)?.right
        else { return nil }
        if act == .signPlan, !hasCurrentPlan {
            return account.role.rights.contains(.plan) ? "make a plan" : nil
        }
        guard account.role.rights.contains(right) else { return nil }
        let hasSigned = signers["patient-\(patient)", default: []].contains(account.id)
        switch act {
        case .receiveImages: return "bring images in"
        case .confirmIdentity: return "confirm whose images these are"
        case .signPlan: return "sign the plan"
        case .signCheck: return hasSigned ? nil : "check the plan"
        case .prescribe: return hasSigned || !isEntitled ? nil : "prescribe"
        case .recordTreatment: return "fill in the treatment sheet"
        case .verify: return "compare what was delivered"
        default: return nil
        }
    }
}
