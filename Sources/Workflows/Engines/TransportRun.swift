package import Foundation
import Imaging
import Synchronization
import Transport

/// How a Monte Carlo run ends, draws, and survives being killed.
package struct TransportRun: Sendable {
    /// What ends it.
    package enum Stop: Hashable, Sendable {
        case histories(Int)
        /// 1 sigma of the mean of every label with activity, as a fraction; without labels, of the
        /// median voxel above half the highest dose.
        case relativeUncertainty(Double)
        /// Wall time.
        case seconds(Double)
    }

    package let stop: Stop
    package let seed: UInt64
    /// Workers; no result depends on it.
    package let threads: Int
    /// Where the run leaves its state from time to time, and finds it again after it was killed.
    package let checkpoint: URL?
    package let checkpointSeconds: Double
    /// Whether the checkpoint only saves time: one of another run is replaced, and a run whose
    /// checkpoint cannot be written goes on without.
    package var isCheckpointAnAid = false
    /// Told the share that is done, where it is known, and a line for a person.
    package let didProgress: @Sendable (String) -> Void

    package init(
        stop: Stop, seed: UInt64, threads: Int, checkpoint: URL? = nil,
        checkpointSeconds: Double = RunCheckpoints.usualSeconds,
        didProgress: @Sendable @escaping (String) -> Void = { _ in }
    ) {
        (self.stop, self.seed, self.threads) = (stop, seed, threads)
        (self.checkpoint, self.checkpointSeconds) = (checkpoint, checkpointSeconds)
        self.didProgress = didProgress
    }

    /// Runs an engine; ends within 0.2 s when the task is cancelled.
    ///
    /// - Parameters:
    ///   - engine: The engine in its phantom.
    ///   - decays: Decays per voxel.
    ///   - labels: Labels whose mean doses are wanted.
    ///   - identity: What the run is of, so that a checkpoint of another run is refused.
    ///   - target: Replaces the rule of ``Stop/relativeUncertainty(_:)``.
    /// - Returns: What the engine gave.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for a checkpoint of another run or a damaged
    ///   one, `TransportError`, and errors of writing.
    func callAsFunction(
        _ engine: MonteCarloEngine, decays: Volume<Float>, labels: Volume<UInt16>?,
        identity: String, target: PrecisionTarget? = nil
    ) async throws -> MonteCarloDose {
        let rule: StopRule =
            switch stop {
            case .histories(let count): .histories(count)
            case .seconds(let seconds): .seconds(seconds)
            case .relativeUncertainty(let sigma):
                .precision(target ?? PrecisionTarget(relativeSigma: sigma))
            }
        let file = checkpoint.map {
            RunCheckpoint(
                url: $0,
                identity: "\(identity); \(Self.text(rule)); seed \(seed); \(engine.settings)")
        }
        let isCancelled = Atomic(false)
        var control = RunControl()
        control.checkpointSeconds = checkpointSeconds
        control.isCancelled = { isCancelled.load(ordering: .relaxed) }
        let report = Throttle(seconds: 0.5)
        control.didProgress = { [didProgress] progress in
            if report.isDue { didProgress(Self.line(progress)) }
        }
        let failure = Mutex<(any Error)?>(nil)
        if let file {
            control.didReach = { state in
                do { try file.write(state) } catch { failure.withLock { $0 = error } }
            }
        }
        let state = try state(in: file)
        let result = try await withTaskCancellationHandler {
            try engine.run(
                decays: decays, until: rule, seed: seed, threads: threads, labels: labels,
                from: state, control: control)
        } onCancel: {
            isCancelled.store(true, ordering: .relaxed)
        }
        if let error = failure.withLock({ $0 }), !isCheckpointAnAid { throw error }
        return result
    }

    private func state(in file: RunCheckpoint?) throws -> RunState? {
        do { return try file?.state() } catch {
            guard isCheckpointAnAid else { throw error }
            return nil
        }
    }

    /// The same in every process, which a set's own order is not.
    private static func text(_ rule: StopRule) -> String {
        guard case .precision(var target) = rule else { return "\(rule)" }
        let tumours = target.tumours.sorted()
        target.tumours = []
        return "\(target), tumours \(tumours)"
    }

    /// Removes the checkpoint once the results are written.
    func finish() throws {
        if let checkpoint, FileManager.default.fileExists(atPath: checkpoint.path) {
            try FileManager.default.removeItem(at: checkpoint)
        }
    }

    private static func line(_ progress: RunProgress) -> String {
        let rest = progress.remainingSeconds.map { String(format: ", about %.0f s to go", $0) }
        return "\(progress.histories) decays in "
            + String(format: "%.0f s", progress.elapsedSeconds) + (rest ?? "")
    }
}

/// Lets one call in so many seconds through.
private final class Throttle: Sendable {
    private let interval: Double
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    init(seconds: Double) { interval = seconds }

    var isDue: Bool {
        last.withLock { last in
            let now = ContinuousClock.now
            if let last, (now - last) / .seconds(1) < interval { return false }
            last = now
            return true
        }
    }
}
