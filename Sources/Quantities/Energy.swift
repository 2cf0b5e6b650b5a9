/// An energy, of a particle or deposited in tissue.
public struct Energy: PhysicalQuantity {
    public let siValue: Double

    public init(siValue: Double) { self.siValue = siValue }
}

extension Energy {
    /// Joules in one megaelectronvolt; exact since the SI of 2019.
    public static let joulesPerMegaelectronvolt = 1.602_176_634e-13

    /// Creates an energy from joules.
    public init(joules: Double) { self.init(siValue: joules) }

    /// Creates an energy from megaelectronvolts.
    public init(megaelectronvolts: Double) {
        self.init(siValue: megaelectronvolts * Self.joulesPerMegaelectronvolt)
    }

    /// The energy in joules (J).
    public var joules: Double { siValue }

    /// The energy in megaelectronvolts (MeV).
    public var megaelectronvolts: Double { siValue / Self.joulesPerMegaelectronvolt }
}
