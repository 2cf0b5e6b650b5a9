import Synchronization
import Testing
import Workflows

/// Heavy work waits for its turn.
@Suite("Turn queue")
struct TurnQueueTests {
    private struct Failed: Error {}

    /// What ran, in its order, and a piece that runs until the test lets it end.
    private final class Bench: Sendable {
        let queue: TurnQueue
        let ran = Mutex<[String]>([])
        private let (gate, opener) = AsyncStream<Void>.makeStream()

        init(mostWaiting: Int) { queue = TurnQueue(atOnce: 1, mostWaiting: mostWaiting) }

        /// Occupies the queue.
        func block() async -> Task<Void, any Error> {
            let (started, starts) = AsyncStream<Void>.makeStream()
            let task = Task {
                try await queue.run(for: 1) {
                    starts.finish()
                    for await _ in gate {}
                }
            }
            for await _ in started {}
            return task
        }

        func unblock() { opener.finish() }

        /// Adds a piece and waits until it waits: the order of entering is what the tests are about.
        func add(_ name: String, account: Int64) async -> Task<Void, any Error> {
            let before = await queue.waitingCount
            let task = Task {
                try await queue.run(for: account) { ran.withLock { $0.append(name) } }
            }
            while await queue.waitingCount == before { await Task.yield() }
            return task
        }
    }

    @Test("One person's many pieces delay another's by one")
    func fair() async throws {
        let bench = Bench(mostWaiting: 10)
        let first = await bench.block()
        var tasks: [Task<Void, any Error>] = []
        for name in ["a", "b", "c"] { tasks.append(await bench.add(name, account: 1)) }
        tasks.append(await bench.add("x", account: 2))
        bench.unblock()
        try await first.value
        for task in tasks { try await task.value }
        #expect(bench.ran.withLock { $0 } == ["x", "a", "b", "c"])
    }

    @Test("More of one account than may wait are refused, others are not")
    func full() async throws {
        let bench = Bench(mostWaiting: 1)
        let first = await bench.block()
        let waiting = await bench.add("a", account: 1)
        await #expect(throws: TurnQueue.Full.self) { try await bench.queue.run(for: 1) {} }
        let other = await bench.add("x", account: 2)
        bench.unblock()
        for task in [first, waiting, other] { try await task.value }
        #expect(bench.ran.withLock { $0.sorted() } == ["a", "x"])
    }

    @Test("What is cancelled leaves the queue, and what fails gives its turn on")
    func cancelled() async throws {
        let bench = Bench(mostWaiting: 1)
        let first = await bench.block()
        let gone = await bench.add("a", account: 1)
        gone.cancel()
        await #expect(throws: CancellationError.self) { try await gone.value }
        let next = await bench.add("b", account: 1)
        bench.unblock()
        for task in [first, next] { try await task.value }
        await #expect(throws: Failed.self) {
            try await bench.queue.run(for: 1) { throw Failed() }
        }
        try await bench.queue.run(for: 1) { bench.ran.withLock { $0.append("c") } }
        #expect(bench.ran.withLock { $0 } == ["b", "c"])
    }
}
