import Foundation

/// Reads untrusted files in worker processes that have limits of memory, time and size.
///
/// A few workers take many files each. A worker that crashes or is too slow costs the file it was
/// reading, never this process, and the next file goes to a new one. Values of files reach this
/// process as checked counts, as pixels, and as the normal form, whose decoder checks every length.
package actor DicomReader: DicomSource {
    /// The most workers at a time.
    package nonisolated let workers: Int
    /// Wall-clock seconds for a small file; a large one gets more
    /// (``ReadingLimits/slowestBytesPerSecond``).
    package nonisolated let fileSeconds: Double
    private let program: String?

    private var idle: [WorkerProcess] = []
    private var lent = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var startedCount = 0

    private nonisolated let queue = DispatchQueue(
        label: "grevy.dicom-reader", attributes: .concurrent)

    /// Creates a reader that starts its workers when it needs them.
    ///
    /// `program` is the path of `grevy`; by default it is found as Docs/DICOM-reading.md says.
    package init(
        workers: Int = 2, fileSeconds: Double = ReadingLimits.fileSeconds, program: String? = nil
    ) {
        precondition(workers > 0 && fileSeconds > 0, "\(workers) workers, \(fileSeconds) s")
        self.workers = workers
        self.fileSeconds = fileSeconds
        self.program = program
    }

    /// How many workers have been started so far, those after a crash included.
    package var workersStarted: Int { startedCount }

    /// Starts all workers and waits until they are ready to read.
    ///
    /// Without it the first files wait for them.
    ///
    /// - Throws: ``DicomError/workerDied(reason:)`` when they do not start.
    package func start() async throws {
        let team = try await borrowed(atMost: workers)
        defer { for worker in team { giveBack(worker) } }
        try await onQueue {
            for worker in team {
                _ = worker.requestHeaders(paths: ["/dev/null"], seconds: { _ in self.fileSeconds })
                {
                    _, _ in
                }
            }
        }
    }

    /// The most memory in bytes that each idle worker has had resident, shared pixels included.
    package func peakWorkerMemory() -> [Int] {
        idle.compactMap { worker in
            let facts = try? String(
                contentsOfFile: "/proc/\(worker.identifier)/status", encoding: .utf8)
            let line = facts?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            return line?.split(separator: " ").dropLast().last.flatMap { Int($0) }.map { $0 * 1024 }
        }
    }

    package func header(path: String) async throws -> DataSet {
        try await withWorker { worker in
            let answer = try worker.request(.header, path: path, seconds: self.seconds(for: path))
            return try NormalForm.decoded(answer.header)
        }
    }

    package func frames(path: String) async throws -> PixelFrames {
        try await frames(of: SeriesFile(path: path, header: DataSet()))
    }

    package func frames(of file: SeriesFile) async throws -> PixelFrames {
        let (path, identity) = (file.path, file.identity)
        return try await withWorker { worker in
            let answer = try worker.request(
                [.header, .pixels], path: path, seconds: self.seconds(for: path))
            try answer.identity.check(isStill: identity)
            guard let layout = answer.layout else {
                throw DicomError.malformed(reason: "no pixel data")
            }
            let header = try NormalForm.decoded(answer.header)
            return layout.frames(
                wasLossy: header.hasLossyPixels,
                bytes: unsafe worker.withPixels(layout) { unsafe [UInt8]($0) })
        }
    }

    package func slices(
        _ slices: [SliceRequest], rows: Int, columns: Int
    ) async throws -> SliceValues {
        let stack = try SliceStack(slices: slices.count, rows: rows, columns: columns)
        let team = try await borrowed(atMost: min(workers, slices.count))
        defer { for worker in team { giveBack(worker) } }
        return try await onQueue {
            try stack.filled(with: slices, by: team) { self.seconds(for: $0) }
        }
    }

    package func writeDirectory(in folder: String, uid: String) async throws -> [String] {
        // The worker ends itself sooner when it works that long.
        let seconds = 2 * Double(ReadingLimits.processorSeconds)
        return try await withWorker {
            try $0.writeDirectory(in: folder, uid: uid, seconds: seconds)
        }
    }

    /// Reads the headers of many files with all workers.
    package func files(paths: [String]) async -> [Result<SeriesFile, any Error>] {
        let desk = HeaderDesk(paths: paths, readers: workers)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0 ..< min(workers, paths.count) {
                group.addTask {
                    while let share = desk.next() { await self.read(share, for: desk) }
                }
            }
        }
        return desk.results
    }

    /// Reads a share of the headers, with a new worker after each that died.
    private func read(_ share: Range<Int>, for desk: HeaderDesk) async {
        var rest = share
        while !rest.isEmpty {
            let part = rest
            do {
                let done = try await withWorker { worker in
                    worker.requestHeaders(
                        paths: desk.paths[part], seconds: { self.seconds(for: $0) },
                        body: desk.take)
                }
                rest = rest.dropFirst(done)
            } catch {
                for index in rest { desk.take(index, .failure(error)) }
                return
            }
        }
        for index in share where desk.mustBeAskedAlone(index) {
            let path = desk.paths[index]
            do {
                desk.take(
                    index,
                    .success(
                        try await withWorker {
                            try $0.request(.header, path: path, seconds: self.seconds(for: path))
                        }))
            } catch {
                desk.take(index, .failure(error))
            }
        }
    }
}

// MARK: - Lending workers

extension DicomReader {
    private func withWorker<Value: Sendable>(
        _ body: @escaping @Sendable (WorkerProcess) throws -> Value
    ) async throws -> Value {
        let team = try await borrowed(atMost: 1)
        defer { for worker in team { giveBack(worker) } }
        return try await onQueue { try body(team[0]) }
    }

    /// Runs blocking work outside the threads of Swift's tasks.
    private nonisolated func onQueue<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Borrows at least one worker, more if they are free; the caller gives them back.
    private func borrowed(atMost count: Int) async throws -> [WorkerProcess] {
        while lent >= workers {
            await withCheckedContinuation { waiting.append($0) }
        }
        var team: [WorkerProcess] = []
        while team.isEmpty || (team.count < count && lent < workers) {
            do {
                team.append(try idle.popLast() ?? started())
                lent += 1
            } catch {
                for worker in team { giveBack(worker) }
                throw error
            }
        }
        return team
    }

    private func started() throws -> WorkerProcess {
        startedCount += 1
        return try WorkerProcess(program: program ?? WorkerProgram.path())
    }

    private func giveBack(_ worker: WorkerProcess) {
        lent -= 1
        if worker.isAlive { idle.append(worker) }
        if !waiting.isEmpty { waiting.removeFirst().resume() }
    }

    /// Seconds that a file may take: more for large ones.
    private nonisolated func seconds(for path: String) -> Double {
        let size = FileIdentity(path: path)?.size ?? 0
        return fileSeconds + Double(size) / ReadingLimits.slowestBytesPerSecond
    }
}
