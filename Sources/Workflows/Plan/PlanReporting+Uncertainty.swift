import Dosimetry

extension PlanDocument.Uncertainty {
    /// The 95 % interval.
    package var intervalGy: ClosedRange<Double> {
        // A value decoded from a damaged record must not trap.
        min(lowerGy, upperGy) ... max(lowerGy, upperGy)
    }

    /// The ends of the interval of any dose of the structure, over that dose.
    package var factors: ClosedRange<Double> {
        min(lowerFactor, upperFactor) ... max(lowerFactor, upperFactor)
    }

    /// The 95 % interval of the BED; `nil` without one.
    package var bedIntervalGy: ClosedRange<Double>? {
        guard let low = bedLowerGy, let high = bedUpperGy else { return nil }
        return min(low, high) ... max(low, high)
    }
}

extension Figures {
    /// A dose with its 95 % interval: `51.2 (40.3–65.0)`.
    static func gy(_ value: Double?, _ interval: ClosedRange<Double>?) -> String {
        guard let interval else { return gy(value) }
        return "\(gy(value)) \(Self.interval(interval))"
    }

    /// A dose with the 95 % interval that factors make of it.
    static func gy(_ value: Double?, times factors: ClosedRange<Double>?) -> String {
        gy(value, value.flatMap { interval(of: $0, times: factors) })
    }

    /// The 95 % interval of a dose that is known as well as another one; `nil` for no dose.
    static func interval(
        of value: Double, times factors: ClosedRange<Double>?
    ) -> ClosedRange<Double>? {
        guard let factors, value > 0, value.isFinite else { return nil }
        return value * factors.lowerBound ... value * factors.upperBound
    }

    /// An interval as it stands behind a dose: `(40.3–65.0)`.
    static func interval(_ range: ClosedRange<Double>) -> String {
        "(\(gy(range.lowerBound))–\(gy(range.upperBound)))"
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
        bedIntervalGy.map {
            "\(Figures.gy($0.lowerBound))–\(Figures.gy($0.upperBound))"
        } ?? Figures.missing
    }
}

extension PlanDocument {
    /// How well the dose that a limit is on is known; the lungs' is of the shunt.
    func uncertainty(of limit: Limit) -> Uncertainty? {
        limit.structure == PlannedActivities.lungs
            ? lungDoseUncertainty : structures.first { $0.name == limit.structure }?.uncertainty
    }

    /// How well the doses of a vial are known: as its territory's; `nil` for one of several.
    func uncertainty(of option: VialOption) -> Uncertainty? {
        structures.first { $0.name == option.territory }?.uncertainty
    }

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
