import Dispatch
import Imaging
import Physics
import Synchronization

/// What one batch left behind.
struct BatchResult: Sendable {
    let tally: RawTable<Double>
    let emittedKeV: Double
    let escapedKeV: Double
}

/// Adds batches in the order of their numbers, whichever is ready first.
final class BatchSum: Sendable {
    private struct State {
        var next = 0
        var waiting: [Int: BatchResult] = [:]
        var sum: [Double]
        var squares: [Double]
        var labelSums: [[Double]] = []
        var kept: [[Double]] = []
        var emittedKeV = 0.0
        var escapedKeV = 0.0
        var batches = 0
        var isCancelled = false
    }

    private let state: Mutex<State>
    private let started = Atomic<Int>(0)
    private let labels: [UInt16]
    private let labelCount: Int
    private let keepsBatches: Bool

    init(voxels: Int, labels: Volume<UInt16>?, keepsBatches: Bool = false) {
        self.keepsBatches = keepsBatches
        state = Mutex(
            State(
                sum: [Double](repeating: 0, count: voxels),
                squares: [Double](repeating: 0, count: voxels)))
        self.labels = labels.map { $0.withVoxels { span in span.indices.map { span[$0] } } } ?? []
        labelCount = (self.labels.max().map(Int.init) ?? -1) + 1
    }

    /// Computes batches on `threads` workers.
    ///
    /// - Parameters:
    ///   - batches: How many.
    ///   - threads: How many run side by side.
    ///   - compute: Makes one batch; returns `nil` when cancelled.
    /// - Throws: ``TransportError/cancelled``.
    func run(
        batches: Int, threads: Int, compute: @Sendable @escaping (Int) -> BatchResult?
    ) throws {
        DispatchQueue.concurrentPerform(iterations: max(1, threads)) { _ in
            while true {
                let batch = started.wrappingAdd(1, ordering: .relaxed).oldValue
                if batch >= batches { return }
                guard let result = compute(batch) else {
                    state.withLock { $0.isCancelled = true }
                    return
                }
                add(result, number: batch)
            }
        }
        if state.withLock({ $0.isCancelled }) { throw TransportError.cancelled }
    }

    private func add(_ result: BatchResult, number: Int) {
        state.withLock { state in
            state.waiting[number] = result
            while let ready = state.waiting.removeValue(forKey: state.next) {
                merge(ready, into: &state)
                state.next += 1
            }
        }
    }

    private func merge(_ batch: BatchResult, into state: inout State) {
        for index in 0 ..< batch.tally.count {
            let value = batch.tally[index]
            if value != 0 {
                state.sum[index] += value
                state.squares[index] += value * value
            }
        }
        var sums = [Double](repeating: 0, count: labelCount)
        for index in labels.indices { sums[Int(labels[index])] += batch.tally[index] }
        if labelCount > 0 { state.labelSums.append(sums) }
        if keepsBatches {
            state.kept.append((0 ..< batch.tally.count).map { batch.tally[$0] })
        }
        state.emittedKeV += batch.emittedKeV
        state.escapedKeV += batch.escapedKeV
        state.batches += 1
    }

    /// Returns the energy of each batch, in keV, and what all emitted.
    func batches() -> ([[Double]], Double) {
        state.withLock { ($0.kept, $0.emittedKeV) }
    }

    /// Turns sums into doses.
    func result(
        phantom: VoxelPhantom, decaysPerHistory: Double, histories: Int
    ) throws -> MonteCarloDose {
        try state.withLock { state in
            let geometry = phantom.geometry
            let scale = PhysicalConstant.joulesPerKeV * decaysPerHistory
            var grays = [Float](repeating: 0, count: geometry.count)
            var sigmas = grays
            var masses = [Double](repeating: 0, count: geometry.count)
            phantom.density.gramsPerML.withVoxels { density in
                for index in grays.indices {
                    let mass = Double(density[index]) * geometry.voxelVolumeML * 1e-3
                    masses[index] = mass
                    let sum = state.sum[index]
                    guard sum > 0, mass > 0 else { continue }
                    grays[index] = Float(sum * scale / mass)
                    sigmas[index] = Float(
                        Self.relativeSigma(
                            sum: sum, squares: state.squares[index], batches: state.batches))
                }
            }
            return MonteCarloDose(
                dose: DoseMap(grays: try Volume(voxels: grays, geometry: geometry)),
                relativeUncertainty: try Volume(voxels: sigmas, geometry: geometry),
                labels: labelDoses(state, masses: masses, scale: scale), histories: histories,
                batches: state.batches, emittedJ: state.emittedKeV * scale,
                depositedJ: state.sum.reduce(0, +) * scale, escapedJ: state.escapedKeV * scale)
        }
    }

    /// Relative standard error of a sum over batches, from their scatter.
    private static func relativeSigma(sum: Double, squares: Double, batches: Int) -> Double {
        let n = Double(batches)
        let variance = max(0, squares / n - (sum / n) * (sum / n)) / (n - 1)
        return variance.squareRoot() * n / sum
    }

    private func labelDoses(
        _ state: State, masses: [Double], scale: Double
    ) -> [MonteCarloDose.LabelDose] {
        var mass = [Double](repeating: 0, count: labelCount)
        var seen = [Bool](repeating: false, count: labelCount)
        for index in labels.indices {
            mass[Int(labels[index])] += masses[index]
            seen[Int(labels[index])] = true
        }
        return (0 ..< labelCount).filter { seen[$0] && mass[$0] > 0 }.map { label in
            let values = state.labelSums.map { $0[label] }
            let sum = values.reduce(0, +)
            let squares = values.reduce(0) { $0 + $1 * $1 }
            return MonteCarloDose.LabelDose(
                label: label, massKg: mass[label], meanGy: sum * scale / mass[label],
                relativeUncertainty: sum > 0
                    ? Self.relativeSigma(sum: sum, squares: squares, batches: state.batches) : 0)
        }
    }
}
