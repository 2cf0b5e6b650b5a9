import Foundation

/// Contoured structures, which all voxels together can hide: a tumour is few of them.
extension CauseFinder {
    /// Doses below this share of the highest recomputed one are rounding of the files.
    private static let roundingShare = 1e-4
    /// A difference of so many sigma of the recomputed dose is none of chance: 3 of the difference,
    /// as the plan dose may be as noisy.
    private static let sigmas = 3 * 2.0.squareRoot()

    /// One figure of a structure that is off.
    private struct Difference {
        let words: String
        /// Off what was expected; `nil` where no dose was.
        let share: Double?
    }

    /// Tells of structures whose mean or D95 is off by more than ``tolerance`` and 3 sigma.
    ///
    /// - Parameter factor: That of the whole dose, which is told elsewhere.
    /// - Returns: `nil` where none is.
    func differing(from factor: Double) -> CheckReport.Cause? {
        let all = structures.flatMap { differences($0, from: factor) }.sorted {
            abs($0.share ?? .infinity) > abs($1.share ?? .infinity)
        }
        guard !all.isEmpty else { return nil }
        var evidence = ["figures": Double(all.count)]
        evidence["largestDifferencePercent"] = all.compactMap(\.share).first.map { 100 * $0 }
        return CheckReport.Cause(
            code: "structure",
            sentence: "Structures differ from the recomputed dose"
                + (factor == 1 ? ": " : " times \(Self.text(factor)): ")
                + all.map(\.words).joined(separator: "; ") + ".",
            evidence: evidence)
    }

    private func differences(
        _ row: CheckReport.Structure, from factor: Double
    ) -> [Difference] {
        let (plan, own) = (row.plan, row.recomputed)
        let sigma = relativeSigma(row)
        return [
            ("mean", plan.meanGy, own.meanGy, sigma),
            // Noise of single voxels spreads the doses inside.
            ("D95", plan.d95Gy, own.d95Gy, max(sigma, row.recomputedVoxelSigma ?? 0)),
        ].compactMap { name, planGy, recomputedGy, sigma in
            let expected = factor * recomputedGy
            let allowed = max(Self.tolerance, Self.sigmas * sigma) * abs(expected)
            let rounding = Self.roundingShare * samples.highestGy
            guard abs(planGy - expected) > max(allowed, rounding) else { return nil }
            let share = expected > rounding ? planGy / expected - 1 : nil
            return Difference(
                words: "the \(name) of '\(row.name)'"
                    + (share.map { String(format: " by %+.1f %%", 100 * $0) } ?? "")
                    + String(format: " (plan %.4g, recomputed %.4g Gy)", planGy, recomputedGy),
                share: share)
        }
    }

    /// Statistical 1 sigma of the recomputed mean; 0 for engines that draw nothing.
    private func relativeSigma(_ row: CheckReport.Structure) -> Double {
        row.recomputed.meanGy > 0
            ? (row.recomputedMeanSigmaGy ?? 0) / row.recomputed.meanGy : 0
    }

    /// The known choices that give a factor, if every structure carries it.
    func known(_ scale: Double) -> [KnownRatio] {
        let isShared = structures.allSatisfy { row in
            let mean = row.recomputed.meanGy
            guard mean > Self.roundingShare * samples.highestGy else { return true }
            let allowed = max(KnownRatio.tolerance, Self.sigmas * relativeSigma(row))
            return abs(row.plan.meanGy / mean / scale - 1) <= allowed
        }
        return isShared ? KnownRatio.matching(scale, among: ratios) : []
    }
}
