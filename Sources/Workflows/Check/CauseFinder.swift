import Dosimetry
import Foundation
import Imaging

/// Finds what two doses may differ by.
///
/// Every answer is a likelihood, none an order.
struct CauseFinder {
    let samples: CheckSamples
    /// Share of voxels that pass the global gamma test.
    let globalPass: Double
    /// Both doses in every contoured structure.
    let structures: [CheckReport.Structure]
    let ratios: [KnownRatio]
    /// Energy of the plan dose over that of the recomputed one, in all matter but gas.
    let energyRatio: Double

    /// Doses that differ less than this, in scale or in shape, are alike.
    static let tolerance = 0.02
    /// A cause is told when it takes away this share of what is left after scaling.
    static let improvement = 0.3
    /// A mean dose of lung that is off by more is a difference of its own.
    static let lungTolerance = 0.05
    /// Residuals that go with the blur of electrons at least so well are of it.
    static let correlation = 0.5
    /// Fewer voxels pass where something is wrong in one place.
    static let passShare = 0.95
    /// Fewer voxels of lung say nothing.
    private static let fewestLungVoxels = 8
    /// Voxels that hold less than this share of the energy do not speak for the rest.
    private static let decidingShare = 0.5

    /// What may be, most of the difference first, and what limits that judgement.
    var causes: [CheckReport.Cause] {
        let likely = likely
        // Lung below the threshold is looked at by itself.
        let isLung = likely.contains { $0.code == "lung-density" }
        return likely + [smallShare, isLung ? nil : energyElsewhere].compactMap { $0 }
    }

    /// What may be, most of the difference first; one that says so where the doses agree.
    private var likely: [CheckReport.Cause] {
        let lung = lung
        // Where lung alone differs, shape and scale are those of the rest.
        let voxels = lung == nil ? samples.compared : samples.dense
        let (fit, residual) = (voxels.fit, voxels.residual)
        let isNoise = residual > Self.tolerance && voxels.pattern <= Self.tolerance
        var shaped: [CheckReport.Cause] = []
        if residual > Self.tolerance {
            shaped = [shift(fit), method(voxels, fit)].compactMap { $0 }.sorted {
                $0.left < $1.left
            }.map(\.cause)
            if shaped.isEmpty, !isNoise { shaped = [blur(voxels, fit)].compactMap { $0 } }
        }
        var found: [CheckReport.Cause] = []
        if shaped.isEmpty, residual <= Self.tolerance || isNoise {
            found += [scale(fit, residual)].compactMap { $0 }
        }
        found += shaped + [lung].compactMap { $0 }
        if shaped.isEmpty, isNoise { found.append(noise(fit, residual, voxels.pattern)) }
        let differing = differing(
            from: found.contains { $0.code == "scale" } ? fit.scale : 1)
        if !found.isEmpty { return found + [differing].compactMap { $0 } }
        guard residual <= Self.tolerance, globalPass >= Self.passShare else {
            return [unexplained(fit, residual)] + [differing].compactMap { $0 }
        }
        return [differing ?? agrees(fit, residual)]
    }

    private func scale(_ fit: DoseFit, _ residual: Double) -> CheckReport.Cause? {
        guard abs(fit.scale - 1) > Self.tolerance else { return nil }
        let known = known(fit.scale)
        return CheckReport.Cause(
            code: "scale",
            sentence: "The plan dose looks like the recomputed one times \(Self.text(fit.scale)) "
                + "everywhere (\(Self.percent(residual)) left after scaling), as by another "
                + "calibration of the activity or another dose constant"
                + (known.isEmpty
                    ? "; no known choice gives this factor."
                    : ". It equals within 0.3 % that of "
                        + known.map(\.text).joined(separator: "; or of ") + "."),
            evidence: ["scale": fit.scale, "residualPercent": 100 * residual])
    }

    private var smallShare: CheckReport.Cause? {
        let share = samples.comparedEnergyShare
        guard share < Self.decidingShare else { return nil }
        return CheckReport.Cause(
            code: "small-share",
            sentence:
                "The \(samples.compared.plan.count) voxels above the threshold decide all this and "
                + "hold \(Self.percent(share)) of the energy; lower the threshold and look at the "
                + "structures.",
            evidence: ["voxels": Double(samples.compared.plan.count), "energyShare": share])
    }

    /// What lies below the threshold has its part of the energy.
    private var energyElsewhere: CheckReport.Cause? {
        let scale = samples.compared.fit.scale
        guard scale > 0, abs(energyRatio / scale - 1) > Self.energyTolerance else { return nil }
        return CheckReport.Cause(
            code: "energy-elsewhere",
            sentence: "The plan dose holds \(Self.text(energyRatio)) times the energy of the "
                + "recomputed one, and the compared voxels \(Self.text(scale)) times their dose: "
                + "what lies below the threshold differs too.",
            evidence: ["energyRatio": energyRatio, "scale": scale])
    }

