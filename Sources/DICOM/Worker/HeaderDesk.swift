import Synchronization

/// Hands out the paths of many files and collects what came of them.
final class HeaderDesk: Sendable {
    let paths: [String]
    private let share: Int

    private struct State {
        var next = 0
        var results: [Result<SeriesFile, any Error>?]
    }

    private let state: Mutex<State>

    /// Some shares for each reader, so that none waits long for the last one.
    private static let sharesPerReader = 4

    init(paths: [String], readers: Int) {
        self.paths = paths
        share = min(
            max(paths.count / (readers * Self.sharesPerReader), 1), WorkerProtocol.mostPaths)
        state = Mutex(State(results: Array(repeating: nil, count: paths.count)))
    }

    /// The next paths to read; `nil` when none are left.
    func next() -> Range<Int>? {
        state.withLock { state in
            guard state.next < paths.count else { return nil }
            let end = min(state.next + share, paths.count)
            defer { state.next = end }
            return state.next ..< end
        }
    }

    /// Takes what came of a path; `nil` when it must be asked for alone.
    func take(_ index: Int, _ answer: Result<WorkerProcess.Answer?, any Error>) {
        let result: Result<SeriesFile, any Error>?
        do {
            result = try answer.get().map { answer in
                .success(
                    SeriesFile(
                        path: paths[index], header: try NormalForm.decoded(answer.header),
                        native: answer.native, identity: answer.identity))
            }
        } catch {
            result = .failure(error)
        }
        state.withLock { $0.results[index] = result }
    }

    func mustBeAskedAlone(_ index: Int) -> Bool {
        state.withLock { $0.results[index] == nil }
    }

    /// What came of every path.
    var results: [Result<SeriesFile, any Error>] {
        state.withLock { state in
            state.results.map {
                $0 ?? .failure(DicomError.workerDied(reason: "the file was not read"))
            }
        }
    }
}
