public import Quantities

/// A mean dose that a structure should not exceed, and where the number comes from.
public struct PlanConstraint: Hashable, Sendable {
    public let structure: String
    public let limit: AbsorbedDose
    /// Source of the limit: threshold row, local rule, who chose it.
    public let provenance: String

    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)`` for a negative limit; zero means
    ///   that nothing is left, as after earlier sessions.
    public init(structure: String, limit: AbsorbedDose, provenance: String) throws {
        _ = try Checked.notNegative(limit.grays, "limitGy of \(structure)")
        self.structure = structure
        self.limit = limit
        self.provenance = provenance
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
    /// `nil` where the territory gives this structure no dose. Zero when the others alone exceed the limit.
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
    /// With the split fixed, a constraint allows A_total · limit / dose. Doses in the checks are
    /// those of `injected`.
    ///
    /// - Throws: ``TherapyError/unknown(kind:name:)`` for a structure the model does not have,
    ///   ``TherapyError/inconsistent(reason:)``.
    public func assess(
        _ injected: [Activity], constraints: [PlanConstraint]
    ) throws
        -> PlanAssessment
    {
        let total = injected.reduce(Activity.zero, +)
        let measured = try constraints.map { constraint -> (AbsorbedDose, Double?) in
            let dose = try dose(constraint.structure, injected: injected)
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
                maximumPerTerritory: maxima(
                    try response(constraint.structure), injected: injected, dose: dose,
                    limit: constraint.limit),
                isBinding: index == bindingIndex)
        }
        return PlanAssessment(
            wished: injected, allowed: injected.map { min(1, least ?? 1) * $0 }, checks: checks)
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
