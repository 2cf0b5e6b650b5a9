/// How a run of any length falls into rounds of batches.
///
/// A round is a fixed number of batches of equal length. Lengths grow from round to round, so that
/// a run may end early at little cost, late batches are long enough to fill every voxel evenly,
/// and adding them up costs little beside computing them. The last round of a run whose length is
/// given is cut to it. So the number of histories alone says how they fell into batches, and a run
/// of that many histories gives the same bytes, whatever ended the first one.
struct RoundSchedule: Hashable, Sendable {
    /// Batches of a round.
    let batches: Int
    /// Histories of a batch in the second round.
    private let second: Int

    /// Histories of a batch in the first round, which shows how fast the run is.
    private static let first = 64
    /// At most so many histories are in a batch: some tenths of a second of one core.
    private static let longest = 250_000
    /// Adding a batch up takes some nanoseconds per voxel, a history about a microsecond.
    private static let voxelsPerHistory = 32

    init(batches: Int, voxels: Int) {
        self.batches = batches
        second = min(Self.longest, max(4 * Self.first, voxels / Self.voxelsPerHistory))
    }

    /// Returns the histories per batch of the round that follows on `done` histories per batch.
    func next(after done: Int) -> Int {
        if done < Self.first { return Self.first - done }
        // Each round after the second makes the run longer by two fifths.
        return min(Self.longest, max(second, done / 5 * 2))
    }

    /// Returns the histories per batch of a run of at least `histories`.
    func perBatch(_ histories: Int) -> Int {
        let wanted = max(1, histories)
        return wanted / batches + (wanted % batches == 0 ? 0 : 1)
    }
}
