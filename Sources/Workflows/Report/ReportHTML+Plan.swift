import Quantities

extension ReportHTML {
    static func territories(_ territories: [ReportTerritory]) -> Markup {
        guard !territories.isEmpty else { return "" }
        let columns: [ReportTable.Column] = [
            .init("Territory"), .init("Device, method"), .init("Prescription"),
            .init("Volume mL", isNumber: true), .init("Mass g", isNumber: true),
            .init("Lung shunt %", isNumber: true), .init("Residual %", isNumber: true),
            .init("Injected GBq", isNumber: true), .init("Vial GBq", isNumber: true),
            .init("Perfused dose Gy", isNumber: true),
        ]
        var rows = territories.map { territory in
            ReportHTMLTable.Row(cells: [
                "\(territory.name)", "\(territory.device), \(territory.method)",
                "\(territory.prescription)", "\(Figures.amount(territory.volumeML))",
                "\(Figures.amount(territory.massGrams))",
                "\(Figures.percent(territory.lungShuntFraction))",
                "\(Figures.percent(territory.residualFraction))",
                "\(Figures.gbq(territory.injectedActivityGBq))",
                "\(Figures.gbq(territory.vialActivityGBq))",
                "\(Figures.gy(territory.perfusedDoseGy, territory.perfusedIntervalGy))",
            ])
        }
        if territories.count > 1 {
            let injected = territories.reduce(0) { $0 + $1.injectedActivityGBq }
            let vials = territories.reduce(0) { $0 + $1.vialActivityGBq }
            rows.append(
                .init(
                    cells: [
                        "All", "", "", "", "", "", "", "\(Figures.gbq(injected))",
                        "\(Figures.gbq(vials))", "",
                    ], emphasis: "total"))
        }
        let caption =
            "Activities are at administration; the vial column includes the residual. In brackets: "
            + "95 % interval."
        return section(
            "Territories and activities",
            [ReportHTMLTable(columns: columns, rows: rows, caption: caption).markup])
    }

    static func limits(_ constraints: [ReportConstraint]) -> Markup {
        guard !constraints.isEmpty else { return "" }
        let columns: [ReportTable.Column] = [
            .init("Limit or goal"), .init("Structure"), .init("Limit", isNumber: true),
            .init("Plan", isNumber: true), .init("Margin", isNumber: true), .init("State"),
            .init("Chance to hold %", isNumber: true),
            .init("Most activity GBq", isNumber: true), .init("Where the limit comes from"),
        ]
        let rows = constraints.map { constraint -> ReportHTMLTable.Row in
            let sign = constraint.sense == .atMost ? "≤" : "≥"
            return .init(
                cells: [
                    "\(constraint.name)",
                    "\(constraint.structure == constraint.name ? "" : constraint.structure)",
                    "\(sign) \(Figures.constant(constraint.limit)) \(constraint.unit)",
                    "\(amount(constraint.value, constraint.unit))\(interval(of: constraint))",
                    "\(amount(constraint.margin, constraint.unit))", state(of: constraint),
                    "\(Figures.chance(constraint.probabilityMet))",
                    "\(Figures.gbq(constraint.maximumActivityGBq))",
                    "<span class=\"source\">\(constraint.provenance)</span>",
                ], emphasis: emphasis(of: constraint))
        }
        let caption = """
            Limits are compared with unrounded values. Most activity: the total injected activity \
            at which this limit alone is reached; the least of them binds. Chance to hold: that the \
            true dose is at most the limit, by the stated uncertainty; in brackets: 95 % interval.
            """
        return section(
            "Limits and goals",
            [ReportHTMLTable(columns: columns, rows: rows, caption: caption).markup])
    }

    private static func amount(_ value: Double?, _ unit: String) -> String {
        let text = Figures.fixed(value, unit == "Gy" ? 2 : 3)
        return text == Figures.missing ? text : "\(text) \(unit)"
    }

    private static func interval(of constraint: ReportConstraint) -> String {
        guard constraint.unit == "Gy", let range = constraint.valueInterval else { return "" }
        return " \(Figures.interval(range))"
    }

    private static func state(of constraint: ReportConstraint) -> Markup {
        let kept: Markup =
            switch constraint.isKept {
            case true?: constraint.sense == .atMost ? "kept" : "reached"
            case false?:
                constraint.sense == .atMost
                    ? "<strong>exceeded</strong>" : "<strong>not reached</strong>"
            case nil: "not evaluated"
            }
        return constraint.isBinding ? "\(kept), <strong>binding</strong>" : kept
    }

    private static func emphasis(of constraint: ReportConstraint) -> StaticString {
        if constraint.isKept == false, constraint.sense == .atMost { return "exceeded" }
        return constraint.isBinding ? "binding" : ""
    }

