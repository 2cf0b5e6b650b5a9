import Quantities

/// Delivered doses as lines of text.
package enum DeliveredText {
    /// The summary that `grevy delivered` prints.
    package static func summary(
        _ kept: DeliveredWorkflow.Kept, files: [String], out: String
    ) -> String {
        let document = kept.result.document
        let image = document.image
        let found =
            image.activityGBq.map {
                "image \(Figures.gbq($0)) GBq at administration (\(Figures.percent(image.activityToInjectedRatio)) % of injected)"
            } ?? "image not calibrated"
        let lines =
            [
                "\(kept.verificationID)  \(document.plan) \(document.planName)  (profile \(document.profile.name))",
                "injected \(Figures.gbq(document.injectedActivityGBq)) GBq (planned \(Figures.gbq(document.plannedInjectedActivityGBq))), \(found)",
                "image values hold \(Figures.fixed(image.hoursAfterAdministration, 3)) h after administration (\(image.hoursSource))",
                "lung dose \(Figures.gy(document.lungs.deliveredMeanDoseGy, document.lungs.uncertainty)) Gy (planned \(Figures.gy(document.lungs.plannedMeanDoseGy)))",
                "", TextTable(DeliveredReporting.territories(document)).text,
                TextTable(doses(document)).text,
            ] + (document.limits ?? []).map(limit)
            + document.findings.filter { $0.severity != .note }.map {
                "  \($0.severity.rawValue) \($0.code)\($0.subject.map { " (\($0))" } ?? ""): \($0.sentence)"
            } + ["", "written to \(out): \(files.joined(separator: ", "))", Software.notice]
        return lines.joined(separator: "\n")
    }

    private static func limit(_ limit: DeliveredDocument.Limit) -> String {
        let reached = [("relative", limit.relative), ("absolute", limit.absolute)].compactMap {
            kind, reached in
            reached.map {
                let chance = $0.probabilityMet.map {
                    ", held with a chance of \(Figures.chance($0)) %"
                }
                return "\(kind) \(Figures.gy($0.valueGy))\(chance ?? "")"
                    + ($0.isMet ? "" : "  EXCEEDED")
            }
        }
        return "  limit \(limit.name) \(Figures.gy(limit.limitGy)) Gy: "
            + "\(reached.joined(separator: "; ")); planned \(Figures.gy(limit.plannedGy))"
    }

    private static func doses(_ document: DeliveredDocument) -> ReportTable {
        ReportTable(
            title: "",
            columns: [.init("Structure")]
                + [
                    "mL", "planned Gy", "absolute Gy", "to plan", "relative Gy", "to plan",
                    "planned D95", "absolute D95", "relative D95",
                ].map { .init($0, isNumber: true) },
            rows: document.structures.map {
                [
                    $0.name, Figures.amount($0.volumeML), Figures.gy($0.plannedMeanDoseGy),
                    Figures.gy($0.absoluteMeanDoseGy, $0.absoluteUncertainty),
                    Figures.fixed($0.absoluteToPlannedRatio, 3),
                    Figures.gy($0.relativeMeanDoseGy, $0.relativeUncertainty),
                    Figures.fixed($0.relativeToPlannedRatio, 3),
                    Figures.gy($0.plannedD95Gy), Figures.gy($0.absoluteD95Gy),
                    Figures.gy($0.relativeD95Gy),
                ]
            })
    }
}
