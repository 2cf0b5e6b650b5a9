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
                histories: result.histories)
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

/// What is known of the statistics of a simulated dose.
package struct DoseStatistics: Sendable {
    let labels: Volume<UInt16>
    /// Relative 1 sigma of the mean of each label.
    let labelSigma: [Int: Double]
    let histories: Int

    /// Returns 1 sigma of a region's mean dose, in the unit of `dose`.
    ///
    /// Regions are made of labels; the sigmas of the labels' energies are added as if they rose and
    /// fell together, so it is an upper bound where a region holds several.
    func sigma(of region: RegionMask, dose: Volume<Float>, density: DensityMap) -> Double {
        var energy: [Int: Double] = [:]
        var mass = 0.0
        labels.withVoxels { labels in
            dose.withVoxels { dose in
                density.gramsPerML.withVoxels { density in
                    region.forEachVoxel { index, share in
                        let part = Double(density[index]) * Double(share)
                        mass += part
                        energy[Int(labels[index]), default: 0] += part * Double(dose[index])
                    }
                }
            }
        }
        guard mass > 0 else { return 0 }
        // By rising label, so that the sum has one order.
        return energy.sorted { $0.key < $1.key }.reduce(0) {
            $0 + $1.value * labelSigma[$1.key, default: 0]
        } / mass
    }
}
