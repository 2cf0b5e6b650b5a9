import Pathway
package import Storage

/// What one person can do next with each case: rights, earlier signatures and entitlement.
package struct Desk: Sendable {
    private let account: AccountRecord
    /// Whose signatures count, by case.
    private let signers: [String: Set<Int64>]
    /// For the cases of the own organisation; nobody signs in another's.
    private let isEntitled: Bool

    package init(of account: AccountRecord, folder: DataFolder) async throws {
        self.account = account
        signers = try await folder.records.signers()
        isEntitled =
            try await folder.accounts.currentEntitlement(
                of: account.id, to: SigningWorkflow.procedure, at: account.organisation.name) != nil
    }

    /// Returns how many of the organisation's cases wait for the person.
    package static func waiting(
        for account: AccountRecord, folder: DataFolder
    ) async throws -> Int {
        let desk = try await Desk(of: account, folder: folder)
        return try await folder.accounts.cases(for: account).count { desk.task(of: $0) != nil }
    }

    /// What the person can do to bring a case one step further, or `nil`.
    func task(of summary: CaseSummary) -> String? {
        guard let act = summary.state.nextAct,
            let right = CaseMove.move(from: summary.state, by: act)?.right
        else { return nil }
        if act == .signPlan, !summary.hasCurrentPlan {
            return account.role.rights.contains(.plan) ? "make a plan" : nil
        }
        guard account.role.rights.contains(right) else { return nil }
        let hasSigned = signers["patient-\(summary.patient.id)", default: []].contains(account.id)
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
