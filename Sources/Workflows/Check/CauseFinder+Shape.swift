import Dosimetry
import Foundation
import Imaging

/// Causes that leave the doses of different shape.
extension CauseFinder {
    /// A shift, and what is left with it.
    func shift(_ fit: DoseFit) -> (left: Double, cause: CheckReport.Cause)? {
        guard let shift = samples.shift, shift.voxels != .zero,
            shift.fit.residual < (1 - Self.improvement) * shift.unshifted.residual
        else { return nil }
        let (grid, v) = (samples.grid, shift.voxels)
        let mm = grid.positionMM(index: v) - grid.positionMM(index: .zero)
        let text = [mm.x, mm.y, mm.z].map { String(format: "%.1f", $0) }.joined(separator: ", ")
        return (
            shift.fit.residual,
            CheckReport.Cause(
                code: "shift",
                sentence: "The plan dose looks shifted by (\(text)) mm towards the patient's "
                    + "(left, back, head): then \(Self.percent(shift.fit.residual)) is left "
                    + "instead of \(Self.percent(shift.unshifted.residual)), as by another "
                    + "registration or a grid whose origin is a corner, not a centre.",
                evidence: [
                    "shiftXMM": mm.x, "shiftYMM": mm.y, "shiftZMM": mm.z,
                    "residualPercent": 100 * shift.fit.residual,
                    "unshiftedResidualPercent": 100 * shift.unshifted.residual,
                ])
        )
    }

    /// Another method of computing, and what is left with it.
    func method(
        _ voxels: CheckSamples.Voxels, _ fit: DoseFit
    ) -> (left: Double, cause: CheckReport.Cause)? {
        let fits = voxels.others.map { (engine: $0.key, fit: DoseFit(voxels.plan, to: $0.value)) }
        guard let best = fits.min(by: { $0.fit.residual < $1.fit.residual }),
            best.fit.residual < (1 - Self.improvement) * fit.residual
        else { return nil }
        let known = known(best.fit.scale)
        return (
            best.fit.residual,
            CheckReport.Cause(
                code: "blur",
                sentence: "The plan dose looks like \(best.engine.words), times "
                    + "\(Self.text(best.fit.scale)): \(Self.percent(best.fit.residual)) is left, "
                    + "against \(Self.percent(fit.residual)) with "
                    + "\(samples.engine.words)."
                    + (known.isEmpty
                        ? ""
                        : " The factor equals within 0.3 % that of "
                            + known.map(\.text).joined(separator: "; or of ") + "."),
                evidence: [
                    "scale": best.fit.scale, "residualPercent": 100 * best.fit.residual,
                    "recomputedResidualPercent": 100 * fit.residual,
                ])
        )
    }

    /// What is left goes with the difference between no blur and the blur of electrons.
    func blur(_ voxels: CheckSamples.Voxels, _ fit: DoseFit) -> CheckReport.Cause? {
        let left = zip(voxels.plan, voxels.recomputed).map { $0 - fit.scale * $1 }
        let along = zip(left, voxels.sharpness).reduce(0) { $0 + $1.0 * $1.1 }
        let sizes = [left, voxels.sharpness].map { $0.reduce(0) { $0 + $1 * $1 } }
        guard sizes[0] > 0, sizes[1] > 0 else { return nil }
        let correlation = along / (sizes[0] * sizes[1]).squareRoot()
        guard abs(correlation) >= Self.correlation else { return nil }
        return CheckReport.Cause(
            code: "blur",
            sentence: "The plan dose looks \(correlation > 0 ? "sharper" : "smoother") than the "
                + "recomputed one (\(Self.percent(fit.residual)) left after scaling), as by "
                + "another kernel or another filter of the image.",
            evidence: ["correlation": correlation, "residualPercent": 100 * fit.residual])
    }
}
