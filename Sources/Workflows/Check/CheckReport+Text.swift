import Foundation

extension CheckReport {
    /// The result for a person.
    package var text: String {
        func number(_ value: Double) -> String { String(format: "%.5g", value) }
        var lines = causes.map(\.sentence)
        lines += [
            "",
            "\(nuclide), recomputed by \(engine): \(number(decays)) decays"
                + (histories > 0 ? ", \(histories) simulated" : ""),
            "Energy: plan \(number(totals.planJ)) J, recomputed \(number(totals.recomputedJ)) J, "
                + String(format: "ratio %.4f", totals.energyRatio),
            String(
                format: "Best factor %.4f, %.2f %% left after it", totals.scale,
                totals.residualPercent),
            conventions.sentence,
            String(
                format: "Gamma %g %% / %.3g mm, against the recomputed dose, %d voxels above %g %%:"
                    + " global %.1f %%, local %.1f %% pass", gamma.dosePercent, gamma.distanceMM,
                gamma.voxels, gamma.thresholdPercent, gamma.globalPassPercent,
                gamma.localPassPercent),
        ]
        if let sigma = medianVoxelSigmaPercent {
            lines.append(
                String(
                    format: "Statistical 1 sigma of the median compared voxel: %.2f %%", sigma))
        }
        if !structures.isEmpty {
            lines += [
                "",
                "structure              volume mL  plan, recomputed: mean Gy            D95 Gy"
                    + "            D50 Gy             D2 Gy   mean differs",
            ]
            lines += structures.map(Self.line)
        }
        return lines.joined(separator: "\n")
    }

    private static func line(_ row: Structure) -> String {
        let doses = [
            (row.plan.meanGy, row.recomputed.meanGy), (row.plan.d95Gy, row.recomputed.d95Gy),
            (row.plan.d50Gy, row.recomputed.d50Gy), (row.plan.d2Gy, row.recomputed.d2Gy),
        ].map { String(format: "%8.2f %8.2f", $0.0, $0.1) }.joined(separator: " ")
        let difference =
            row.meanDifferencePercent.map { String(format: "%+7.2f %%", $0) } ?? "        -"
        let sigma =
            row.recomputedMeanSigmaGy.map { String(format: " (± %.2g Gy, 1 sigma)", $0) } ?? ""
        let name = row.name.padding(toLength: 22, withPad: " ", startingAt: 0)
        return "\(name) \(String(format: "%9.2f", row.volumeML))                  \(doses)"
            + difference + sigma
    }
}
