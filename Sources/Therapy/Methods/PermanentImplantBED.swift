public import Quantities

/// The linear-quadratic dose of a permanent implant; a model, for research.
///
/// BED = D · [1 + T_rep / (T_rep + T_eff) · D / (α/β)], EQD2 = BED / (1 + 2 / (α/β)).
///
/// Source: Cremonesi et al., Semin Nucl Med 2008, for the protraction factor T_rep / (T_rep + T_eff).
public struct PermanentImplantBED: Hashable, Sendable {
    public let alphaBetaGy: Double
    public let repairHalfTime: TimeSpan
    public let effectiveHalfLife: TimeSpan

    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(alphaBetaGy: Double, repairHalfTime: TimeSpan, effectiveHalfLife: TimeSpan) throws {
        self.alphaBetaGy = try Checked.positive(alphaBetaGy, "alphaBetaGy")
        _ = try Checked.positive(repairHalfTime.hours, "repairHalfTimeHours")
        _ = try Checked.positive(effectiveHalfLife.hours, "effectiveHalfLifeHours")
        self.repairHalfTime = repairHalfTime
        self.effectiveHalfLife = effectiveHalfLife
    }

    /// Returns the biologically effective dose, in Gy.
    public func bedGy(_ dose: AbsorbedDose) throws -> Double {
        let doseGy = try Checked.notNegative(dose.grays, "doseGy")
        let protraction =
            repairHalfTime.seconds / (repairHalfTime.seconds + effectiveHalfLife.seconds)
        return try Checked.finiteResult(
            doseGy * (1 + protraction * doseGy / alphaBetaGy), "bedGy")
    }

    /// Returns the dose in fractions of 2 Gy with the same effect, in Gy.
    public func eqd2Gy(_ dose: AbsorbedDose) throws -> Double {
        try bedGy(dose) / (1 + 2 / alphaBetaGy)
    }
}
