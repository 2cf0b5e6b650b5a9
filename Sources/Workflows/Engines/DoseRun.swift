import Dosimetry
package import Foundation
import Imaging
import Physics
import Quantities
import Transport

/// A dose from files of activity, density and media into a file.
package struct DoseRun: Sendable {
    /// Who computes.
    package enum Engine: String, Hashable, Sendable, CaseIterable {
        /// Electrons leave their energy in their voxel, photons leave.
        case local
        /// Voxel kernels in water, divided by the mass of each voxel.
        case kernel
        /// Electrons and photons are followed.
        case montecarlo
    }

    package let sources: DoseSources
    package let nuclide: String
    package let engine: Engine
    package let doseTo: DoseTarget
    package let run: TransportRun
    package let out: URL
    package let uncertaintyOut: URL?
    /// Whether voxels of gas count in the means of labels.
    package let countsGas: Bool

    package init(
        sources: DoseSources, nuclide: String, engine: Engine, doseTo: DoseTarget = .medium,
        run: TransportRun, out: URL, uncertaintyOut: URL?, countsGas: Bool = false
    ) {
        self.countsGas = countsGas
        self.sources = sources
        self.doseTo = doseTo
        (self.nuclide, self.engine, self.run) = (nuclide, engine, run)
        (self.out, self.uncertaintyOut) = (out, uncertaintyOut)
    }

    /// What an engine gave.
    struct Result {
        var dose: Volume<Float>
        let uncertainty: Volume<Float>
        let emittedJ: Double
        let depositedJ: Double
        let escapedJ: Double
        let histories: Int
        var labels: [DoseReport.Label]
        /// What the engine had to change of its inputs.
        var findings: [Finding] = []
    }

    /// Computes the dose and writes it.
    ///
    /// - Returns: What was done.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for what the files or names do not allow;
    ///   what engine and writer throw.
    package func callAsFunction() async throws -> DoseReport {
        try OutputFiles(
            written: [out] + (uncertaintyOut.map { [$0] } ?? []),
            read: sources.files, checkpoint: run.checkpoint
        ).check()
        let decay = try DecayData(Nuclide.asked(nuclide))
        let media = try Medium.all
        let inputs = try await DoseInputs(sources, decay: decay, media: media.count)
        // Processor time of the whole process; nothing else runs in it.
        let (start, ticks) = (ContinuousClock.now, clock())
        var result =
            switch engine {
            case .local: try await local(decay, inputs)
            case .kernel: try await Self.convolved(decay, inputs)
            case .montecarlo: try await transported(decay, inputs, media)
            }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let coreSeconds = Double(clock() - ticks) / Self.ticksPerSecond
        var findings = inputs.findings + result.findings
        if doseTo == .water { findings.append(try Self.toWater(&result, decay, inputs)) }
        try NIfTI.write(
            result.dose, to: out, description: "absorbed dose in Gy",
            isMirrored: inputs.isMirrored)
        if let uncertaintyOut {
            try NIfTI.write(
                result.uncertainty, to: uncertaintyOut,
                description: "relative 1 sigma of dose, fraction", isMirrored: inputs.isMirrored)
        }
        if engine == .montecarlo { try run.finish() }
        let isDrawn = result.histories > 0
        let labels = inputs.labels.map {
            LabelMeans(result, inputs, $0, countsGas: countsGas)
        }
        return DoseReport(
            engine: engine.rawValue, nuclide: decay.nuclide.rawValue, doseTo: doseTo.rawValue,
            decays: inputs.decays.sum(), emittedJ: result.emittedJ,
            depositedJ: result.depositedJ, escapedJ: result.escapedJ,
            histories: result.histories,
            historiesPerSecondPerCore: isDrawn && coreSeconds > 0
                ? Double(result.histories) / coreSeconds : 0,
            seconds: seconds, seed: isDrawn ? run.seed : nil,
            threads: isDrawn ? run.threads : nil,
            labels: labels?.means, inputs: inputs.digests,
            densityCurve: inputs.densityCurve, overrides: sources.overrides,
            findings: findings + (labels?.findings ?? []), version: Software.version)
    }

    /// `CLOCKS_PER_SEC`, which POSIX fixes.
    private static let ticksPerSecond = 1e6

    private func transported(
        _ decay: DecayData, _ inputs: DoseInputs, _ media: [Medium]
    ) async throws -> Result {
        let phantom = try VoxelPhantom(
            medium: inputs.medium, density: inputs.density, media: media)
        let engine = try MonteCarloEngine(phantom: phantom, spectrum: EmissionSpectrum(decay))
        let files = inputs.digests.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        var target: PrecisionTarget?
        if case .relativeUncertainty(let sigma) = run.stop {
            target = PrecisionTarget(relativeSigma: sigma)
            target?.smallestVolumeML = inputs.labels?.smallestVolumeML ?? 0
        }
        let balanced = BalancedActivity(inputs.decays)
        let result = try await run(
            engine, decays: balanced.amounts, labels: inputs.labels?.map,
            identity: "\(decay.nuclide.rawValue); \(files.joined(separator: "; "))",
            target: target)
        return Result(
            dose: result.dose.grays, uncertainty: result.relativeUncertainty,
            emittedJ: result.emittedJ, depositedJ: result.depositedJ, escapedJ: result.escapedJ,
            histories: result.histories,
            labels: result.labels.map {
                DoseReport.Label(
                    label: $0.label, massKg: $0.massKg, meanGy: $0.meanGy,
                    relativeUncertainty: $0.relativeUncertainty)
            }, findings: balanced.findings)
    }

    /// Physical electron energy of the nuclide file, not that of a convention.
    ///
    /// Voxels of gas have the density of ``DensityMap/gasFloorGPerML``, unless gas is asked for:
    /// divided by next to no mass, what blur puts there would be a dose of no meaning.
    private func local(_ decay: DecayData, _ inputs: DoseInputs) async throws -> Result {
        let grid = inputs.decays.geometry
        // Empty voxels hold no activity and get no dose, whatever density stands there.
        let filled = inputs.density.gramsPerML.voxels.map { $0 > 0 ? $0 : 1 }
        let concentration = TimeIntegratedActivityMap(
            decaysPerML: inputs.decays.scaled(by: 1 / grid.voxelVolumeML))
        var density = DensityMap(gramsPerML: try Volume(voxels: filled, geometry: grid))
        var findings: [Finding] = []
        if !countsGas {
            (density, findings) = try density.floored(
                atGPerML: DensityMap.gasFloorGPerML, decays: concentration)
        }
        let engine = LocalDepositionEngine(physical: decay)
        let dose = try await engine.dose(decays: concentration, density: density).grays
        let total = inputs.decays.sum()
        let deposited = total * engine.energyPerDecay.joules
        let escaped = total * Energy(megaelectronvolts: decay.photonKeVPerDecay * 1e-3).joules
        return Result(
            dose: dose, uncertainty: Volume(repeating: 0, geometry: grid),
            emittedJ: deposited + escaped, depositedJ: deposited, escapedJ: escaped,
            histories: 0, labels: [], findings: findings)
    }
}
