import DICOM
package import Foundation
package import Logging
package import Storage
import Workflows

/// Runs the jobs of a data folder, each in a process of its own.
///
/// One server has the right to run them; another on the same folder waits until it has gone. Jobs
/// whose server went with them start again, those whose process ended by itself have failed.
package actor JobRunner {
    private let folder: DataFolder
    private let limit: Int
    private let program: String?
    private let signingKey: URL?
    private let logger: Logger
    private var running: [Int64: JobProcess] = [:]
    /// Who cancelled which of the running ones.
    private var cancelled: [Int64: String] = [:]

    /// How often the queue is looked at, in seconds.
    private static let lookSeconds = 0.2
    /// How often a job's progress is written at most, in seconds: each time waits for the disk.
    private static let noteSeconds = 0.5

    /// - Parameters:
    ///   - folder: The data folder.
    ///   - limit: How many run at once.
    ///   - program: What is started for a job; `nil` for the program beside this one.
    ///   - signingKey: The file of the server's key; `nil` for the usual one.
    ///   - logger: Told of starts and ends, by number.
    package init(
        folder: DataFolder, limit: Int = 2, program: String? = nil, signingKey: URL? = nil,
        logger: Logger
    ) {
        (self.folder, self.limit, self.program, self.logger) = (folder, limit, program, logger)
        self.signingKey = signingKey
    }

    /// Runs what is queued until the task is cancelled; what runs then is killed and waits for the
    /// next server.
    package func run() async {
        do {
            let lock = try await waitForLock()
            defer { lock.release() }
            for job in try await folder.jobs.running() { try await folder.jobs.requeue(job.id) }
            await withDiscardingTaskGroup { group in
                for _ in 0 ..< limit { group.addTask { await self.takeTurns() } }
            }
        } catch is CancellationError {
            return
        } catch {
            logger.error("no jobs run", metadata: ["error": "\(type(of: error))"])
        }
    }

    private func waitForLock() async throws -> FileLock {
        while true {
            if let lock = try folder.jobs.runnersLock() { return lock }
            try await Task.sleep(for: .seconds(Self.lookSeconds))
        }
    }

    private func takeTurns() async {
        while !Task.isCancelled {
            do {
                if let job = try await folder.jobs.takeNext() {
                    try await work(on: job)
                } else {
                    try await Task.sleep(for: .seconds(Self.lookSeconds))
                }
            } catch is CancellationError {
                return
            } catch {
                logger.error("job", metadata: ["error": "\(type(of: error))"])
                try? await Task.sleep(for: .seconds(Self.lookSeconds))
            }
        }
    }

    /// Ends a job that waits or runs.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - actor: Who ends it.
    /// - Throws: ``StorageError/notFound(entity:)`` when it is over.
    package func cancel(_ job: Int64, by actor: String) async throws {
        if let process = running[job] {
            cancelled[job] = actor
            process.kill()
            return
        }
        try await folder.jobs.end(job, .cancelled, sentence: "Cancelled.", by: actor)
    }

    private func work(on job: JobRecord) async throws {
        logger.info("job starts", metadata: ["job": "\(job.id)", "kind": "\(job.kind)"])
        defer { cancelled[job.id] = nil }
        guard let program = try? program ?? WorkerProgram.path(),
            let spec = try? specification(of: job)
        else { return try await endUnstarted(job) }
        var last: JobMessage?
        let ending: String
        do {
            ending = try await JobProcess.run(program, spec: spec) { process in
                running[job.id] = process
                defer { running[job.id] = nil }
                try await folder.jobs.note(process: process.identifier, of: job.id)
                // It may have been cancelled between being taken and being started.
                if try await folder.jobs.job(job.id).state.isOver { process.kill() }
                last = await follow(process, of: job.id)
            }
        } catch is JobProcess.NotStarted {
            return try await endUnstarted(job)
        }
        if try await end(job.id, last, ending) {
            try? FileManager.default.removeItem(at: folder.jobs.folder(of: job.id))
        }
    }

    private func endUnstarted(_ job: JobRecord) async throws {
        try await folder.jobs.end(
            job.id, .failed, sentence: "The program for jobs cannot be started.", by: "server")
    }

    private func specification(of job: JobRecord) throws -> URL {
        let own = folder.jobs.folder(of: job.id)
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        let task = try JSONDecoder().decode(JobTask.self, from: Data(job.taskJSON.utf8))
        let spec = JobSpec(
            dataFolder: folder.url.path, actor: "account-\(job.account)", task: task,
            signingKey: signingKey?.path)
        let file = own.appending(path: "spec.json")
        try JSONEncoder().encode(spec).write(to: file, options: .atomic)
        return file
    }

    /// Writes down how far it is; kills what cannot be listened to.
    ///
    /// - Returns: How it says that it ended; `nil` when it ended without a word.
    private func follow(_ process: JobProcess, of job: Int64) async -> JobMessage? {
        var last: JobMessage?
        let progress = JobProgress(every: Self.noteSeconds) { [folder] fraction, sentence in
            try? await folder.jobs.note(fraction: fraction, sentence: sentence, of: job)
        }
        do {
            try await process.follow { message in
                guard case .progress(let fraction, let sentence) = message else {
                    last = message
                    return
                }
                await progress.note(fraction, sentence)
            }
        } catch {
            process.kill()
        }
        await progress.end()
        return last
    }

    /// - Returns: Whether it is over; `false` for one that the next server goes on with.
    private func end(
        _ job: Int64, _ last: JobMessage?, _ ending: String
    ) async throws -> Bool {
        let jobs = folder.jobs
        guard try await !jobs.job(job).state.isOver else { return true }
        switch last {
        case .done(let sentence, let made):
            try await jobs.end(job, .done, sentence: sentence, made: made)
        case .failed(let sentence):
            try await jobs.end(job, .failed, sentence: sentence)
        case .progress, nil:
            if let actor = cancelled[job] {
                try await jobs.end(job, .cancelled, sentence: "Cancelled.", by: actor)
            } else if Task.isCancelled {
                return false
            } else {
                try await jobs.end(
                    job, .failed,
                    sentence: "The job's process ended \(ending); start it again.",
                    by: "server")
            }
        }
        logger.info("job ends", metadata: ["job": "\(job)"])
        return true
    }
}
