import Dispatch
import Foundation
import Synchronization

/// Crossings between threads that wait for peers and tasks that must never wait.
enum Waiting {
    /// Runs async work from a thread of our own and waits for it.
    ///
    /// Only for threads that ``thread(_:_:)`` made: one of the tasks' own would be missing while it
    /// waits.
    static func `for`<Result: Sendable>(
        _ work: @escaping @Sendable () async -> Result
    ) -> Result {
        let box = Mutex<Result?>(nil)
        let semaphore = DispatchSemaphore(value: 0)
        let store: @Sendable (Result) -> Void = { value in
            box.withLock { $0 = value }
            semaphore.signal()
        }
        Task { store(await work()) }
        while true {
            semaphore.wait()
            if let value = box.withLock({ $0 }) { return value }
        }
    }

    /// Starts a thread.
    static func thread(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Runs work that waits for a peer on a thread of its own; cancelling the task turns the
    /// switch on.
    static func onThread<Result: Sendable>(
        cancel: CancelSwitch, _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                thread("dicom-peer") {
                    continuation.resume(with: Swift.Result { try work() })
                }
            }
        } onCancel: {
            cancel.turnOn()
        }
    }
}
