/// How far a run is.
public struct RunProgress: Hashable, Sendable {
    /// Decays simulated so far.
    public let histories: Int
    /// Wall time since the start or the resumption, in s.
    public let elapsedSeconds: Double
    /// Wall time until the end as it looks now, in s; `nil` when nothing is known yet.
    public let remainingSeconds: Double?
}

/// What a caller wants to hear of a run, and how it can end it.
public struct RunControl: Sendable {
    /// Asked every few hundred histories, from any thread; a run ends within 0.2 s.
    public var isCancelled: @Sendable () -> Bool = { false }
    /// Called after every batch, one at a time, from any thread.
    public var didProgress: @Sendable (RunProgress) -> Void = { _ in }
    /// Called about every ``checkpointSeconds`` with all that the run needs to go on.
    public var didReach: (@Sendable (RunState) -> Void)?
    public var checkpointSeconds = 30.0

    public init() {}
}

/// Where an interrupted run goes on; it then gives the bytes of one that was not interrupted.
public struct RunState: Hashable, Sendable {
    let voxels: RoundStatistics
    let labels: RoundStatistics
    let emittedKeV: Double
    let escapedKeV: Double
    let position: RunPosition

    init(_ sum: RunSum, at position: RunPosition) {
        (voxels, labels) = (sum.voxels, sum.labels)
        (emittedKeV, escapedKeV) = (sum.emittedKeV, sum.escapedKeV)
        self.position = position
    }

    /// Decays of the complete rounds and of the batches that are done.
    public var histories: Int { position.histories }
}

/// The place of a run among its rounds.
struct RunPosition: Hashable, Sendable {
    /// Decays of the rounds that are complete.
    var completed = 0
    /// Histories of each batch of the round under way; 0 between rounds.
    var perBatch = 0
    /// Batches of the round under way that are added up.
    var batchesDone = 0
    /// The number of the first batch of the round under way, over the whole run.
    var firstBatch = 0

    /// Decays of the complete rounds and of the batches that are done.
    var histories: Int { completed + batchesDone * perBatch }
}

extension RunState {
    private static let magic: [UInt8] = Array("grevy run 2\n".utf8)

    /// The state as bytes: a mark, five counts, two energies and eight tables of doubles, all
    /// little-endian in 8 bytes each.
    public var bytes: [UInt8] {
        let tables = voxels.arrays + labels.arrays
        var bytes = Self.magic
        bytes.reserveCapacity(bytes.count + 8 * (8 + tables.reduce(0) { $0 + $1.count }))
        func append(_ word: UInt64) {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        let counts = [
            position.completed, position.perBatch, position.batchesDone, position.firstBatch,
            voxels.total.count, labels.total.count,
        ]
        counts.forEach { append(UInt64($0)) }
        [emittedKeV, escapedKeV].forEach { append($0.bitPattern) }
        for table in tables { table.forEach { append($0.bitPattern) } }
        return bytes
    }

    /// Reads what ``bytes`` wrote.
    ///
    /// - Throws: ``TransportError/damagedState``.
    public init(bytes: [UInt8]) throws {
        let mark = Self.magic.count
        guard bytes.starts(with: Self.magic), (bytes.count - mark) % 8 == 0 else {
            throw TransportError.damagedState
        }
        let words = (bytes.count - mark) / 8
        func word(_ index: Int) -> UInt64 {
            (0 ..< 8).reduce(0) { $0 | UInt64(bytes[mark + 8 * index + $1]) << UInt64(8 * $1) }
        }
        guard words >= 8 else { throw TransportError.damagedState }
        // No count can be above what a run may have; sums of them cannot overflow then.
        let counts = try (0 ..< 6).map { index -> Int in
            guard let count = Int(exactly: word(index)), count < 1 << 50 else {
                throw TransportError.damagedState
            }
            return count
        }
        let (size, labelCount) = (counts[4], counts[5])
        guard words == 8 + 4 * (size + labelCount) else { throw TransportError.damagedState }
        func table(_ first: Int, _ count: Int) -> [Double] {
            (first ..< first + count).map { Double(bitPattern: word($0)) }
        }
        guard let voxels = RoundStatistics((0 ..< 4).map { table(8 + $0 * size, size) }),
            let labels = RoundStatistics(
                (0 ..< 4).map { table(8 + 4 * size + $0 * labelCount, labelCount) })
        else { throw TransportError.damagedState }
        self.voxels = voxels
        self.labels = labels
        emittedKeV = Double(bitPattern: word(6))
        escapedKeV = Double(bitPattern: word(7))
        position = RunPosition(
            completed: counts[0], perBatch: counts[1], batchesDone: counts[2],
            firstBatch: counts[3])
    }
}
