package import Foundation
import Synchronization

/// A clock that stands until a test moves it on.
package final class SettableClock: Sendable {
    private let date = Mutex(Date(timeIntervalSince1970: 1_795_000_000))

    package init() {}

    package var now: Date { date.withLock { $0 } }

    package func advance(days: Double) { date.withLock { $0 += 86_400 * days } }
}
