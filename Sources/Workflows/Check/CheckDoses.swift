import DICOM
import Dosimetry
import Foundation
import Imaging
import Physics
import Quantities
import Transport

/// The dose recomputed by the engine asked for, and by the two that draw nothing.
struct CheckDoses: Sendable {
    /// Without dose in gas.
    let recomputed: DoseMap
    /// As the engine gave it.
    let unmasked: DoseMap
    /// Relative 1 sigma of each voxel; `nil` for engines that draw nothing.
    let sigma: Volume<Float>?
    /// Means over labels, with their sigma; empty for engines that draw nothing.
    let labels: [MonteCarloDose.LabelDose]
    let structureLabels: StructureLabels?
    let engine: DoseRun.Engine
    /// By name: what other methods give, without dose in gas.
    let others: [DoseRun.Engine: DoseMap]
    let local: DoseMap
    let kernel: DoseMap
    let histories: Int
    let findings: [Finding]

    init(
        _ inputs: CheckInputs, decay: DecayData, engine: DoseRun.Engine, run: TransportRun
    ) async throws {
        let concentration = TimeIntegratedActivityMap(
            decaysPerML: inputs.decays.scaled(by: 1 / inputs.grid.voxelVolumeML))
        let floored = try inputs.density.floored(
            atGPerML: DensityMap.gasFloorGPerML, decays: concentration)
        let local = try await LocalDepositionEngine(physical: decay).dose(
            decays: concentration, density: floored.density)
        let kernel = try await VoxelKernelEngine(
            of: decay.nuclide, in: inputs.density, where: inputs.decays
        ).dose(decays: concentration, density: inputs.density)
        var own = engine == .local ? local : kernel
        var transported: MonteCarloDose?
        var told = floored.findings
        let structures =
            engine == .montecarlo
            ? inputs.structures.map { StructureLabels($0.value, on: inputs.grid) } : nil
        if engine == .montecarlo {
            let balanced = BalancedActivity(inputs.decays)
            let result = try await Self.transported(
                inputs, balanced.amounts, decay, run, structures?.map)
            own = result.dose
            transported = result
            told += balanced.findings
        }
        self.local = inputs.withoutGas(local)
        self.kernel = inputs.withoutGas(kernel)
        others = [DoseRun.Engine.local: self.local, .kernel: self.kernel].filter {
            $0.key != engine
        }
        unmasked = own
        recomputed = inputs.withoutGas(own)
        sigma = transported?.relativeUncertainty
        labels = transported?.labels ?? []
        structureLabels = structures
        self.engine = engine
        histories = transported?.histories ?? 0
        findings = told
    }

    private static func transported(
        _ inputs: CheckInputs, _ decays: Volume<Float>, _ decay: DecayData, _ run: TransportRun,
        _ labels: Volume<UInt16>?
    ) async throws -> MonteCarloDose {
        let phantom = try VoxelPhantom(
            medium: inputs.medium, density: inputs.density, media: Medium.all)
        let files = inputs.digests.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        var target: PrecisionTarget?
        if case .relativeUncertainty(let sigma) = run.stop {
            // Gamma looks at voxels, so it is voxels that have to be known, not means of labels.
            var voxels = PrecisionTarget(relativeSigma: sigma)
            voxels.smallestVolumeML = .greatestFiniteMagnitude
            target = voxels
        }
        return try await run(
            MonteCarloEngine(phantom: phantom, spectrum: EmissionSpectrum(decay)),
            decays: decays, labels: labels,
            identity: "check \(decay.nuclide.rawValue) \(inputs.decays.sum()); "
                + files.joined(separator: "; "),
            target: target)
    }
}
