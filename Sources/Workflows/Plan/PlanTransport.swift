import Foundation
import Imaging
import Physics
import Quantities
import Storage
import Transport

/// Monte Carlo on a plan's ground.
struct PlanTransport: Sendable {
    static let identifier = "monte-carlo/1"

    private let engine: MonteCarloEngine
    private let choice: PlanSpec.DoseChoice.MonteCarlo
    private let labels: PlanLabels
    private let checkpoints: RunCheckpoints?
    /// What every run of the plan is of; empty without checkpoints.
    private let identity: String

    /// VOIs smaller than this are not waited for, in mL.
    private static let smallestVolumeML = 1.0

    init(
        _ choice: PlanSpec.DoseChoice.MonteCarlo, decay: DecayData, ground: PlanGround,
        checkpoints: RunCheckpoints?
    ) throws {
        self.choice = choice
        self.checkpoints = checkpoints
        labels = try PlanLabels(ground.regions)
        identity =
            checkpoints == nil
            ? "" : Self.identity(of: ground, labels: labels.map, decay: decay)
        engine = try MonteCarloEngine(
            phantom: VoxelPhantom(
                medium: ground.medium, density: ground.density, media: Medium.all),
            spectrum: EmissionSpectrum(decay))
    }

    private static func identity(
        of ground: PlanGround, labels: Volume<UInt16>, decay: DecayData
    ) -> String {
        let bytes = labels.voxels.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        let parts = [
            ObjectDigest(of: ground.medium.voxels), digest(ground.density.gramsPerML),
            ObjectDigest(of: bytes),
        ]
        return "plan, \(decay.nuclide.rawValue), \(parts.map(\.hex).joined(separator: ", "))"
    }

    /// SHA-256 of values and grid.
    private static func digest(_ volume: Volume<Float>) -> ObjectDigest {
        ObjectDigest(of: Array(MetaImage.encoded(volume)))
    }

    /// Where the random numbers of a run start.
    func seed(_ number: Int) -> UInt64 { choice.seed &+ UInt64(number) }

    /// Runs until the plan's length is reached, from where a killed run of the same number was.
    ///
    /// - Throws: `TransportError`, `CancellationError`.
    func run(
        _ decays: TimeIntegratedActivityMap, number: Int,
        stage: @Sendable @escaping (String) -> Void
    ) async throws -> (dose: DoseMap, statistics: DoseStatistics) {
        let perVoxel = decays.decaysPerML.scaled(by: decays.decaysPerML.geometry.voxelVolumeML)
        let stop: TransportRun.Stop
        var target: PrecisionTarget?
        switch choice.length {
        case .histories(let count): stop = .histories(count)
        case .relativeUncertainty(let sigma, let voxelSigma):
            stop = .relativeUncertainty(sigma)
            target = precision(sigma, tumourVoxels: voxelSigma, decays: perVoxel)
        }
        var run = TransportRun(
            stop: stop, seed: seed(number), threads: ProcessInfo.processInfo.activeProcessorCount,
            checkpoint: checkpoints?.file(number),
            checkpointSeconds: checkpoints?.seconds ?? RunCheckpoints.usualSeconds,
            didProgress: stage)
        run.isCheckpointAnAid = true
        let decaysDigest = checkpoints == nil ? "" : Self.digest(perVoxel).hex
        let result = try await run(
            engine, decays: perVoxel, labels: labels.map, identity: "\(identity), \(decaysDigest)",
            target: target)
        return (
            result.dose,
            DoseStatistics(
                labels: labels.map,
                labelSigma: Dictionary(
                    uniqueKeysWithValues: result.labels.map { ($0.label, $0.relativeUncertainty) }),
                voxelSigma: result.relativeUncertainty, histories: result.histories)
        )
    }

    /// The rule of the plan file: means of structures, and voxels of the tumours that are treated.
    private func precision(
        _ sigma: Double, tumourVoxels voxelSigma: Double, decays: Volume<Float>
    ) -> PrecisionTarget {
        var target = PrecisionTarget(relativeSigma: sigma)
        target.smallestVolumeML = Self.smallestVolumeML
        let treated = labels.activity(decays)
        target.normalTissue = labels.normalTissue.filter { treated[$0] > 0 }
            .max { treated[$0] < treated[$1] }
        target.tumours = Set(
            labels.tumours.filter {
                treated[$0] > 0
                    && labels.volumeML($0) >= Self.smallestVolumeML
            })
        target.tumourVoxelSigma = voxelSigma
        return target
    }
}
