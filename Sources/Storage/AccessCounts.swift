import Foundation
import Synchronization

/// What one person does to one thing.
struct Access: Hashable, Sendable {
    let account: Int64
    let object: String
    let action: String
}

/// Accesses that are counted but not yet on disk: those after the first of five minutes.
///
/// The first of them is in the audit trail before anything is shown. A write for each of the rest
/// would make every picture of a page wait for the disk.
final class AccessCounts: Sendable {
    /// How long accesses of one kind to one thing count as one, in seconds.
    static let windowSeconds = 300.0

    private struct Window {
        /// When the audit trail got its entry, in seconds since 1970.
        var since: Double
        var uncounted: Int
    }

    private let windows = Mutex<[Access: Window]>([:])

    /// Counts an access whose window is known to this process.
    ///
    /// - Returns: `false` when it is the first, as far as is known here.
    func count(_ access: Access, at time: Double) -> Bool {
        windows.withLock { windows in
            guard let window = windows[access],
                (0 ..< Self.windowSeconds).contains(time - window.since)
            else { return false }
            windows[access]?.uncounted += 1
            return true
        }
    }

    /// Remembers a window whose entry is on disk.
    func begin(_ access: Access, since: Double) {
        windows.withLock {
            $0[access] = Window(since: since, uncounted: $0[access]?.uncounted ?? 0)
        }
    }

    /// Takes what is to be written now; windows that are over are forgotten.
    func take(at time: Double) -> [Access: Int] {
        windows.withLock { windows in
            let counts = windows.mapValues(\.uncounted).filter { $0.value > 0 }
            windows = windows.filter { time - $0.value.since < Self.windowSeconds }
                .mapValues { Window(since: $0.since, uncounted: 0) }
            return counts
        }
    }

    /// Puts back what could not be written.
    func putBack(_ counts: [Access: Int]) {
        windows.withLock { windows in
            for (access, count) in counts {
                windows[access, default: Window(since: -.infinity, uncounted: 0)].uncounted += count
            }
        }
    }
}
