import Dosimetry
import Foundation
import Imaging
package import Quantities

/// What a second check found, as `grevy check` shows it.
package struct CheckReport: Hashable, Sendable, Encodable {
    /// Energy in all matter but gas, and the best factor over the compared voxels.
    package struct Totals: Hashable, Sendable, Encodable {
        package let planJ: Double
        package let recomputedJ: Double
        package let energyRatio: Double
        /// Σ plan · recomputed / Σ recomputed².
        package let scale: Double
        /// √(Σ (plan − scale · recomputed)² / Σ plan²), in percent, less the recomputed dose's
        /// own noise.
        package let residualPercent: Double
    }

    package struct Doses: Hashable, Sendable, Encodable {
        package let meanGy: Double
        package let d95Gy: Double
        package let d50Gy: Double
        package let d2Gy: Double

        init(_ summary: DVHSummary) {
            (meanGy, d95Gy) = (summary.meanDoseGy, summary.d95Gy)
            (d50Gy, d2Gy) = (summary.d50Gy, summary.d2Gy)
        }
    }

    package struct Structure: Hashable, Sendable, Encodable {
        package let number: Int
        package let name: String
        package let volumeML: Double
        package let plan: Doses
        package let recomputed: Doses
        /// Statistical, 1 sigma; `nil` for engines that draw nothing.
        package let recomputedMeanSigmaGy: Double?
        /// Relative 1 sigma of the median voxel inside; `nil` for engines that draw nothing.
        let recomputedVoxelSigma: Double?
        package let findings: [Finding]

        /// Plan minus recomputed, over recomputed, in percent; `nil` without a recomputed dose.
        package var meanDifferencePercent: Double? {
            recomputed.meanGy > 0 ? 100 * (plan.meanGy / recomputed.meanGy - 1) : nil
        }
    }

    package struct Gamma: Hashable, Sendable, Encodable {
        /// Which dose is held true.
        package let reference: String
        package let dosePercent: Double
        package let distanceMM: Double
        package let thresholdPercent: Double
        package let voxels: Int
        package let globalPassPercent: Double
        package let localPassPercent: Double
        package let globalMean: Double

        init(_ criteria: GammaCriteria, global: GammaIndex, local: GammaIndex) {
            reference = "recomputed"
            (dosePercent, distanceMM) = (100 * criteria.doseShare, criteria.distanceMM)
            thresholdPercent = 100 * criteria.thresholdShare
            voxels = global.evaluated
            globalPassPercent = 100 * global.passRate
            localPassPercent = 100 * local.passRate
            globalMean = global.mean
        }
    }

    /// What the difference may come from.
    package struct Cause: Hashable, Sendable, Encodable {
        /// `agrees`, `structure`, `scale`, `blur`, `lung-density`, `shift`, `energy-elsewhere`,
        /// `noise` or `unexplained`.
        package let code: String
        package let sentence: String
        package let evidence: [String: Double]
    }

    package let engine: String
    package let nuclide: String
    /// Decays on the grid of the plan dose.
    package let decays: Double
    /// Decays simulated; 0 for engines that draw nothing.
    package let histories: Int
    /// Relative 1 sigma of the median compared voxel; `nil` for engines that draw nothing.
    package let medianVoxelSigmaPercent: Double?
    package let totals: Totals
    /// What a plan dose of a convention differs by from the recomputed one, which has none.
    package let conventions: ConventionConstants
    package let structures: [Structure]
    package let gamma: Gamma
    package let causes: [Cause]
    /// SHA-256 of each file or series, by option.
    package let inputs: [String: String]
    package let findings: [Finding]
    package let version: String
}

extension CheckReport.Totals {
    init(
        _ plan: DoseMap, _ recomputed: DoseMap, _ density: DensityMap, _ samples: CheckSamples
    ) {
        func joules(_ dose: DoseMap) -> Double {
            dose.grays.withVoxels { grays in
                density.gramsPerML.withVoxels { rho in
                    grays.indices.reduce(0.0) { $0 + Double(grays[$1]) * Double(rho[$1]) }
                }
            } * dose.grays.geometry.voxelVolumeML * 1e-3
        }
        (planJ, recomputedJ) = (joules(plan), joules(recomputed))
        energyRatio = planJ / recomputedJ
        scale = samples.compared.fit.scale
        residualPercent = 100 * samples.compared.residual
    }
}

extension CheckReport.Structure {
    private enum Key: String, CodingKey {
        case number, name, volumeML, plan, recomputed, recomputedMeanSigmaGy, findings
        case difference, differencePercent
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(number, forKey: .number)
        try container.encode(name, forKey: .name)
        try container.encode(volumeML, forKey: .volumeML)
        try container.encode(plan, forKey: .plan)
        try container.encode(recomputed, forKey: .recomputed)
        try container.encodeIfPresent(recomputedMeanSigmaGy, forKey: .recomputedMeanSigmaGy)
        try container.encode(findings, forKey: .findings)
        try container.encode(
            zip(plan.byName, recomputed.byName).reduce(into: [String: Double]()) {
                $0[$1.0.name] = $1.0.gy - $1.1.gy
            }, forKey: .difference)
        try container.encode(
            zip(plan.byName, recomputed.byName).reduce(into: [String: Double]()) {
                if $1.1.gy > 0 {
                    $0[String($1.0.name.dropLast(2))] = 100 * ($1.0.gy / $1.1.gy - 1)
                }
            }, forKey: .differencePercent)
    }
}

extension CheckReport.Doses {
    fileprivate var byName: [(name: String, gy: Double)] {
        [("meanGy", meanGy), ("d95Gy", d95Gy), ("d50Gy", d50Gy), ("d2Gy", d2Gy)]
    }
}
