import Foundation
import Imaging
import Physics
import Quantities
import Transport

/// Monte Carlo on a plan's ground.
struct PlanTransport: Sendable {
    static let identifier = "monte-carlo/1"

    private let engine: MonteCarloEngine
    private let choice: PlanSpec.DoseChoice.MonteCarlo
    private let labels: PlanLabels

    /// VOIs smaller than this are not waited for, in mL.
    private static let smallestVolumeML = 1.0

    init(
        _ choice: PlanSpec.DoseChoice.MonteCarlo, decay: DecayData, ground: PlanGround
    ) throws {
        self.choice = choice
        labels = try PlanLabels(ground.regions)
        engine = try MonteCarloEngine(
            phantom: VoxelPhantom(
                medium: ground.medium, density: ground.density, media: Medium.all),
            spectrum: EmissionSpectrum(decay))
    }

    /// Where the random numbers of a run start.
    func seed(_ number: Int) -> UInt64 { choice.seed &+ UInt64(number) }

    /// Runs until the plan's length is reached.
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
        let result = try await TransportRun(
            stop: stop, seed: seed(number), threads: ProcessInfo.processInfo.activeProcessorCount,
            didProgress: stage
        )(engine, decays: perVoxel, labels: labels.map, identity: "plan", target: target)
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
