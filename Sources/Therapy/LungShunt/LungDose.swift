public import Physics
public import Quantities

/// The lung mass that a lung dose stands on; doses on different bases must not be added.
public enum LungMassBasis: Hashable, Sendable {
    /// The convention profile's mass, 1 kg unless changed.
    case convention
    /// Density of the patient's own CT, summed over the lungs.
    case computedTomography(Mass)

    /// Returns the mass.
    public func mass(_ profile: ConventionProfile) -> Mass {
        switch self {
        case .convention: profile.lungMass
        case .computedTomography(let mass): mass
        }
    }
}

/// How much dose the lungs may still get in this session.
///
/// The lesser of the single limit and the cumulative limit less what earlier sessions gave, on
/// the same mass basis.
///
/// Source: 30 Gy single, 50 Gy cumulative at 1 kg, both manufacturers' instructions for use.
public struct LungDoseLimit: Hashable, Sendable {
    public static let conventionalSingle = AbsorbedDose(grays: 30)
    public static let conventionalCumulative = AbsorbedDose(grays: 50)

    public let single: AbsorbedDose
    public let cumulative: AbsorbedDose
    /// Sum over all earlier sessions.
    public let earlier: AbsorbedDose

    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(
        single: AbsorbedDose = conventionalSingle,
        cumulative: AbsorbedDose = conventionalCumulative,
        earlier: AbsorbedDose = .zero
    ) throws {
        _ = try Checked.positive(single.grays, "singleGy")
        _ = try Checked.positive(cumulative.grays, "cumulativeGy")
        _ = try Checked.notNegative(earlier.grays, "earlierGy")
        self.single = single
        self.cumulative = cumulative
        self.earlier = earlier
    }

    /// What this session may give; zero when earlier sessions used the cumulative limit up.
    public var allowed: AbsorbedDose { max(.zero, min(single, cumulative - earlier)) }

    /// Whether the cumulative limit is the stricter one.
    public var isCumulative: Bool { cumulative - earlier < single }
}

/// The dose of the lungs from several territories, each with its own shunt.
public enum LungDose {
    /// Returns C · Σ A_inj,k · L_k / M_lung.
    public static func mean(
        _ territories: [ActivityChain], mass: Mass, profile: ConventionProfile
    )
        -> AbsorbedDose
    {
        let total = territories.reduce(Activity.zero) { $0 + $1.lung }
        return profile.meanDose(of: total, in: mass)
    }
}
