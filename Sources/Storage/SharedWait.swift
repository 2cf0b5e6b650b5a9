import Foundation
import Synchronization

/// Does something that waits for the disk to many things, several at a time.
///
/// A file system writes what waits for it together: sixteen files that are synced at the same time take
/// little longer than one. The threads do nothing but wait.
final class SharedWait<Item: Sendable>: Sendable {
    private struct State {
        var rest: ArraySlice<Item>
        var problem: (any Error)?
    }

    private let state: Mutex<State>

    /// How many wait at the same time.
    private static var atOnce: Int { 16 }
    private static var stackBytes: Int { 256 << 10 }

    private init(_ items: [Item]) { state = Mutex(State(rest: items[...], problem: nil)) }

    /// Returns when all is done, or when one has failed and the others under way are done.
    ///
    /// - Throws: The first error.
    static func run(_ items: [Item], _ body: @escaping @Sendable (Item) throws -> Void) throws {
        guard items.count > 1 else { return try items.forEach(body) }
        let wait = SharedWait(items)
        let group = DispatchGroup()
        for _ in 0 ..< min(atOnce, items.count) {
            group.enter()
            let thread = Thread {
                while let item = wait.next() {
                    do { try body(item) } catch { wait.fail(error) }
                }
                group.leave()
            }
            thread.name = "sync"
            thread.stackSize = stackBytes
            thread.start()
        }
        group.wait()
        if let problem = wait.state.withLock({ $0.problem }) { throw problem }
    }

    private func next() -> Item? { state.withLock { $0.rest.popFirst() } }

    private func fail(_ error: any Error) {
        state.withLock { state in
            state.problem = state.problem ?? error
            state.rest = []
        }
    }
}
