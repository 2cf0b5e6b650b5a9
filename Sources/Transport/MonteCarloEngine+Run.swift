public import Imaging
import Physics

extension MonteCarloEngine {
    /// Runs decays spread over the voxels like `decays`.
    ///
    /// - Parameters:
    ///   - decays: Decays per voxel (time-integrated activity in Bq·s), on the phantom's grid.
    ///   - stop: What ends the run.
    ///   - seed: Any number.
    ///   - threads: Workers; the result does not depend on it.
    ///   - labels: Labels whose mean doses are wanted, on the phantom's grid.
    ///   - state: Where an interrupted run of the same inputs, labels and seed goes on; seconds of
    ///     ``StopRule/seconds(_:)`` count from here.
    ///   - control: What the caller wants to hear.
    /// - Returns: Dose, its uncertainty and the energy balance.
    /// - Throws: ``TransportError``.
    public func run(
        decays: Volume<Float>, until stop: StopRule, seed: UInt64, threads: Int = 2,
        labels: Volume<UInt16>? = nil, from state: RunState? = nil,
        control: RunControl = RunControl()
    ) throws -> MonteCarloDose {
        try stop.check()
        let (sites, total) = try sites(decays)
        if let labels, labels.geometry != phantom.geometry {
            throw TransportError.gridMismatch(what: "Labels")
        }
        let labelOfVoxel = labels.map { $0.voxels } ?? []
        let voxels = phantom.geometry.count
        if let state, state.voxels.total.count != voxels { throw TransportError.foreignState }
        var sum =
            try state.map { try RunSum($0, labelOfVoxel: labelOfVoxel) }
            ?? RunSum(voxels: voxels, labelOfVoxel: labelOfVoxel)
        var position = state?.position ?? RunPosition()
        let source = HistorySource(spectrum, sites: sites, settings: settings)
        var plan = RunPlan(
            stop, schedule: RoundSchedule(batches: settings.batches, voxels: voxels),
            check: precisionCheck(stop, decays: decays, labelOfVoxel: labelOfVoxel))
        let clock = RunClock(inherited: state?.histories ?? 0)
        while true {
            if position.perBatch == 0 {
                guard
                    let perBatch = plan.nextRound(
                        after: position, sum: sum, seconds: clock.seconds,
                        fresh: clock.fresh(position.completed))
                else { break }
                position.perBatch = perBatch
            }
            let expected = plan.expectedHistories
            try runRound(
                source, position, seed: seed, threads: threads, sum: &sum,
                isCancelled: control.isCancelled
            ) { sum, reached in
                control.didProgress(clock.progress(reached.histories, of: expected))
                if let didReach = control.didReach,
                    clock.isCheckpointDue(every: control.checkpointSeconds)
                {
                    didReach(RunState(sum, at: reached))
                }
            }
            sum.closeRound(batches: settings.batches)
            position.completed += position.perBatch * settings.batches
            position.firstBatch += settings.batches
            (position.perBatch, position.batchesDone) = (0, 0)
        }
        return try result(
            sum, decaysPerHistory: total / Double(position.completed), position)
    }

    private func precisionCheck(
        _ stop: StopRule, decays: Volume<Float>, labelOfVoxel: [UInt16]
    ) -> PrecisionCheck? {
        guard case .precision(let target) = stop else { return nil }
        return PrecisionCheck(
            target, phantom: phantom,
            decays: decays.voxels,
            labelOfVoxel: labelOfVoxel)
    }

    /// Computes what is left of the round at `position`.
    private func runRound(
        _ source: HistorySource, _ position: RunPosition, seed: UInt64, threads: Int,
        sum: inout RunSum, isCancelled: @Sendable @escaping () -> Bool,
        didReach: @Sendable (RunSum, RunPosition) -> Void
    ) throws {
        let scene = scene
        let first = position.firstBatch
        let compute = { @Sendable (batch: Int) -> BatchResult? in
            let tally = RawTable(repeating: 0.0, count: scene.nx * scene.ny * scene.nz)
            var tracker = Tracker(
                scene: scene, scoring: VoxelScoring(energies: tally), seed: seed,
                batch: UInt32(truncatingIfNeeded: batch))
            guard
                let emitted = tracker.runBatch(
                    source, histories: position.perBatch, isCancelled: isCancelled)
            else { return nil }
            return BatchResult(
                tally: tally, emittedKeV: emitted, escapedKeV: tracker.escapedKeV)
        }
        try BatchOrder.add(
            first + position.batchesDone ..< first + settings.batches, to: &sum,
            threads: threads, compute: compute
        ) { sum, next in
            var reached = position
            reached.batchesDone = next - first
            didReach(sum, reached)
        }
    }

    /// Turns sums into doses.
    private func result(
        _ sum: RunSum, decaysPerHistory: Double, _ position: RunPosition
    ) throws -> MonteCarloDose {
        let geometry = phantom.geometry
        let scale = PhysicalConstant.joulesPerKeV * decaysPerHistory
        var grays = [Float](repeating: 0, count: geometry.count)
        var sigmas = grays
        var masses = [Double](repeating: 0, count: geometry.count)
        phantom.density.gramsPerML.withVoxels { density in
            for index in grays.indices {
                let mass = Double(density[index]) * geometry.voxelVolumeML * 1e-3
                masses[index] = mass
                let energy = sum.voxels.total[index]
                guard energy > 0, mass > 0 else { continue }
                grays[index] = Float(energy * scale / mass)
                sigmas[index] = Float(sum.voxels.relativeSigma(index))
            }
        }
        let labelMass = sum.byLabel { masses[$0] }
        return MonteCarloDose(
            dose: DoseMap(grays: try Volume(voxels: grays, geometry: geometry)),
            relativeUncertainty: try Volume(voxels: sigmas, geometry: geometry),
            labels: sum.labelsPresent.filter { labelMass[$0] > 0 }.map { label in
                MonteCarloDose.LabelDose(
                    label: label, massKg: labelMass[label],
                    meanGy: sum.labels.total[label] * scale / labelMass[label],
                    relativeUncertainty: sum.labels.relativeSigma(label))
            }, histories: position.completed, batches: position.firstBatch,
            emittedJ: sum.emittedKeV * scale,
            depositedJ: sum.voxels.total.reduce(0, +) * scale,
            escapedJ: sum.escapedKeV * scale)
    }
}
