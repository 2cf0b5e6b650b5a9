/// Lets one password be hashed at a time: each takes 128 MB, and anyone may ask for it.
///
/// Few may wait, so that strangers cannot make everybody wait; who leaves is not hashed for.
package struct HashingGate: Sendable {
    /// How many may wait; at some tenths of a second each, the last of them for about eight seconds.
    package static let mostWaiting = 16

    private let turns = TurnQueue(atOnce: 1, mostWaiting: mostWaiting)

    /// How many wait now.
    package var waitingCount: Int { get async { await turns.waitingCount } }

    /// Runs work when its turn has come; what has begun ends, whether or not the caller stays.
    ///
    /// - Parameter work: What hashes.
    /// - Returns: What `work` returns.
    /// - Throws: ``AccountWorkflow/Refusal/busy`` when too many wait; `CancellationError` when the
    ///   caller was cancelled before its turn; what `work` throws.
    package func run<Value: Sendable>(
        _ work: @escaping @Sendable @concurrent () async throws -> Value
    ) async throws -> Value {
        do {
            // Nobody has an account here yet: all stand in one line.
            return try await turns.run(for: 0) {
                try Task.checkCancellation()
                return try await Task.detached { try await work() }.value
            }
        } catch is TurnQueue.Full {
            throw AccountWorkflow.Refusal.busy
        }
    }
}
