package import DICOM
package import Foundation
package import Storage

/// Takes what peers have sent out of the inbox: checked in a worker process, kept once, listed, and in
/// quarantine where their patient is not beyond doubt, as everything that comes in.
///
/// Instances are on disk before they come here, so a peer never waits for this, and what a crash
/// leaves in the inbox is taken at the next start. What cannot be read stays on disk, set aside.
package actor NodeIntake {
    /// What waits of one peer, oldest first.
    private struct Queue {
        let account: AccountRecord
        var paths: [String] = []
    }

    private let folder: DataFolder
    private let source: any DicomSource
    /// Where files go that were acknowledged and cannot be read.
    private let setAside: URL
    private let log: @Sendable (String) -> Void
    private var queues: [Int64: Queue] = [:]
    private var lastTurn: Int64 = 0
    private var lastArrival = ContinuousClock.now
    /// How many wait until everything is taken.
    private var hurried = 0
    /// How many files of each peer were taken.
    private var taken: [Int64: Int] = [:]
    private let (arrivals, arrival) = AsyncStream.makeStream(
        of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// How long to wait for more of an import's files, in seconds.
    private static let quietSeconds = 1.0
    /// Instances arrive when the last came within so many seconds.
    private static let busySeconds = 0.25
    /// How long a batch waits then, in seconds.
    private static let pauseSeconds = 0.5
    /// The most files of one import.
    private static let mostFiles = 4096

    /// - Parameters:
    ///   - folder: Where they go.
    ///   - source: What reads them.
    ///   - setAside: A folder for what cannot be read; made when absent.
    ///   - log: Told what went wrong, without patient data.
    package init(
        folder: DataFolder, source: any DicomSource, setAside: URL,
        log: @escaping @Sendable (String) -> Void
    ) {
        (self.folder, self.source, self.setAside, self.log) = (folder, source, setAside, log)
    }

    /// Takes over a file of the inbox.
    package func add(_ path: String, of account: AccountRecord) {
        queues[account.id, default: Queue(account: account)].paths.append(path)
        lastArrival = .now
        arrival.yield()
    }

    /// Waits until everything is taken that has come of a peer so far, or so many seconds.
    package func settle(_ account: AccountRecord, seconds: Double) async {
        let id = account.id
        let all = taken[id, default: 0] + (queues[id]?.paths.count ?? 0)
        let end = ContinuousClock.now + .seconds(seconds)
        hurried += 1
        defer { hurried -= 1 }
        while taken[id, default: 0] < all, ContinuousClock.now < end, !Task.isCancelled {
            try? await Task.sleep(for: .seconds(Self.lookSeconds))
        }
    }

    /// Takes what comes until the task is cancelled.
    package func run() async {
        for await _ in arrivals {
            while let account = nextAccount(), !Task.isCancelled {
                do { try await takeImport(of: account) } catch {
                    guard !Task.isCancelled else { break }
                    log("instances of the inbox were not taken: \(type(of: error))")
                    // The disk may be full: it has the files and they are taken when it goes on.
                    try? await Task.sleep(for: .seconds(Self.retrySeconds))
                }
            }
        }
    }

    private static let retrySeconds = 10.0
    private static let lookSeconds = 0.05

    /// Peers take turns.
    private func nextAccount() -> Int64? {
        let all = queues.keys.sorted()
        guard let next = all.first(where: { $0 > lastTurn }) ?? all.first else { return nil }
        lastTurn = next
        return next
    }

    /// One import: what waits of a peer, and what comes of it without a pause.
    private func takeImport(of account: Int64) async throws {
        guard let owner = queues[account]?.account else { return }
        let workflow = ImportWorkflow(
            folder: folder, source: source, actor: owner.actor,
            intake: Intake(account: owner.id, organisation: owner.organisation.id, patient: nil),
            comeInPieces: true)
        var receiving = try await workflow.begin()
        while receiving.count < Self.mostFiles {
            var batch = first(of: account)
            if batch.isEmpty, queues.isEmpty {
                try await Task.sleep(for: .seconds(Self.quietSeconds))
                batch = first(of: account)
            }
            guard !batch.isEmpty else { break }
            try await letPeersGoFirst()
            let files = batch.map { path in
                let url = URL(filePath: path)
                return ReceivedFile(url: url, name: url.lastPathComponent, isDurable: true)
            }
            let taken = try await workflow.take(files, &receiving)
            try finish(files, taken)
            remove(batch.count, of: account)
        }
        try await workflow.finish(receiving)
    }

    /// While instances arrive they have the disk nearly to themselves.
    private func letPeersGoFirst() async throws {
        guard hurried == 0, ContinuousClock.now - lastArrival < .seconds(Self.busySeconds) else {
            return
        }
        try await Task.sleep(for: .seconds(Self.pauseSeconds))
    }

    /// The next batch; it stays in the queue until it is taken.
    private func first(of account: Int64) -> [String] {
        Array(queues[account]?.paths.prefix(ImportWorkflow.batchSize) ?? [])
    }

    private func remove(_ count: Int, of account: Int64) {
        queues[account]?.paths.removeFirst(count)
        if queues[account]?.paths.isEmpty == true { queues[account] = nil }
        taken[account, default: 0] += count
    }

    /// Removes what is kept elsewhere now, and sets aside what is not.
    private func finish(_ files: [ReceivedFile], _ taken: [TakenFile]) throws {
        let manager = FileManager.default
        var refused: [String: Int] = [:]
        for (file, result) in zip(files, taken) {
            switch result.result {
            case .listed: try manager.removeItem(at: file.url)
            case .refused(let refusal):
                try manager.createDirectory(
                    at: setAside, withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
                try manager.moveItem(
                    at: file.url, to: setAside.appending(path: file.url.lastPathComponent))
                refused[refusal.code, default: 0] += 1
            }
        }
        for (code, count) in refused.sorted(by: { $0.key < $1.key }) {
            log("\(count) instances of a peer were set aside: \(code)")
        }
    }
}
