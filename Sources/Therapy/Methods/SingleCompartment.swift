public import Physics
public import Quantities

/// One mean dose over the perfused volume, tumour included (MIRD single compartment).
///
/// A_inj = D · M / (C · (1 − L)), A_vial = A_inj / (1 − R): both shares stand in the
/// denominator of the activity. The standard model of glass, and of Ho-166 in the whole liver.
///
/// Source: TheraSphere package insert; Weber et al., EANM procedure guideline, EJNMMI 2022.
public struct SingleCompartment: Hashable, Sendable {
    public let profile: ConventionProfile
    public let perfusedMass: Mass
    public let lungShuntFraction: Double
    public let residualFraction: Double

    /// Creates the model of one territory.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(
        perfusedVolumeML: Double, lungShuntFraction: Double, residualFraction: Double,
        profile: ConventionProfile
    ) throws {
        self.profile = profile
        perfusedMass = profile.tissueMass(
            volumeML: try Checked.positive(perfusedVolumeML, "perfusedVolumeML"))
        guard perfusedMass > .zero else {
            throw TherapyError.outOfRange(
                key: "perfusedVolumeML", value: perfusedVolumeML, allowed: "above 0")
        }
        self.lungShuntFraction = try Checked.fraction(lungShuntFraction, "lungShuntFraction")
        self.residualFraction = try Checked.fraction(residualFraction, "residualFraction")
    }

    /// Returns the activities that give the perfused volume the mean dose.
    public func activities(forPerfusedDose dose: AbsorbedDose) throws -> ActivityChain {
        _ = try Checked.positive(dose.grays, "targetDoseGy")
        return try ActivityChain(
            liver: profile.activity(for: dose, in: perfusedMass),
            residualFraction: residualFraction, lungShuntFraction: lungShuntFraction)
    }

    /// Returns the activities of a vial.
    public func activities(forVial vial: Activity) throws -> ActivityChain {
        try ActivityChain(
            vial: vial, residualFraction: residualFraction, lungShuntFraction: lungShuntFraction)
    }

    /// Returns the mean dose of the perfused volume.
    public func perfusedDose(_ activities: ActivityChain) -> AbsorbedDose {
        profile.meanDose(of: activities.liver, in: perfusedMass)
    }

    /// Returns the mean dose of lungs with the profile's mass.
    public func lungDose(_ activities: ActivityChain) -> AbsorbedDose {
        profile.meanDose(of: activities.lung, in: profile.lungMass)
    }
}
