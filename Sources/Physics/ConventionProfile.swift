public import Quantities

/// The constants that one plan is computed with; never mixed inside a plan.
///
/// The published dose constants for Y-90 spread over 1.26 % and the half-lives over 0.7 %, so
/// every result names the profile it used.
public struct ConventionProfile: Hashable, Sendable {
    /// The stable name: `mppg14a`, `eanm2022`, `ifu-glass`, `ho`, or a site's own.
    public let name: String
    public let nuclide: Nuclide
    /// Dose per activity and mass of a permanent implant that deposits locally, in Gy·kg/GBq.
    public let doseConstantGyKgPerGBq: Double
    public let halfLife: TimeSpan
    /// Soft-tissue density used where no density image is, in g/mL.
    public let tissueDensityGPerML: Double
    public let lungMass: Mass
    /// Where the constants come from.
    public let source: String

    /// Creates a profile.
    ///
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)`` when a constant is not positive
    ///   and finite.
    public init(
        name: String, nuclide: Nuclide, doseConstantGyKgPerGBq: Double, halfLife: TimeSpan,
        tissueDensityGPerML: Double = 1.03, lungMass: Mass = Mass(kilograms: 1), source: String
    ) throws {
        for (quantity, value) in [
            ("doseConstantGyKgPerGBq", doseConstantGyKgPerGBq),
            ("halfLifeHours", halfLife.hours),
            ("tissueDensityGPerML", tissueDensityGPerML), ("lungMassKg", lungMass.kilograms),
        ] {
            guard value > 0, value.isFinite else {
                throw PhysicsError.notPositive(quantity: quantity, value: value)
            }
        }
        self.name = name
        self.nuclide = nuclide
        self.doseConstantGyKgPerGBq = doseConstantGyKgPerGBq
        self.halfLife = halfLife
        self.tissueDensityGPerML = tissueDensityGPerML
        self.lungMass = lungMass
        self.source = source
    }
}

/// A radionuclide that Grevy has decay data of.
public enum Nuclide: String, Hashable, Sendable, CaseIterable {
    case y90 = "Y-90"
    case ho166 = "Ho-166"
    case tc99m = "Tc-99m"
    case lu177 = "Lu-177"
    case i131 = "I-131"
    case in111 = "In-111"
    case ga68 = "Ga-68"
    case i123 = "I-123"
    case re188 = "Re-188"
    case tb161 = "Tb-161"

    /// Whether microspheres for radioembolisation carry it.
    public var isOfMicrospheres: Bool { self == .y90 || self == .ho166 }
}

/// What can be wrong with a physical constant or table.
public enum PhysicsError: Error, Hashable {
    case notPositive(quantity: String, value: Double)
    case unknownProfile(name: String)
    case malformedTable(name: String, reason: String)
    case unknownMedium(name: String)
    case outsideTable(name: String, value: Double)
}

extension PhysicsError: CustomStringConvertible {
    /// One sentence for a person.
    public var description: String {
        switch self {
        case .notPositive(let quantity, let value):
            "'\(quantity)' must be above 0 and finite, not \(value)."
        case .unknownProfile(let name): "There is no convention profile '\(name)'."
        case .malformedTable(let name, let reason): "The table '\(name)' is damaged: \(reason)."
        case .unknownMedium(let name): "There is no medium '\(name)'; `grevy materials` lists them."
        case .outsideTable(let name, let value): "The table '\(name)' does not reach \(value)."
        }
    }
}
