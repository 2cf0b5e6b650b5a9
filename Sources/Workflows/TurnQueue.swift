/// Lets a few pieces of heavy work run at once, so that everything else goes on.
///
/// Who has waited longest since their last turn comes first: one account with many pieces delays
/// the others by one.
package actor TurnQueue {
    /// Too much of one account waits already; nothing was begun.
    package struct Full: Error {
        /// How many pieces wait.
        package let waiting: Int
    }

    private struct Waiter {
        let number: Int
        let account: Int64
        let turn: CheckedContinuation<Void, any Error>
    }

    private var running = 0
    private var waiting: [Waiter] = []
    private var lastTurn: [Int64: Int] = [:]
    private var turns = 0
    private var numbers = 0
    private let atOnce: Int
    private let mostWaiting: Int

    /// How many pieces wait now, of all accounts.
    package var waitingCount: Int { waiting.count }

    /// - Parameters:
    ///   - atOnce: How many pieces run at once; each takes a thread.
    ///   - mostWaiting: How many of one account may wait.
    package init(atOnce: Int, mostWaiting: Int) {
        (self.atOnce, self.mostWaiting) = (atOnce, mostWaiting)
    }

    /// Does a piece of work when its turn comes; a cancelled one leaves the queue.
    ///
    /// - Returns: What it gives.
    /// - Throws: ``Full``, `CancellationError`; what the work throws.
    @concurrent
    package nonisolated func run<Value: Sendable>(
        for account: Int64, _ work: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await enter(account)
        do {
            let value = try await work()
            await leave()
            return value
        } catch {
            await leave()
            throw error
        }
    }

    private func enter(_ account: Int64) async throws {
        if running < atOnce {
            start(account)
            return
        }
        guard waiting.count(where: { $0.account == account }) < mostWaiting else {
            throw Full(waiting: mostWaiting)
        }
        numbers += 1
        let number = numbers
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                (turn: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    turn.resume(throwing: CancellationError())
                } else {
                    waiting.append(Waiter(number: number, account: account, turn: turn))
                }
            }
        } onCancel: {
            Task { await drop(number) }
        }
    }

    private func start(_ account: Int64) {
        running += 1
        turns += 1
        lastTurn[account] = turns
    }

    private func leave() {
        running -= 1
        let next = waiting.indices.min {
            (lastTurn[waiting[$0].account, default: 0], $0)
                < (lastTurn[waiting[$1].account, default: 0], $1)
        }
        guard let next else { return }
        let waiter = waiting.remove(at: next)
        start(waiter.account)
        waiter.turn.resume()
    }

    private func drop(_ number: Int) {
        guard let place = waiting.firstIndex(where: { $0.number == number }) else { return }
        waiting.remove(at: place).turn.resume(throwing: CancellationError())
    }
}
