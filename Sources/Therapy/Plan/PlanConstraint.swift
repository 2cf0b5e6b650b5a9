public import Quantities

/// Which dose of a structure is limited.
public enum DoseMeasure: Hashable, Sendable {
    case mean
    /// Dx: the least dose of the hottest x percent of the volume.
    case hottestPercent(Double)

    /// `mean`, or `D30`.
    public var label: String {
        switch self {
        case .mean: "mean"
        case .hottestPercent(let percent):
            percent == percent.rounded() ? "D\(Int(percent))" : "D\(percent)"
        }
    }

    /// Reads what ``label`` writes; `nil` for anything else, shares outside 0 to 100 among it.
    public init?(label: String) {
        if label == "mean" {
            self = .mean
            return
        }
        guard label.hasPrefix("D"), let percent = Double(label.dropFirst()),
            (0 ... 100).contains(percent)
        else { return nil }
        self = .hottestPercent(percent)
    }
}

/// A dose that a structure should not exceed, and where the number comes from.
public struct PlanConstraint: Hashable, Sendable {
    public let structure: String
    public let measure: DoseMeasure
    public let limit: AbsorbedDose
    /// Source of the limit: threshold row, local rule, who chose it.
    public let provenance: String

    /// A limit of V(d) ≤ x % is the limit Dx ≤ d, so ``DoseMeasure`` has no case for it.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)`` for a negative limit, where zero
    ///   means that nothing is left, as after earlier sessions; and for a share outside 0 to 100.
    public init(
        structure: String, measure: DoseMeasure = .mean, limit: AbsorbedDose, provenance: String
    ) throws {
        _ = try Checked.notNegative(limit.grays, "limitGy of \(structure)")
        if case .hottestPercent(let percent) = measure {
            _ = try Checked.within(0 ... 100, percent, "volumePercent of \(structure)")
        }
        self.structure = structure
        self.measure = measure
        self.limit = limit
        self.provenance = provenance
    }

    /// The structure alone for a mean, `Liver D30` for a point of the histogram.
    public var name: String {
        measure == .mean ? structure : "\(structure) \(measure.label)"
    }
}

/// One constraint held against a plan.
public struct ConstraintCheck: Hashable, Sendable {
    public let constraint: PlanConstraint
    public let dose: AbsorbedDose
    /// Limit less dose; negative when exceeded.
    public let margin: AbsorbedDose
    /// The largest total injected activity with this split between territories; `nil` when the
    /// structure gets no dose, so that nothing limits it.
    public let maximumTotal: Activity?
    /// The largest activity of each territory with the others held.
    ///
    /// `nil` where the territory gives this structure no dose, and for a point of the histogram,
    /// which is linear in the common factor alone. Zero when the others alone exceed the limit.
    public let maximumPerTerritory: [Activity?]
    /// Whether it allows the least total activity of all constraints.
    public let isBinding: Bool

    /// Whether the dose is above the limit, compared unrounded.
    public var isExceeded: Bool { dose > constraint.limit }
}

/// Wished activities held against every constraint.
public struct PlanAssessment: Hashable, Sendable {
    /// Injected activities that the aims ask for.
    public let wished: [Activity]
    /// The wish, scaled down in its own split until the binding constraint holds.
    public let allowed: [Activity]
    public let checks: [ConstraintCheck]

    /// The constraint that allows the least; `nil` when none limits the plan.
    public var binding: ConstraintCheck? { checks.first(where: \.isBinding) }
    /// Whether the wish stays within every limit.
    public var meetsAllLimits: Bool { !checks.contains(where: \.isExceeded) }
}

extension LinearDoseModel {
    /// Holds activities against constraints; each gives its own maximum, the least is binding.
    ///
    /// With the split fixed every voxel's dose is proportional to one common factor, and so are
    /// means and points of the histogram: a constraint allows A_total · limit / dose. Doses in the
    /// checks are those of `injected`.
    ///
    /// - Parameters:
    ///   - injected: One activity per territory.
    ///   - constraints: Limits on means and on points of the histogram.
    ///   - pointDose: The dose at a point of the histogram when `injected` is given.
    /// - Returns: Every limit's own maximum.
    /// - Throws: ``TherapyError/unknown(kind:name:)`` for a structure the model does not have,
    ///   ``TherapyError/inconsistent(reason:)``, and what `pointDose` throws.
    public func assess(
        _ injected: [Activity], constraints: [PlanConstraint],
        pointDose: (PlanConstraint) throws -> AbsorbedDose = Self.noPointDose
    ) throws -> PlanAssessment {
        let total = injected.reduce(Activity.zero, +)
        let measured = try constraints.map { constraint -> (AbsorbedDose, Double?) in
            let dose =
                constraint.measure == .mean
                ? try dose(constraint.structure, injected: injected) : try pointDose(constraint)
            return (dose, dose > .zero ? constraint.limit / dose : nil)
        }
        let least = measured.compactMap(\.1).min()
        let bindingIndex = least.flatMap { least in measured.firstIndex { $0.1 == least } }
        let checks = try constraints.indices.map { index -> ConstraintCheck in
            let constraint = constraints[index]
            let (dose, scale) = measured[index]
            return ConstraintCheck(
                constraint: constraint, dose: dose, margin: constraint.limit - dose,
                maximumTotal: scale.map { $0 * total },
                maximumPerTerritory: constraint.measure == .mean
                    ? maxima(
                        try response(constraint.structure), injected: injected, dose: dose,
                        limit: constraint.limit) : injected.map { _ in nil },
                isBinding: index == bindingIndex)
        }
        return PlanAssessment(
            wished: injected, allowed: injected.map { min(1, least ?? 1) * $0 }, checks: checks)
    }

    /// Refuses: means alone hold no histogram.
    ///
    /// - Throws: ``TherapyError/inconsistent(reason:)``.
    public static func noPointDose(_ constraint: PlanConstraint) throws -> AbsorbedDose {
        throw TherapyError.inconsistent(
            reason: "The limit '\(constraint.name)' needs a dose map; mean doses do not tell it.")
    }

    private func maxima(
        _ response: StructureResponse, injected: [Activity], dose: AbsorbedDose,
        limit: AbsorbedDose
    ) -> [Activity?] {
        zip(response.graysPerGBq, injected).map { coefficient, activity in
            guard coefficient > 0 else { return nil }
            let others = dose.grays - coefficient * activity.gigabecquerels
            return Activity(gigabecquerels: max(0, (limit.grays - others) / coefficient))
        }
    }
}
