package import Foundation

extension DataSession {
    /// Holds a post-treatment image against a kept plan; see ``DeliveredWorkflow``.
    package func delivered(
        yaml: String, stage: @Sendable @escaping (String) -> Void
    ) async throws -> DeliveredWorkflow.Kept {
        try await DeliveredWorkflow(folder: folder, source: source, actor: actor)
            .run(yaml: yaml, stage: stage)
    }

    /// Writes delivered doses out; see ``DeliveredOutputs``.
    package func write(
        _ kept: DeliveredWorkflow.Kept, to out: URL, pdf: Bool
    ) async throws -> PlanOutputs.Written {
        try await DeliveredOutputs(folder: folder, actor: actor).write(kept, to: out, pdf: pdf)
    }
}
