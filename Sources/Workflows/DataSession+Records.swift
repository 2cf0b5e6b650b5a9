package import Foundation
import Storage

extension DataSession {
    /// Everything about a series or a computed object; see ``Shown``.
    package func show(_ id: String) async throws -> Shown {
        try await Shown(id: id, folder: folder, source: source)
    }

    /// Makes a kept plan again and compares the bytes; see ``PlanRecomputation``.
    package func recompute(
        planID: String, stage: @Sendable @escaping (String) -> Void
    ) async throws -> PlanRecomputation.Answer {
        try await PlanRecomputation(folder: folder, source: source)
            .run(planID: planID, stage: stage).answer
    }

    /// Writes a series or a computed object to a folder; see ``RecordExport``.
    package func export(_ id: String, to out: URL) async throws -> RecordExport.Answer {
        try await RecordExport(folder: folder, source: source).run(id: id, to: out)
    }

    /// Accepts a registration; see ``RegistrationAcceptance``.
    package func acceptRegistration(_ id: String, note: String) async throws -> ComputedShown {
        try await RegistrationAcceptance(folder: folder, actor: actor).accept(id, note: note)
    }

    /// Takes the acceptance of a registration back; see ``RegistrationAcceptance``.
    package func withdrawRegistration(_ id: String, reason: String) async throws -> ComputedShown {
        try await RegistrationAcceptance(folder: folder, actor: actor)
            .withdraw(id, reason: reason)
    }
}
