import Imaging
import Physics
import Synchronization
import Testing
import Transport

/// Laws of stopping, pausing and going on.
@Suite("Run control")
struct RunControlTests {
    private struct Setup {
        let engine: MonteCarloEngine
        let decays: Volume<Float>
        let labels: Volume<UInt16>
    }

    /// Label 1 holds the activity, label 2 lies far from it.
    private func setup(_ nuclide: Nuclide = .lu177) throws -> Setup {
        let (phantom, decays) = try EngineLawTests.block()
        var labels = Volume<UInt16>(repeating: 0, geometry: decays.geometry)
        for k in 0 ..< 7 {
            for j in 0 ..< 8 {
                for i in 0 ..< 9 {
                    labels[i, j, k] = decays[i, j, k] > 0 ? 1 : i < 2 ? 2 : 0
                }
            }
        }
        return Setup(
            engine: try MonteCarloEngine(
                phantom: phantom, spectrum: EmissionSpectrum(DecayData(nuclide))),
            decays: decays, labels: labels)
    }

    private func expectSame(_ one: MonteCarloDose, _ two: MonteCarloDose) {
        #expect(one.histories == two.histories && one.batches == two.batches)
        #expect(
            one.dose.grays.voxels == two.dose.grays.voxels)
        #expect(
            one.relativeUncertainty.voxels
                == two.relativeUncertainty.voxels)
        #expect(one.labels == two.labels)
        #expect(one.emittedJ == two.emittedJ && one.escapedJ == two.escapedJ)
    }

    @Test("A run ended by time repeats by its number of histories", arguments: [0.02, 0.1, 0.3])
    func time(seconds: Double) throws {
        let setup = try setup()
        let timed = try setup.engine.run(
            decays: setup.decays, until: .seconds(seconds), seed: 3, labels: setup.labels)
        #expect(timed.histories >= 40 && timed.histories % 40 == 0)
        let repeated = try setup.engine.run(
            decays: setup.decays, until: .histories(timed.histories), seed: 3, threads: 1,
            labels: setup.labels)
        expectSame(timed, repeated)
    }

    @Test("A run ended by uncertainty meets it and repeats by its number of histories")
    func uncertainty() throws {
        let setup = try setup()
        var target = PrecisionTarget(relativeSigma: 0.002)
        let run = try setup.engine.run(
            decays: setup.decays, until: .precision(target), seed: 3, labels: setup.labels)
        let sigmas = run.labels.filter { $0.label == 1 }.map(\.relativeUncertainty)
        #expect(sigmas.count == 1 && sigmas.allSatisfy { $0 > 0 && $0 <= 0.002 })
        expectSame(
            run,
            try setup.engine.run(
                decays: setup.decays, until: .histories(run.histories), seed: 3,
                labels: setup.labels))
        // A looser bound, but for the voxels of the label too.
        target.relativeSigma = 0.05
        target.tumours = [1]
        target.tumourVoxelSigma = 0.02
        let voxels = try setup.engine.run(
            decays: setup.decays, until: .precision(target), seed: 3, labels: setup.labels)
        let doses = voxels.dose.grays.voxels
        let relative = voxels.relativeUncertainty.voxels
        let active = setup.decays.voxels
        let highest = zip(doses, active).filter { $1 > 0 }.map(\.0).max() ?? 0
        let high = doses.indices.filter { active[$0] > 0 && doses[$0] > highest / 2 }
            .map { relative[$0] }.sorted()
        #expect(high[high.count / 2] <= 0.02)
        // Without the voxels, the label alone would have stopped earlier.
        target.tumours = []
        let means = try setup.engine.run(
            decays: setup.decays, until: .precision(target), seed: 3, labels: setup.labels)
        #expect(means.histories < voxels.histories)
    }

    @Test("Without labels the median high voxel meets the uncertainty")
    func medianVoxel() throws {
        let setup = try setup()
        let run = try setup.engine.run(
            decays: setup.decays, until: .precision(PrecisionTarget(relativeSigma: 0.03)), seed: 3)
        let doses = run.dose.grays.voxels
        let relative = run.relativeUncertainty.voxels
        let highest = doses.max() ?? 0
        let high = doses.indices.filter { doses[$0] > highest / 2 }.map { relative[$0] }.sorted()
        #expect(high[high.count / 2] <= 0.03)
    }

    @Test(
        "A run that was cut off goes on to the bytes of one that was not",
        arguments: [1, 7, 39, 40, 41, 95, 120])
    func resume(batches: Int) throws {
        let setup = try setup(.i131)
        let rule = StopRule.histories(40_000)
        let whole = try setup.engine.run(
            decays: setup.decays, until: rule, seed: 9, labels: setup.labels)
        #expect(whole.batches > 120)
        let left = Mutex<[UInt8]>([])
        let calls = Mutex(0)
        var control = RunControl()
        control.checkpointSeconds = 0
        control.didReach = { state in
            let call = calls.withLock { count -> Int in
                count += 1
                return count
            }
            if call == batches { left.withLock { $0 = state.bytes } }
        }
        control.isCancelled = { left.withLock { !$0.isEmpty } }
        #expect(throws: TransportError.cancelled) {
            _ = try setup.engine.run(
                decays: setup.decays, until: rule, seed: 9, labels: setup.labels,
                control: control)
        }
        let bytes = left.withLock { $0 }
        let state = try RunState(bytes: bytes)
        #expect(state.bytes == bytes && state.histories > 0)
        let resumed = try setup.engine.run(
            decays: setup.decays, until: rule, seed: 9, threads: 3, labels: setup.labels,
            from: state)
        expectSame(whole, resumed)
    }

    @Test("A state that is damaged or of another run is refused")
    func foreignState() throws {
        let setup = try setup()
        let kept = Mutex<RunState?>(nil)
        var control = RunControl()
        control.checkpointSeconds = 0
        control.didReach = { state in kept.withLock { $0 = state } }
        _ = try setup.engine.run(
            decays: setup.decays, until: .histories(4000), seed: 9, labels: setup.labels,
            control: control)
        let state = try #require(kept.withLock { $0 })
        #expect(throws: TransportError.foreignState) {
            try setup.engine.run(
                decays: setup.decays, until: .histories(4000), seed: 9, from: state)
        }
        let bytes = state.bytes
        for damaged in [
            [], Array(bytes.dropLast()), Array(bytes.dropLast(8)), Array(bytes.dropFirst()),
            // A count of 2⁶⁴ - 1.
            Array(bytes[..<12]) + [UInt8](repeating: 255, count: 8) + bytes[20...],
        ] {
            #expect(throws: TransportError.damagedState) { try RunState(bytes: damaged) }
        }
    }

    @Test("Progress rises to the end and says how long it takes")
    func progress() throws {
        let setup = try setup()
        let seen = Mutex<[RunProgress]>([])
        var control = RunControl()
        control.didProgress = { progress in seen.withLock { $0.append(progress) } }
        let run = try setup.engine.run(
            decays: setup.decays, until: .histories(30_000), seed: 9, control: control)
        let steps = seen.withLock { $0 }
        #expect(steps.count == run.batches && steps.last?.histories == run.histories)
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.histories < $1.histories })
        #expect(steps.last?.remainingSeconds == 0)
        #expect(steps.allSatisfy { ($0.remainingSeconds ?? -1) >= 0 })
    }

    @Test(
        "Stops outside their range are refused",
        arguments: [
            StopRule.histories(0), .seconds(0), .seconds(.nan),
            .precision(PrecisionTarget(relativeSigma: 0)),
            .precision(PrecisionTarget(relativeSigma: .infinity)),
        ])
    func ranges(stop: StopRule) throws {
        let setup = try setup()
        #expect(throws: TransportError.self) {
            try setup.engine.run(decays: setup.decays, until: stop, seed: 9)
        }
    }
}
