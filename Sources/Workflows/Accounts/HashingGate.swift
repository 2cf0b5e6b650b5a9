import Foundation

/// Lets one password be hashed at a time: each takes 128 MB, and anyone may ask for it.
///
/// Few may wait, so that strangers cannot make everybody wait; who leaves is not hashed for.
package actor HashingGate {
    /// How many may wait; at some tenths of a second each, the last of them for about eight seconds.
    package static let mostWaiting = 16

    private var isTaken = false
    private var waiting: [(id: UUID, turn: CheckedContinuation<Void, any Error>)] = []

    /// How many wait now.
    package var waitingCount: Int { waiting.count }

    /// Runs work when its turn has come; what has begun ends, whether or not the caller stays.
    ///
    /// - Parameter work: What hashes.
    /// - Returns: What `work` returns.
    /// - Throws: ``AccountWorkflow/Refusal/busy`` when too many wait; `CancellationError` when the
    ///   caller was cancelled before its turn; what `work` throws.
    package func run<Value: Sendable>(
        _ work: @escaping @Sendable @concurrent () async throws -> Value
    ) async throws -> Value {
        try await takeTurn()
        defer { passTurn() }
        try Task.checkCancellation()
        return try await Task.detached { try await work() }.value
    }

    private func takeTurn() async throws {
        guard isTaken else {
            isTaken = true
            return
        }
        guard waiting.count < Self.mostWaiting else { throw AccountWorkflow.Refusal.busy }
        let id = UUID()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                (turn: CheckedContinuation<Void, any Error>) in
                // Cancelled before: the handler below has run and found nothing.
                if Task.isCancelled {
                    turn.resume(throwing: CancellationError())
                } else {
                    waiting.append((id, turn))
                }
            }
        } onCancel: {
            Task { await leave(id) }
        }
    }

    /// Hands the turn on without letting anybody in between.
    private func passTurn() {
        if waiting.isEmpty {
            isTaken = false
        } else {
            waiting.removeFirst().turn.resume()
        }
    }

    private func leave(_ id: UUID) {
        guard let place = waiting.firstIndex(where: { $0.id == id }) else { return }
        waiting.remove(at: place).turn.resume(throwing: CancellationError())
    }
}
