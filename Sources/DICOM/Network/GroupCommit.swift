import CDicomShim
import Foundation
import Synchronization

/// Makes files durable together: those that wait while others are being written to disk share the
/// next round.
///
/// One round: the content of every file goes to disk, every file gets its name, every folder goes to
/// disk once. A peer that sends one instance at a time so pays one round for each; several peers at
/// the same time share rounds, and the disk takes their contents in one go.
final class GroupCommit: Sendable {
    /// A complete file that has no lasting name yet.
    struct File: Hashable, Sendable {
        /// Open for writing; the round leaves it open.
        let descriptor: Int32
        let temporaryPath, path: String
    }

    /// A file that waits, with the one who waits for it.
    private final class Entry: Sendable {
        let file: File
        private let answer = Mutex<Answer?>(nil)
        private let semaphore = DispatchSemaphore(value: 0)

        enum Answer { case done(errno: Int32?), lead }

        init(_ file: File) { self.file = file }

        func tell(_ value: Answer) {
            answer.withLock { $0 = value }
            semaphore.signal()
        }

        func wait() -> Answer {
            semaphore.wait()
            return answer.withLock { $0 } ?? .lead
        }
    }

    private struct State {
        var waiting: [Entry] = []
        var isRunning = false
    }

    private let state = Mutex(State())
    private let counts = Mutex((rounds: 0, files: 0))

    /// How many rounds there were, and for how many files.
    var roundsAndFiles: (rounds: Int, files: Int) { counts.withLock { $0 } }

    /// Makes a file durable under its path and returns when it is.
    ///
    /// - Returns: `nil`, or the error number of the system.
    func commit(_ file: File) -> Int32? {
        let own = Entry(file)
        let leads = state.withLock { state in
            state.waiting.append(own)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if !leads {
            if case .done(let problem) = own.wait() { return problem }
        }
        return runRound(own)
    }

    /// Writes all that wait, `own` among them, and lets the first who came meanwhile go on.
    private func runRound(_ own: Entry) -> Int32? {
        let entries = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        let problems = Self.write(entries.map(\.file))
        counts.withLock { $0 = ($0.rounds + 1, $0.files + entries.count) }
        let next = state.withLock { state in
            state.isRunning = !state.waiting.isEmpty
            return state.waiting.first
        }
        next?.tell(.lead)
        var result: Int32?
        for (entry, problem) in zip(entries, problems) {
            if entry === own { result = problem } else { entry.tell(.done(errno: problem)) }
        }
        return result
    }

    /// Returns the error number for each file, `nil` for those that are durable.
    private static func write(_ files: [File]) -> [Int32?] {
        if files.count > 1 {
            for file in files { dcm_begin_writing_out(file.descriptor, 0, 0) }
        }
        var problems = files.map { file -> Int32? in
            fdatasync(file.descriptor) == 0 ? nil : errno
        }
        for index in files.indices where problems[index] == nil {
            // Both texts live through the call.
            if unsafe rename(files[index].temporaryPath, files[index].path) != 0 {
                problems[index] = errno
            }
        }
        let folders = Set(files.map { folder(of: $0.path) })
        for folder in folders {
            guard let problem = synchronise(folder: folder) else { continue }
            for index in files.indices
            where problems[index] == nil && self.folder(of: files[index].path) == folder {
                problems[index] = problem
            }
        }
        return problems
    }

    private static func folder(of path: String) -> String {
        URL(filePath: path).deletingLastPathComponent().path
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
