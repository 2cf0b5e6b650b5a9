/// The mass of a tissue.
public struct Mass: PhysicalQuantity {
    public let siValue: Double

    public init(siValue: Double) { self.siValue = siValue }
}

extension Mass {
    /// Creates a mass from kilograms.
    public init(kilograms: Double) { self.init(siValue: kilograms) }

    /// Creates a mass from grams.
    public init(grams: Double) { self.init(siValue: grams / 1000) }

    /// Creates the mass of a volume of uniform density.
    public init(volumeML: Double, gramsPerML: Double) {
        self.init(grams: volumeML * gramsPerML)
    }

    /// The mass in kilograms (kg).
    public var kilograms: Double { siValue }

    /// The mass in grams (g).
    public var grams: Double { siValue * 1000 }
}
