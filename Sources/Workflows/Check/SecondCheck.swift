package import DICOM
import Dosimetry
package import Foundation
import Imaging
import Physics
import Quantities
import Transport

/// Recomputes the dose that another system gave, and says how and why the two differ.
package struct SecondCheck: Sendable {
    /// What is compared.
    package struct Sources: Sendable {
        /// The RTDOSE of the other system.
        package var planDose: URL
        /// A file, or the name of a series in ``data``.
        package var activity: String
        /// A file, or the name of a series in ``data``.
        package var ct: String
        /// A site's own table of CT number and density.
        package var ctCurve: URL?
        /// An RTSTRUCT.
        package var structures: URL?
        package var data: DataSession?

        package init(
            planDose: URL, activity: String, ct: String, ctCurve: URL? = nil,
            structures: URL? = nil, data: DataSession? = nil
        ) {
            (self.planDose, self.activity, self.ct) = (planDose, activity, ct)
            (self.ctCurve, self.structures, self.data) = (ctCurve, structures, data)
        }
    }

    /// What agrees.
    package struct Tolerance: Hashable, Sendable {
        package var dosePercent: Double
        /// Distance to agreement; `nil` for the shortest edge of a voxel.
        package var distanceMM: Double?
        /// Voxels below this share of the highest recomputed dose are not compared.
        package var thresholdPercent: Double

        package init(
            dosePercent: Double = 2, distanceMM: Double? = nil, thresholdPercent: Double = 10
        ) {
            (self.dosePercent, self.distanceMM) = (dosePercent, distanceMM)
            self.thresholdPercent = thresholdPercent
        }
    }

    package var sources: Sources
    package var nuclide: String
    package var calibration: ActivityCalibration
    package var engine: DoseRun.Engine
    package var run: TransportRun
    package var tolerance: Tolerance
    /// Whether voxels of gas count in the doses of structures.
    package var countsGas: Bool
    /// The map of plan minus recomputed dose in Gy.
    package var differenceOut: URL?
    /// The map of γ, global; -1 where nothing was compared.
    package var gammaOut: URL?

    package init(
        sources: Sources, nuclide: String, calibration: ActivityCalibration = .asStated,
        engine: DoseRun.Engine = .montecarlo, run: TransportRun,
        tolerance: Tolerance = Tolerance(), countsGas: Bool = false, differenceOut: URL? = nil,
        gammaOut: URL? = nil
    ) {
        (self.sources, self.nuclide, self.calibration) = (sources, nuclide, calibration)
        (self.engine, self.run, self.tolerance) = (engine, run, tolerance)
        self.countsGas = countsGas
        (self.differenceOut, self.gammaOut) = (differenceOut, gammaOut)
    }

    /// Reads, recomputes and compares.
    ///
    /// - Parameter source: Reads the RTDOSE and the RTSTRUCT.
    /// - Returns: What was found; the maps are in files.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for what the files do not allow;
    ///   `DicomError`, `DoseError`, and what the engines throw.
    package func callAsFunction(
        source: any DicomSource = DicomReader()
    ) async throws -> CheckReport {
        let outputs = [differenceOut, gammaOut].compactMap { $0 }
        try OutputFiles(
            written: outputs,
            read: [sources.planDose, URL(filePath: sources.activity), URL(filePath: sources.ct)]
                + [sources.ctCurve, sources.structures].compactMap { $0 },
            checkpoint: run.checkpoint
        ).check()
        let decay = try DecayData(Nuclide.asked(nuclide))
        let inputs = try await CheckInputs(sources, calibration, decay, source: source)
        let doses = try await CheckDoses(inputs, decay: decay, engine: engine, run: run)
        let criteria = criteria(inputs.grid)
        let plan = inputs.withoutGas(inputs.plan.dose)
        let global = try GammaIndex(
            reference: doses.recomputed, evaluated: plan, criteria: criteria(.global))
        let local = try GammaIndex(
            reference: doses.recomputed, evaluated: plan, criteria: criteria(.local))
        try write(difference: inputs.plan.dose.grays, minus: doses.unmasked.grays, global.map)
        if engine == .montecarlo { try run.finish() }
        let samples = try CheckSamples(
            plan: plan, doses, inputs, threshold: tolerance.thresholdPercent / 100)
        let structures = try await CheckStructures(inputs, doses, countsGas: countsGas)
        let totals = CheckReport.Totals(plan, doses.recomputed, inputs.density, samples)
        let causes = try CauseFinder(
            samples: samples, globalPass: global.passRate, structures: structures.rows,
            ratios: KnownRatio.all(decay, inputs, samples.meanDensityGPerML),
            energyRatio: totals.energyRatio)
        return CheckReport(
            engine: engine.rawValue, nuclide: decay.nuclide.rawValue,
            decays: inputs.decays.sum(), histories: doses.histories,
            medianVoxelSigmaPercent: samples.medianSigma.map { 100 * $0 },
            totals: totals, conventions: try ConventionConstants(decay),
            structures: structures.rows,
            gamma: CheckReport.Gamma(criteria(.global), global: global, local: local),
            causes: causes.causes, inputs: inputs.digests,
            findings: inputs.findings + doses.findings + structures.findings + noise(samples),
            version: Software.version)
    }

    /// Warns where noise alone fails voxels of the gamma test.
    private func noise(_ samples: CheckSamples) -> [Finding] {
        guard let sigma = samples.medianSigma, sigma > tolerance.dosePercent / 100 / 2 else {
            return []
        }
        return [
            Finding(
                "check.noise", .warning,
                "1 sigma of the median compared voxel is "
                    + String(format: "%.2g", 100 * sigma)
                    + " %; noise alone fails voxels of the gamma test. Let the run be longer.")
        ]
    }

    private func criteria(
        _ grid: VolumeGeometry
    ) -> (GammaCriteria.Normalisation) -> GammaCriteria {
        { normalisation in
            GammaCriteria(
                doseShare: tolerance.dosePercent / 100,
                distanceMM: tolerance.distanceMM ?? grid.spacingMM.smallest,
                normalisation: normalisation, thresholdShare: tolerance.thresholdPercent / 100)
        }
    }

    private func write(
        difference plan: Volume<Float>, minus recomputed: Volume<Float>, _ gamma: Volume<Float>
    ) throws {
        if let differenceOut {
            var difference = plan
            difference.updateSlices { k, slice in
                let start = k * plan.geometry.shape.x * plan.geometry.shape.y
                recomputed.withVoxels { other in
                    for n in slice.indices { slice[n] -= other[start + n] }
                }
            }
            try NIfTI.write(
                difference, to: differenceOut, description: "plan minus recomputed dose in Gy")
        }
        if let gammaOut {
            try NIfTI.write(gamma, to: gammaOut, description: "gamma, global; -1 not compared")
        }
    }
}
