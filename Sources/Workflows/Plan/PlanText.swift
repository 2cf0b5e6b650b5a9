import Quantities

/// A plan as lines of text.
package enum PlanText {
    /// The summary that `grevy plan` prints.
    package static func summary(
        _ kept: PlanWorkflow.Kept, files: [String], out: String
    ) -> String {
        let plan = kept.result.document
        var lines = [
            "\(kept.planID)  \(plan.name)  (\(plan.device), profile \(plan.profile.name), \(plan.method))",
            "injected \(Figures.gbq(plan.totalInjectedActivityGBq)) GBq, vial \(Figures.gbq(plan.totalVialActivityGBq)) GBq, lung dose \(Figures.gy(plan.lungDoseGy, plan.lungDoseUncertainty)) Gy (shunt \(Figures.percent(plan.lungShunt.usedFraction)) % by \(plan.lungShunt.used))",
            "",
        ]
        for territory in plan.territories {
            lines.append(
                "  \(territory.name): \(Figures.gbq(territory.injectedActivityGBq)) GBq injected (wish \(Figures.gbq(territory.wishedInjectedActivityGBq)); \(territory.aim))"
            )
        }
        lines.append("")
        lines += plan.structures.map {
            "  \($0.name): \(Figures.amount($0.volumeML)) mL, mean \(Figures.gy($0.meanDoseGy, $0.uncertainty)) Gy, D95 \(Figures.gy($0.d95Gy, times: $0.uncertainty?.factors)), D50 \(Figures.gy($0.d50Gy, times: $0.uncertainty?.factors))"
                + ($0.tumourToNormalRatio.map { ", T/N \(Figures.fixed($0, 2))" } ?? "")
        }
        lines.append("")
        lines += plan.limits.map {
            "  limit \($0.name) \(Figures.gy($0.limitGy)) Gy: \(Figures.gy($0.valueGy, times: plan.uncertainty(of: $0)?.factors)), margin \(Figures.gy($0.marginGy)), most \(Figures.gbq($0.maximumTotalInjectedActivityGBq)) GBq\(chance($0))\($0.isBinding ? "  <- binding" : "")\($0.isMet ? "" : "  EXCEEDED")"
        }
        if plan.lungDoseUncertainty != nil {
            lines.append(
                "  in brackets: 95 % interval; components in the report and in the plan's JSON")
        }
        lines += order(plan)
        lines += plan.findings.filter { $0.severity != .note }.map {
            "  \($0.severity.rawValue) \($0.code)\($0.subject.map { " (\($0))" } ?? ""): \($0.sentence)"
        }
        lines.append("")
        lines.append("written to \(out): \(files.joined(separator: ", "))")
        lines.append(Software.notice)
        return lines.joined(separator: "\n")
    }

    private static func chance(_ limit: PlanDocument.Limit) -> String {
        limit.probabilityMet.map { ", held with a chance of \(Figures.chance($0)) %" } ?? ""
    }

    /// The vial closest to the need, for each territory, and the largest within the limits where
    /// that one breaks them.
    package static func order(_ plan: PlanDocument) -> [String] {
        let options = plan.order?.options ?? []
        var told: Set<String> = []
        let firsts = options.filter { told.insert($0.territory).inserted }.compactMap { first in
            plan.closest(of: options.filter { $0.territory == first.territory })
        }
        let shown = firsts.flatMap { closest in
            guard closest.limitsExceeded?.isEmpty == false else { return [closest] }
            let kept = options.filter { $0.territory == closest.territory }.largestWithinLimits
            return [closest] + (kept.map { [$0] } ?? [])
        }
        return shown.map {
            let exceeded = $0.limitsExceeded ?? []
            let state =
                exceeded.isEmpty ? "" : ", exceeds \(exceeded.joined(separator: ", "))"
            let factors = plan.uncertainty(of: $0)?.factors
            let dose =
                $0.perfusedDoseGy.map {
                    ", perfused \(Figures.gy($0, times: factors)) Gy"
                } ?? ""
            let late =
                $0.perfusedDoseFourHoursLaterGy.map {
                    " (4 h late \(Figures.gy($0, times: factors)) Gy)"
                } ?? ""
            let amount =
                plan.drawing(from: $0).map { "; \($0)" }
                ?? ", \(Figures.signedPercent($0.offTargetFraction)) % off the need"
            return
                "  vial for \($0.territory): \(Figures.fixed($0.vialGBq, 1)) GBq of \($0.calibrationTime), \(Figures.gbq($0.activityAtTreatmentGBq)) GBq at treatment\($0.treatmentTime.map { " on \($0)" } ?? "")\(amount)\(dose)\(late)\(state)"
        }
    }
}
