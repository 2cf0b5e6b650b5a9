import Foundation

/// Work that waits, for processes above all.
///
/// Tasks have as many threads as there are processors: who waits in one keeps every other test waiting.
package enum OwnThread {
    /// Does work on a thread of its own.
    ///
    /// - Throws: What the work throws.
    package static func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }
}
