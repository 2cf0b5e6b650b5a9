import Synchronization

/// Decides, between rounds, how long the next one is.
struct RunPlan {
    private let stop: StopRule
    private let batches: Int
    private let schedule: RoundSchedule
    private let check: PrecisionCheck?
    private var isOver = false
    /// Decays of the whole run, as it looks at the last end of a round.
    private(set) var expectedHistories: Double?

    /// Where the clock and the decays stood at the end of the round before.
    private var last = (seconds: 0.0, fresh: 0)

    /// Share of the time left that the last round of a timed run is made for.
    private static let careful = 0.95
    /// A last round that makes the run longer by less than this share is not worth its additions.
    private static let worthwhile = 0.02

    init(_ stop: StopRule, schedule: RoundSchedule, check: PrecisionCheck?) {
        self.stop = stop
        batches = schedule.batches
        self.schedule = schedule
        self.check = check
    }

    /// Decides on the round that follows.
    ///
    /// - Parameters:
    ///   - position: Where the run is, between two rounds.
    ///   - sum: What the complete rounds gave.
    ///   - seconds: Wall time of this run so far.
    ///   - fresh: Decays simulated in that time.
    /// - Returns: Histories per batch; `nil` at the end of the run.
    mutating func nextRound(
        after position: RunPosition, sum: RunSum, seconds: Double, fresh: Int
    ) -> Int? {
        if isOver { return nil }
        let done = position.completed / batches
        let next = schedule.next(after: done)
        switch stop {
        case .histories(let wanted):
            let all = schedule.perBatch(wanted)
            expectedHistories = Double(all) * Double(batches)
            return done < all ? min(next, all - done) : nil
        case .seconds(let allowed):
            defer { last = (seconds, fresh) }
            // The first round is mostly additions and shows nothing of the pace.
            guard last.fresh > 0, fresh > last.fresh else { return seconds < allowed ? next : nil }
            let perSecond = Double(fresh - last.fresh) / max(1e-6, seconds - last.seconds)
            let left = (allowed - seconds) * perSecond / Double(batches)
            expectedHistories = Double(position.completed) + max(0, left) * Double(batches)
            if left >= Double(next) { return next }
            // The last round is what still fits; `left` is below `next`, so it is an Int.
            isOver = true
            let rest = Int(max(0, left) * Self.careful)
            return Double(rest) >= max(1, Double(done) * Self.worthwhile) ? rest : nil
        case .precision:
            guard position.completed > 0, let check else { return next }
            let worst = check.worst(sum)
            expectedHistories =
                worst.isFinite ? Double(position.completed) * max(1, worst * worst) : nil
            return worst <= 1 ? nil : next
        }
    }
}

/// The times of a run.
final class RunClock: Sendable {
    private let start = ContinuousClock.now
    private let inherited: Int
    private let lastCheckpoint = Mutex(ContinuousClock.now)

    /// - Parameter inherited: Decays of the interrupted run that this one goes on from.
    init(inherited: Int) { self.inherited = inherited }

    var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Returns the decays simulated since the start of the clock.
    func fresh(_ histories: Int) -> Int { histories - inherited }

    /// Returns whether `interval` seconds have passed since it last said so.
    func isCheckpointDue(every interval: Double) -> Bool {
        lastCheckpoint.withLock { last in
            let now = ContinuousClock.now
            guard (now - last) / .seconds(1) >= interval else { return false }
            last = now
            return true
        }
    }

    /// Returns how far a run of `expected` decays is after `histories`.
    func progress(_ histories: Int, of expected: Double?) -> RunProgress {
        let elapsed = seconds
        let made = Double(fresh(histories))
        return RunProgress(
            histories: histories, elapsedSeconds: elapsed,
            remainingSeconds: expected.flatMap {
                made > 0 ? max(0, $0 - Double(histories)) * elapsed / made : nil
            })
    }
}
