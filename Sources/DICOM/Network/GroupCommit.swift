import CDicomShim
import Foundation
import Synchronization

/// Makes files durable, several at a time where several come at the same time.
///
/// A file gets its lasting name first. Then its content goes to disk by the thread that brought it,
/// while one thread for all puts the folders' lists of names on disk, each once for all files that
/// wait for it. The two go on at the same time, so that the disk's journal takes them in one go: one
/// flush for each instance of a single peer, fewer with several. Because a crash in between can leave
/// a name without its content, the name says the content's checksum.
final class GroupCommit: Sendable {
    /// A complete file that has no lasting name yet.
    struct File: Hashable, Sendable {
        /// Open for writing; it stays open.
        let descriptor: Int32
        let temporaryPath, path: String
    }

    /// One who waits until the names of a folder are on disk.
    private final class Waiter: Sendable {
        let folder: String
        private let problem = Mutex<Int32?>(nil)
        private let semaphore = DispatchSemaphore(value: 0)

        init(folder: String) { self.folder = folder }

        func tell(_ value: Int32?) {
            problem.withLock { $0 = value }
            semaphore.signal()
        }

        func wait() -> Int32? {
            semaphore.wait()
            return problem.withLock { $0 }
        }
    }

    private struct State {
        var waiting: [Waiter] = []
        var isRunning = false
        var rounds = 0
    }

    private let state = Mutex(State())

    /// How often folders were put on disk.
    var rounds: Int { state.withLock { $0.rounds } }

    /// Makes a file durable under its path and returns when it is.
    ///
    /// - Returns: `nil`, or the error number of the system.
    func commit(_ file: File) -> Int32? {
        // Both texts live through the call.
        guard unsafe rename(file.temporaryPath, file.path) == 0 else { return errno }
        let waiter = Waiter(folder: URL(filePath: file.path).deletingLastPathComponent().path)
        let isFirst = state.withLock { state in
            state.waiting.append(waiter)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if isFirst { Waiting.thread("dicom-commit") { self.synchroniseNames() } }
        let problem = fdatasync(file.descriptor) == 0 ? nil : errno
        return waiter.wait() ?? problem
    }

    /// Puts folders on disk while somebody waits for it.
    private func synchroniseNames() {
        while true {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                if state.waiting.isEmpty { state.isRunning = false } else { state.rounds += 1 }
                return state.waiting
            }
            guard !waiting.isEmpty else { return }
            for (folder, waiters) in Dictionary(grouping: waiting, by: \.folder) {
                let problem = Self.synchronise(folder: folder)
                for waiter in waiters { waiter.tell(problem) }
            }
        }
    }

    /// Puts a folder's list of names on disk.
    ///
    /// - Returns: `nil`, or the error number of the system.
    static func synchronise(folder: String) -> Int32? {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 ? nil : errno
    }
}
