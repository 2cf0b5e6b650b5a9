import Hummingbird
import Pathway
import Storage
import Workflows

/// How a case is opened for somebody, and stays open.
extension Gate {
    /// Finds `{case}` for somebody and notes that they open it.
    func open(
        _ context: GrevyContext, _ route: Route, as right: ShareRight?, for account: AccountRecord
    ) async throws -> OpenedCase {
        guard let id = context.parameters.get("case").flatMap(Int64.init),
            let opened = try await folder.shares.access(to: id, for: account, as: right)
        else { throw Refusal.notFound }
        try await folder.accounts.noteAccess(
            by: account, to: try await Self.object(opened, context, folder),
            action: "\(route.method) \(route.path)")
        return opened
    }

    /// The route's own answer, but for a change that names something of another patient.
    ///
    /// If the caller sees that patient too, pages were mixed up, and the caller is told so.
    func answered(_ call: Call, by route: Route) async throws -> Response {
        do {
            return try await route.answer(call)
        } catch {
            guard Refusal(error) == .notFound, route.method != .get, let opened = call.opened,
                try await isCrossed(call, with: opened)
            else { throw error }
            throw Refusal.conflict(
                "This belongs to another patient than the case that it was sent to. Nothing was "
                    + "changed; load the page again.")
        }
    }

    private func isCrossed(_ call: Call, with opened: OpenedCase) async throws -> Bool {
        let named = call.context.parameters.map { String($0.value) } + call.form.values
        for patient in try await folder.records.patients(ofRecords: named)
        where patient != opened.patient.id {
            if try await folder.shares.access(to: patient, for: call.account, as: nil) != nil {
                return true
            }
        }
        return false
    }

    /// What the audit trail says was opened: the case, or of a share the very item.
    private static func object(
        _ opened: OpenedCase, _ context: GrevyContext, _ folder: DataFolder
    ) async throws -> String {
        let base: String
        switch opened.sight.ground {
        case .ownership: return "patient-\(opened.patient.id)"
        case .shares(let ids): base = ids.first.map { "share-\($0)" } ?? "share"
        case .emergency(let id): base = "emergency-\(id)"
        }
        let reader = CaseReader(
            folder: folder, patient: opened.patient.id, sight: opened.sight)
        // Only what exists and is seen is named: a path may hold anything.
        let named = context.parameters.map { String($0.value) }
        if let record = try await reader.derived().first(where: { named.contains($0.id) }) {
            return "\(base) \(record.id)"
        }
        if let series = try await reader.series().first(where: { named.contains($0.shortID) }) {
            return "\(base) series-\(series.id)"
        }
        return base
    }

    /// Whether the one whose call went through would still get through, and would still see all of
    /// what they saw then of a case.
    ///
    /// A session that was locked meanwhile is not over: what it began goes on.
    func isStillOpen(_ call: Call, _ route: Route) async throws -> Bool {
        guard let right = route.requirement.right else { return true }
        var caller: AccountRecord?
        if call.machine != nil {
            caller = try? await machine(call.request, route)
        } else if let token = call.token {
            caller = try await accounts.session(token: token, isUse: false)?.account
            if caller == nil { caller = try await accounts.lockedSession(token: token)?.account }
        }
        guard let caller, caller.role.rights.contains(right) else { return false }
        guard case .ofCase(_, let shared) = route.requirement, let opened = call.opened else {
            return true
        }
        let now = try await folder.shares.access(to: opened.patient.id, for: caller, as: shared)
        return now?.sight.covers(opened.sight) ?? false
    }
}
