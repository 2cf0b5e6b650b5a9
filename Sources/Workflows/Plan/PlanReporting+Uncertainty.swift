import Dosimetry

extension PlanDocument.Uncertainty {
    /// The 95 % interval.
    package var intervalGy: ClosedRange<Double> {
        // A value decoded from a damaged record must not trap.
        min(lowerGy, upperGy) ... max(lowerGy, upperGy)
    }
}

extension Figures {
    /// A dose with its 95 % interval: `51.2 (40.3–65.0)`.
    static func gy(_ value: Double?, _ interval: ClosedRange<Double>?) -> String {
        guard let interval else { return gy(value) }
        return "\(gy(value)) (\(gy(interval.lowerBound))–\(gy(interval.upperBound)))"
    }

    static func gy(_ value: Double?, _ uncertainty: PlanDocument.Uncertainty?) -> String {
        gy(value, uncertainty?.intervalGy)
    }

    /// A probability as percent, never 0 or 100: a model does not know that well.
    package static func chance(_ probability: Double?) -> String {
        guard let probability, probability.isFinite else { return missing }
        if probability < 0.01 { return "< 1" }
        if probability > 0.99 { return "> 99" }
        return percent(probability, decimals: 0)
    }
}

/// A dose of which components are told, one row each.
struct UncertaintyRow {
    let name: String
    let doseGy: Double
    let uncertainty: PlanDocument.Uncertainty?
}

extension ReportTable {
    /// Components of several doses side by side, in percent of each dose.
    static func uncertainties(_ title: String, _ rows: [UncertaintyRow]) -> [ReportTable] {
        let known = rows.compactMap { row in row.uncertainty.map { (row, $0) } }
        guard !known.isEmpty else { return [] }
        let kinds = UncertaintyComponent.Kind.allCases.map(\.rawValue).filter { kind in
            known.contains { $0.1.components.contains { $0.kind == kind } }
        }
        var bases: [String] = []
        for component in known.flatMap(\.1.components) where component.relativeSigma > 0 {
            let text = "\(component.kind.replacing("-", with: " ")): \(component.basis)"
            if !bases.contains(text) { bases.append(text) }
        }
        return [
            ReportTable(
                title: title,
                note:
                    "One standard deviation, percent of the dose; combined in quadrature; 95 % interval log-normal. Any other dose of the structure (Dx, a vial's) has its own interval: times the factors. Arrow: the truth probably lies higher (↑) or lower (↓) by up to the percentage; nothing was corrected. \(bases.joined(separator: "; ")). Method: Docs/Uncertainty.md.",
                columns: [.init("Dose"), .init("Mean Gy (95 %)", isNumber: true)]
                    + kinds.map { .init($0.replacing("-", with: " "), isNumber: true) }
                    + [
                        .init("All", isNumber: true), .init("Factors", isNumber: true),
                        .init("BED Gy", isNumber: true),
                    ],
                rows: known.map { row, uncertainty in
                    [row.name, Figures.gy(row.doseGy, uncertainty)]
                        + kinds.map { uncertainty.cell($0) }
                        + [
                            Figures.percent(uncertainty.relativeSigma),
                            "\(Figures.fixed(uncertainty.lowerFactor, 2))–\(Figures.fixed(uncertainty.upperFactor, 2))",
                            uncertainty.bedCell,
                        ]
                })
        ]
    }
}

extension PlanDocument.Uncertainty {
    fileprivate func cell(_ kind: String) -> String {
        guard let component = components.first(where: { $0.kind == kind }) else {
            return Figures.missing
        }
        let sigma = Figures.percent(component.relativeSigma)
        // A shift that does not show at the precision printed is none.
        guard let bias = component.bias, abs(bias) >= 0.0005 else { return sigma }
        return "\(sigma) \(bias > 0 ? "↑" : "↓")\(Figures.percent(abs(bias), decimals: 0))"
    }

    fileprivate var bedCell: String {
        guard let low = bedLowerGy, let high = bedUpperGy else { return Figures.missing }
        return "\(Figures.gy(low))–\(Figures.gy(high))"
    }
}

extension PlanDocument {
    /// How well every dose of the plan is known, and by what.
    var uncertaintyTables: [ReportTable] {
        ReportTable.uncertainties(
            "How well the doses are known",
            structures.map {
                UncertaintyRow(name: $0.name, doseGy: $0.meanDoseGy, uncertainty: $0.uncertainty)
            }
                + [
                    UncertaintyRow(
                        name: "Lungs (shunt)", doseGy: lungDoseGy,
                        uncertainty: lungDoseUncertainty)
                ])
    }
}
