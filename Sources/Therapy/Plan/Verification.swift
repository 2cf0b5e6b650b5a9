public import Quantities

/// What was planned and what was delivered for one structure.
public struct DeliveredDose: Hashable, Sendable {
    public let structure: String
    public let planned: AbsorbedDose
    public let delivered: AbsorbedDose

    public init(structure: String, planned: AbsorbedDose, delivered: AbsorbedDose) {
        self.structure = structure
        self.planned = planned
        self.delivered = delivered
    }

    public var difference: AbsorbedDose { delivered - planned }
    /// Delivered over planned; `nil` when nothing was planned.
    public var ratio: Double? { planned > .zero ? delivered / planned : nil }
}

/// What entered the patient through one catheter position.
public struct DeliveredActivity: Hashable, Sendable {
    public let territory: String
    public let plannedInjected: Activity
    public let vial: Activity
    public let residualFraction: Double
    /// Whether the infusion was stopped early because flow stopped.
    public let stasis: Bool

    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(
        territory: String, plannedInjected: Activity, vial: Activity, residualFraction: Double,
        stasis: Bool
    ) throws {
        _ = try Checked.positive(plannedInjected.gigabecquerels, "injectedActivityGBq")
        _ = try Checked.positive(vial.gigabecquerels, "vialActivityGBq")
        self.territory = territory
        self.plannedInjected = plannedInjected
        self.vial = vial
        self.residualFraction = try Checked.fraction(residualFraction, "residualFraction")
        self.stasis = stasis
    }

    public var injected: Activity { (1 - residualFraction) * vial }
    /// Share of the planned activity that did not enter the patient; negative when more did.
    public var undeliveredFraction: Double { 1 - injected / plannedInjected }

    /// Returns what a person should know about the delivery.
    public func findings(_ rails: GuardRails) -> [Finding] {
        let short = rails.check(.undeliveredFraction, undeliveredFraction, subject: territory)
        guard stasis else { return short }
        return short + [
            Finding(
                "delivered.stopped-by-stasis", .note,
                "The infusion was stopped at stasis; less activity than planned is a clinical "
                    + "outcome, not an error.", subject: territory)
        ]
    }
}

/// The activity in a post-treatment image against the activity that was injected.
public struct ImageActivityCheck: Hashable, Sendable {
    /// In the whole image, corrected to administration.
    public let imaged: Activity
    public let injected: Activity

    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(imaged: Activity, injected: Activity) throws {
        _ = try Checked.positive(injected.gigabecquerels, "injectedActivityGBq")
        self.imaged = imaged
        self.injected = injected
    }

    /// Imaged over injected.
    public var ratio: Double { imaged / injected }

    /// Returns a finding when the two differ by more than 15 %.
    public func findings(_ rails: GuardRails) -> [Finding] {
        rails.check(.imageActivityDeviationFraction, abs(ratio - 1))
    }
}
