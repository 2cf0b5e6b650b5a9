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
        let structures =
            engine == .montecarlo
            ? inputs.structures.map { StructureLabels($0.value, on: inputs.grid) } : nil
        if engine == .montecarlo {
            let result = try await Self.transported(inputs, decay, run, structures?.map)
            own = result.dose
            transported = result
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
        findings = floored.findings
    }

    private static func transported(
        _ inputs: CheckInputs, _ decay: DecayData, _ run: TransportRun, _ labels: Volume<UInt16>?
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
            decays: inputs.decays, labels: labels,
            identity: "check \(decay.nuclide.rawValue) \(inputs.decays.sum()); "
                + files.joined(separator: "; "),
            target: target)
    }
}

/// Structures, which may overlap, as one map: each combination of them is a label.
struct StructureLabels: Sendable {
    let map: Volume<UInt16>
    /// The numbers of the structures by label.
    let structures: [Int: Set<Int>]

    /// A structure that has no mask is in no label; its histogram says why.
    init(_ set: StructureSet, on grid: VolumeGeometry) {
        var labels = [UInt16](repeating: 0, count: grid.count)
        var known: [Set<Int>: UInt16] = [[]: 0]
        var sets: [UInt16: Set<Int>] = [0: []]
        for structure in set.structures {
            let contours = structure.contours.withoutDegenerate().kept
            guard !contours.contours.isEmpty, let mask = try? contours.mask(on: grid) else {
                continue
            }
            mask.forEachVoxel { index, share in
                guard share >= 0.5 else { return }
                let wanted = (sets[labels[index]] ?? []).union([structure.number])
                if known[wanted] == nil, let next = UInt16(exactly: known.count) {
                    known[wanted] = next
                    sets[next] = wanted
                }
                labels[index] = known[wanted] ?? labels[index]
            }
        }
        map = (try? Volume(voxels: labels, geometry: grid)) ?? Volume(repeating: 0, geometry: grid)
        structures = Dictionary(uniqueKeysWithValues: sets.map { (Int($0.key), $0.value) })
    }
}
