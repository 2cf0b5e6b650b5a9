import Dispatch
import Synchronization

/// What one batch left behind.
struct BatchResult: Sendable {
    let tally: RawTable<Double>
    let emittedKeV: Double
    let escapedKeV: Double
}

/// What batches are added to, in the order of their numbers.
protocol BatchSum: Sendable {
    mutating func merge(_ batch: BatchResult)
}

/// Computes batches on several workers and adds them in the order of their numbers.
final class BatchOrder<Sum: BatchSum>: Sendable {
    private struct State {
        var next: Int
        var waiting: [Int: BatchResult] = [:]
        var sum: Sum
        var isCancelled = false
    }

    private let state: Mutex<State>
    private let started: Atomic<Int>
    private let end: Int

    /// - Parameters:
    ///   - numbers: The batches to compute.
    ///   - sum: What earlier batches left.
    private init(_ numbers: Range<Int>, sum: Sum) {
        state = Mutex(State(next: numbers.lowerBound, sum: sum))
        started = Atomic(numbers.lowerBound)
        end = numbers.upperBound
    }

    /// Computes the batches `numbers` on `threads` workers.
    ///
    /// - Parameters:
    ///   - numbers: The batches to compute.
    ///   - sum: What they are added to.
    ///   - threads: How many run side by side.
    ///   - compute: Makes one batch; returns `nil` when cancelled.
    ///   - didMerge: Called after each addition with the number of the next batch, one at a time.
    /// - Throws: ``TransportError/cancelled``; `sum` is then as it was.
    static func add(
        _ numbers: Range<Int>, to sum: inout Sum, threads: Int,
        compute: @Sendable @escaping (Int) -> BatchResult?,
        didMerge: @Sendable (Sum, Int) -> Void = { _, _ in }
    ) throws {
        let order = BatchOrder(numbers, sum: sum)
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, numbers.count))) { _ in
            order.work(compute, didMerge)
        }
        sum = try order.state.withLock { state in
            if state.isCancelled { throw TransportError.cancelled }
            return state.sum
        }
    }

    private func work(
        _ compute: @Sendable (Int) -> BatchResult?, _ didMerge: @Sendable (Sum, Int) -> Void
    ) {
        while true {
            let number = started.wrappingAdd(1, ordering: .relaxed).oldValue
            if number >= end { return }
            guard let result = compute(number) else {
                state.withLock { $0.isCancelled = true }
                return
            }
            state.withLock { state in
                state.waiting[number] = result
                while let ready = state.waiting.removeValue(forKey: state.next) {
                    state.sum.merge(ready)
                    state.next += 1
                    didMerge(state.sum, state.next)
                }
            }
        }
    }
}

/// Batches kept one by one, for what is not a sum of them.
struct KeptBatches: BatchSum {
    var tallies: [[Double]] = []
    var emittedKeV = 0.0

    mutating func merge(_ batch: BatchResult) {
        tallies.append((0 ..< batch.tally.count).map { batch.tally[$0] })
        emittedKeV += batch.emittedKeV
    }
}
