public import Physics
public import Quantities

/// The activities of one injection, which must never be taken for each other.
///
/// All at administration. injected = vial · (1 − R); liver = injected · (1 − L);
/// lung = injected · L. R, the residual, enters nowhere else.
public struct ActivityChain: Hashable, Sendable {
    /// In the vial when it is administered.
    public let vial: Activity
    /// Share of the vial that stays in vial, tubing and catheter, in [0, 1).
    public let residualFraction: Double
    /// Share of the injected activity that passes to the lungs, in [0, 1).
    public let lungShuntFraction: Double

    /// Entered the patient.
    public var injected: Activity { (1 - residualFraction) * vial }
    /// Stays in the perfused liver.
    public var liver: Activity { (1 - lungShuntFraction) * injected }
    /// Passes to the lungs.
    public var lung: Activity { lungShuntFraction * injected }

    /// Creates the chain from the vial downwards.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(vial: Activity, residualFraction: Double, lungShuntFraction: Double) throws {
        _ = try Checked.positive(vial.gigabecquerels, "vialActivityGBq")
        self.vial = vial
        self.residualFraction = try Checked.fraction(residualFraction, "residualFraction")
        self.lungShuntFraction = try Checked.fraction(lungShuntFraction, "lungShuntFraction")
    }

    /// Creates the chain whose perfused liver holds `liver`.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(liver: Activity, residualFraction: Double, lungShuntFraction: Double) throws {
        let shunt = try Checked.fraction(lungShuntFraction, "lungShuntFraction")
        try self.init(
            injected: 1 / (1 - shunt) * liver, residualFraction: residualFraction,
            lungShuntFraction: shunt)
    }

    /// Creates the chain from what must enter the patient.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(injected: Activity, residualFraction: Double, lungShuntFraction: Double) throws {
        let residual = try Checked.fraction(residualFraction, "residualFraction")
        let vial = 1 / (1 - residual) * injected
        _ = try Checked.finiteResult(vial.gigabecquerels, "vialActivityGBq")
        try self.init(
            vial: vial, residualFraction: residual, lungShuntFraction: lungShuntFraction)
    }

    /// Returns the activity to order for a calibration that lies `elapsed` before administration.
    ///
    /// A_order = A_vial · 2^(Δt / T).
    ///
    /// - Parameters:
    ///   - elapsed: From calibration to administration; negative when calibrated afterwards.
    ///   - profile: Gives the half-life.
    /// - Returns: The activity at calibration.
    public func ordered(calibratedBefore elapsed: TimeSpan, profile: ConventionProfile) -> Activity
    {
        vial.decayed(over: .zero - elapsed, halfLife: profile.halfLife)
    }
}