    static func structures(_ report: PlanReport) -> Markup {
        guard !report.structures.isEmpty else { return "" }
        let metrics = report.structureMetrics
        let columns: [ReportTable.Column] =
            [
                .init("Structure"), .init("Role"), .init("Volume mL", isNumber: true),
                .init("Mass g", isNumber: true), .init("Mean Gy", isNumber: true),
            ] + metrics.map { .init("\($0.name) \($0.unit)", isNumber: true) }
        let rows = report.structures.map { structure -> ReportHTMLTable.Row in
            // A list of another length would put a number under the wrong heading.
            let values =
                structure.values.count == metrics.count
                ? structure.values : metrics.map { _ in nil }
            let intervals =
                structure.valueIntervals.count == metrics.count
                ? structure.valueIntervals : metrics.map { _ in nil }
            return .init(
                cells: [
                    "\(structure.name)", "\(structure.role.replacing("-", with: " "))",
                    "\(Figures.amount(structure.volumeML))",
                    "\(Figures.amount(structure.massGrams))",
                    "\(Figures.gy(structure.meanDoseGy, structure.meanIntervalGy))",
                ]
                    + zip(metrics, zip(values, intervals)).map { metric, cell -> Markup in
                        metric.unit == "Gy"
                            ? dose(cell.0, cell.1) : "\(Figures.fixed(cell.0, 1))"
                    })
        }
        let caption =
            "Dx is the least dose of the hottest x % of the volume. In brackets: 95 % interval."
        return section(
            "Doses by structure",
            [ReportHTMLTable(columns: columns, rows: rows, caption: caption).markup])
    }

    /// A dose with its interval below it, which a narrow column holds.
    private static func dose(_ value: Double?, _ interval: ClosedRange<Double>?) -> Markup {
        guard let interval else { return "\(Figures.gy(value))" }
        return "\(Figures.gy(value)) <span class=\"interval\">\(Figures.interval(interval))</span>"
    }

    static func lungShunt(_ shunt: ReportLungShunt?) -> Markup {
        guard let shunt else { return "" }
        let earlier: [ReportFact] =
            shunt.earlierLungDoseGy > 0
            ? [
                ReportFact("Lung dose of earlier sessions", doseText(shunt.earlierLungDoseGy)),
                ReportFact(
                    "Lung dose of all sessions",
                    doseText(shunt.earlierLungDoseGy + shunt.lungDoseGy)),
            ] : []
        let facts =
            [
                ReportFact("Planar views, geometric mean", shareText(shunt.planarFraction)),
                ReportFact("SPECT", shareText(shunt.spectFraction)),
                ReportFact(
                    "Used in this plan", "\(shareText(shunt.usedFraction)), \(shunt.usedSource)"),
                ReportFact(
                    "Lung mass", "\(Figures.fixed(shunt.lungMassKg, 3)) kg, \(shunt.lungMassSource)"
                ),
                ReportFact(
                    "Lung dose of this plan",
                    "\(Figures.gy(shunt.lungDoseGy, shunt.lungDoseIntervalGy)) Gy"),
            ] + earlier
        return section("Lung shunt", [factList(facts)])
    }

    private static func shareText(_ fraction: Double?) -> String {
        fraction == nil ? "not measured" : "\(Figures.percent(fraction, decimals: 2)) %"
    }

    private static func doseText(_ doseGy: Double) -> String { "\(Figures.gy(doseGy)) Gy" }

    static func orders(_ orders: [ReportOrder], note: String = "") -> Markup {
        guard !orders.isEmpty else { return "" }
        let columns: [ReportTable.Column] = [
            .init("Device, territory"), .init("Treatment"), .init("Vial GBq", isNumber: true),
            .init("Calibration"),
            .init("Hours after", isNumber: true), .init("At treatment GBq", isNumber: true),
            .init("Off need %", isNumber: true), .init("Perfused dose Gy", isNumber: true),
            .init("Dose 4 h late Gy", isNumber: true), .init("State"),
        ]
        let rows = orders.map { order -> ReportHTMLTable.Row in
            let exceeded = order.limitsExceeded.joined(separator: ", ")
            let states: [Markup] = [
                order.isChosen ? "<strong>chosen</strong>" : nil,
                order.isBelowNeed ? "below need" : nil,
                exceeded.isEmpty ? nil : "<strong>exceeds \(exceeded)</strong>",
            ].compactMap { $0 }
            let state = states.dropFirst().reduce(states.first ?? "") { "\($0), \($1)" }
            return .init(
                cells: [
                    "\(order.device), \(order.territory)",
                    "\(ReadableTime.text(order.treatmentTime))",
                    "\(Figures.fixed(order.vialGBq, 1))",
                    "\(ReadableTime.text(order.calibrationTime))",
                    "\(Figures.fixed(order.hoursAfterCalibration, 1))",
                    "\(Figures.gbq(order.activityAtTreatmentGBq))",
                    "\(Figures.signedPercent(order.offTargetFraction))",
                    "\(Figures.gy(order.perfusedDoseGy, times: order.doseFactors))",
                    "\(Figures.gy(order.perfusedDoseAfterDelayGy, times: order.doseFactors))",
                    state,
                ], emphasis: order.isChosen ? "binding" : "")
        }
        let caption =
            (note.isEmpty ? "" : "\(note) ")
            + "Off need: activity at treatment against the vial activity needed then. In brackets: "
            + "95 % interval."
        return section(
            "Vial options",
            [ReportHTMLTable(columns: columns, rows: rows, caption: caption).markup])
    }
}
