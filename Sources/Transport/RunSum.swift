import Imaging

/// Sums over batches of equal rounds, with the variance of the sums.
struct RoundStatistics: Hashable, Sendable {
    /// Of the rounds that are complete.
    private(set) var total: [Double]
    /// Variance of ``total``, from the scatter of batches within each round.
    private(set) var variance: [Double]
    /// Of the batches of the round under way.
    private(set) var sum: [Double]
    private(set) var squares: [Double]

    init(count: Int) {
        total = [Double](repeating: 0, count: count)
        (variance, sum, squares) = (total, total, total)
    }

    /// Takes up what ``arrays`` gave.
    init?(_ arrays: [[Double]]) {
        guard arrays.count == 4, arrays.allSatisfy({ $0.count == arrays[0].count }) else {
            return nil
        }
        (total, variance, sum, squares) = (arrays[0], arrays[1], arrays[2], arrays[3])
    }

    var arrays: [[Double]] { [total, variance, sum, squares] }

    /// Adds a value of one batch.
    @inline(__always)
    mutating func add(_ value: Double, at index: Int) {
        sum[index] += value
        squares[index] += value * value
    }

    /// Ends a round of `batches`.
    mutating func closeRound(batches: Int) {
        let n = Double(batches)
        for index in sum.indices where sum[index] != 0 {
            total[index] += sum[index]
            let scatter = squares[index] - sum[index] * sum[index] / n
            variance[index] += max(0, scatter) * n / (n - 1)
            sum[index] = 0
            squares[index] = 0
        }
    }

    /// Returns 1 sigma of a total over its value; 0 where nothing was scored.
    func relativeSigma(_ index: Int) -> Double {
        total[index] > 0 ? variance[index].squareRoot() / total[index] : 0
    }
}

/// The energies that a run has scored so far, by voxel and by label.
struct RunSum: BatchSum, Hashable {
    /// In keV.
    private(set) var voxels: RoundStatistics
    /// In keV; by label.
    private(set) var labels: RoundStatistics
    private(set) var emittedKeV = 0.0
    private(set) var escapedKeV = 0.0
    private let labelOfVoxel: [UInt16]

    init(voxels: Int, labelOfVoxel: [UInt16]) {
        self.voxels = RoundStatistics(count: voxels)
        self.labelOfVoxel = labelOfVoxel
        labels = RoundStatistics(count: (labelOfVoxel.max().map(Int.init) ?? -1) + 1)
    }

    /// Takes up what an interrupted run left.
    ///
    /// - Throws: ``TransportError/foreignState`` when it is of another grid or other labels.
    init(_ state: RunState, labelOfVoxel: [UInt16]) throws {
        let count = (labelOfVoxel.max().map(Int.init) ?? -1) + 1
        guard state.labels.total.count == count,
            labelOfVoxel.isEmpty || labelOfVoxel.count == state.voxels.total.count
        else { throw TransportError.foreignState }
        self.labelOfVoxel = labelOfVoxel
        (voxels, labels) = (state.voxels, state.labels)
        (emittedKeV, escapedKeV) = (state.emittedKeV, state.escapedKeV)
    }

    mutating func merge(_ batch: BatchResult) {
        var sums = [Double](repeating: 0, count: labels.total.count)
        // Most batches of a small source leave most voxels empty: these cost a look only.
        RawTable<Double>.forEachNonZero(of: batch.tally) { index, value in
            voxels.add(value, at: index)
            if !labelOfVoxel.isEmpty { sums[Int(labelOfVoxel[index])] += value }
        }
        for (label, sum) in sums.enumerated() where sum != 0 { labels.add(sum, at: label) }
        emittedKeV += batch.emittedKeV
        escapedKeV += batch.escapedKeV
    }

    mutating func closeRound(batches: Int) {
        voxels.closeRound(batches: batches)
        labels.closeRound(batches: batches)
    }

    /// The labels that occur.
    var labelsPresent: [Int] {
        var seen = [Bool](repeating: false, count: labels.total.count)
        for label in labelOfVoxel { seen[Int(label)] = true }
        return seen.indices.filter { seen[$0] }
    }

    /// Adds up a value of each voxel by label.
    func byLabel(_ value: (Int) -> Double) -> [Double] {
        var sums = [Double](repeating: 0, count: labels.total.count)
        for index in labelOfVoxel.indices { sums[Int(labelOfVoxel[index])] += value(index) }
        return sums
    }
}