    /// Doses whose energies differ more than this beyond their scale differ elsewhere too.
    private static let energyTolerance = 0.05

    private func agrees(_ fit: DoseFit, _ residual: Double) -> CheckReport.Cause {
        let known = known(fit.scale)
        return CheckReport.Cause(
            code: "agrees",
            sentence:
                "The plan dose agrees with the recomputed one: scale \(Self.text(fit.scale)), "
                + "\(Self.percent(residual)) left after scaling."
                + (known.isEmpty
                    ? ""
                    : " The scale equals within 0.3 % that of "
                        + known.map(\.text).joined(separator: "; or of ") + "."),
            evidence: ["scale": fit.scale, "residualPercent": 100 * residual])
    }

    private func noise(
        _ fit: DoseFit, _ residual: Double, _ pattern: Double
    ) -> CheckReport.Cause {
        CheckReport.Cause(
            code: "noise",
            sentence: "What differs beyond the scale of \(Self.text(fit.scale)) "
                + "(\(Self.percent(residual))) has no pattern from voxel to voxel, as the "
                + "statistical noise of a simulated plan dose.",
            evidence: [
                "scale": fit.scale, "residualPercent": 100 * residual,
                "patternPercent": 100 * pattern,
            ])
    }

    private func unexplained(_ fit: DoseFit, _ residual: Double) -> CheckReport.Cause {
        CheckReport.Cause(
            code: "unexplained",
            sentence: "The doses differ (scale \(Self.text(fit.scale)), "
                + "\(Self.percent(residual)) left after scaling, "
                + "\(Self.percent(globalPass)) pass), and none of the causes looked for explains "
                + "it; see the map of differences.",
            evidence: ["scale": fit.scale, "residualPercent": 100 * residual])
    }

    /// Lung whose mean dose is off while everything else agrees up to a scale: with the recomputed
    /// dose, or with local deposition where the plan dose looks like that.
    ///
    /// Not with kernels, which themselves are wrong at the borders of lung.
    private var lung: CheckReport.Cause? {
        let (lung, dense) = (samples.lung, samples.dense)
        guard lung.plan.count >= Self.fewestLungVoxels, !dense.plan.isEmpty else { return nil }
        if min(dense.residual, dense.pattern) <= Self.tolerance {
            return self.lung(lung.recomputed, sigma: lung.sigma, dense.fit, samples.engine)
        }
        guard let local = dense.others[.local], let lungs = lung.others[.local] else { return nil }
        let fit = DoseFit(dense.plan, to: local)
        return fit.residual <= Self.tolerance ? self.lung(lungs, sigma: [], fit, .local) : nil
    }

    private func lung(
        _ reference: [Double], sigma: [Double], _ elsewhere: DoseFit, _ engine: DoseRun.Engine
    ) -> CheckReport.Cause? {
        let lung = samples.lung
        let mean = reference.reduce(0, +)
        guard mean > 0, elsewhere.scale > 0 else { return nil }
        let ratio = lung.plan.reduce(0, +) / mean / elsewhere.scale
        let sigma = sigma.reduce(0) { $0 + $1 * $1 }.squareRoot() / mean
        // The plan may be as noisy.
        guard abs(ratio - 1) > max(Self.lungTolerance, 3 * 2.0.squareRoot() * sigma) else {
            return nil
        }
        let left = DoseFit(lung.plan, to: reference).residual
        let like = lung.others.filter { $0.key != engine }
            .map { (engine: $0.key, fit: DoseFit(lung.plan, to: $0.value)) }
            .filter {
                $0.fit.residual < (1 - Self.improvement) * left
                    && abs($0.fit.scale / elsewhere.scale - 1) <= Self.lungTolerance
            }.min { $0.fit.residual < $1.fit.residual }
        return CheckReport.Cause(
            code: "lung-density",
            sentence: "Against \(engine.words) only lung differs: its mean dose is "
                + "\(Self.text(ratio)) times as high while all else agrees, as by another density "
                + "or none of lung"
                + (engine == .kernel ? ", or as kernels miss it at borders of lung" : "")
                + (like.map { "; there the plan looks like \($0.engine.words)." } ?? "."),
            evidence: [
                "lungRatio": ratio, "lungRatioSigma": sigma, "elsewhereScale": elsewhere.scale,
                "elsewhereResidualPercent": 100 * elsewhere.residual,
            ])
    }

    static func text(_ value: Double) -> String { String(format: "%.4f", value) }
    static func percent(_ share: Double) -> String {
        String(format: "%.1f %%", 100 * share)
    }
}

extension DoseRun.Engine {
    /// How a sentence names the method.
    var words: String {
        switch self {
        case .local: "local deposition"
        case .kernel: "kernels in water by the mass of each voxel"
        case .montecarlo: "Monte Carlo"
        }
    }
}
