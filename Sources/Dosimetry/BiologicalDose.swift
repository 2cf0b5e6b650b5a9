public import Quantities

/// A number that a radiobiological model gives, with everything needed to judge it.
///
/// A research output, never a physical dose: reports label it so.
public struct ModelledValue: Hashable, Sendable {
    /// What it is: `BED`, `EQD2`, `gEUD`, `EUD`, `EUBED`, `NTCP`, `TCP`.
    public let quantity: String
    public let value: Double
    /// `Gy`, or `1` for a probability.
    public let unit: String
    /// The model's parameters by name; names carry units.
    public let parameters: [String: Double]
    /// Where the model comes from.
    public let source: String
}

/// The linear-quadratic model for a dose rate that decays exponentially.
///
/// BED = D · [1 + (T_rep / (T_rep + T_eff)) · D / (α/β)]
///
/// Source: Dale, Br J Radiol 1985;58:515-528; parameters for SIRT in Cremonesi et al., Front
/// Oncol 2014;4:210.
public struct BEDModel: Hashable, Sendable {
    public let alphaBetaGy: Double
    public let repairHalfTime: TimeSpan
    /// The half-life of the dose rate; the physical one for a permanent implant.
    public let effectiveHalfLife: TimeSpan

    /// Creates a model.
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)`` for a parameter that is not positive
    ///   and finite; a repair half-time of 0 (instant repair) is allowed.
    public init(
        alphaBetaGy: Double, repairHalfTime: TimeSpan, effectiveHalfLife: TimeSpan
    ) throws {
        guard alphaBetaGy > 0, alphaBetaGy.isFinite else {
            throw DoseError.outOfRange(parameter: "alphaBetaGy", value: alphaBetaGy)
        }
        guard repairHalfTime.seconds >= 0, repairHalfTime.seconds.isFinite else {
            throw DoseError.outOfRange(
                parameter: "repairHalfTimeHours", value: repairHalfTime.hours)
        }
        guard effectiveHalfLife.seconds > 0, effectiveHalfLife.seconds.isFinite else {
            throw DoseError.outOfRange(
                parameter: "effectiveHalfLifeHours", value: effectiveHalfLife.hours)
        }
        self.alphaBetaGy = alphaBetaGy
        self.repairHalfTime = repairHalfTime
        self.effectiveHalfLife = effectiveHalfLife
    }

    /// The parameters by name.
    public var parameters: [String: Double] {
        [
            "alphaBetaGy": alphaBetaGy, "repairHalfTimeHours": repairHalfTime.hours,
            "effectiveHalfLifeHours": effectiveHalfLife.hours,
        ]
    }

    /// Returns the biologically effective dose of a dose, both in grays.
    ///
    /// Edge cases: a negative dose (PET noise) is returned as it is, so means stay unbiased.
    public func bedGy(doseGy: Double) -> Double {
        guard doseGy > 0 else { return doseGy }
        let protraction = repairHalfTime / (repairHalfTime + effectiveHalfLife)
        return doseGy * (1 + protraction * doseGy / alphaBetaGy)
    }

    /// Returns the dose in fractions of 2 Gy with the same effect, in grays.
    ///
    /// EQD2 = BED / (1 + 2 / (α/β))
    public func eqd2Gy(doseGy: Double) -> Double { bedGy(doseGy: doseGy) / (1 + 2 / alphaBetaGy) }

    /// Returns the BED of a uniform dose, labelled.
    public func bed(of dose: AbsorbedDose) -> ModelledValue {
        ModelledValue(
            quantity: "BED", value: bedGy(doseGy: dose.grays), unit: "Gy",
            parameters: parameters, source: Self.source)
    }

    /// Returns the EQD2 of a uniform dose, labelled.
    public func eqd2(of dose: AbsorbedDose) -> ModelledValue {
        ModelledValue(
            quantity: "EQD2", value: eqd2Gy(doseGy: dose.grays), unit: "Gy",
            parameters: parameters, source: Self.source)
    }

    static let source = "Dale 1985; parameters as Cremonesi et al. 2014"
}
