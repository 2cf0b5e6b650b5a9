public import Quantities

extension ConventionProfile {
    /// A profile with a nuclide's evaluated half-life and electron energy.
    ///
    /// Engines that follow particles are given decays by it: their dose is physical and follows no
    /// convention. Its dose constant is what the electrons alone would give if they stayed.
    ///
    /// - Parameters:
    ///   - decay: The evaluated data.
    ///   - tissueDensityGPerML: As in a convention profile.
    ///   - lungMass: As in a convention profile.
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)`` when the data have no electrons.
    public init(
        physical decay: DecayData, tissueDensityGPerML: Double = 1.03,
        lungMass: Mass = Mass(kilograms: 1)
    ) throws {
        let halfLife = TimeSpan(seconds: decay.halfLifeSeconds)
        try self.init(
            name: "physical", nuclide: decay.nuclide,
            doseConstantGyKgPerGBq: DoseConstant.gyKgPerGBq(
                meanEnergy: Energy(megaelectronvolts: decay.electronKeVPerDecay * 1e-3),
                halfLife: halfLife),
            halfLife: halfLife, tissueDensityGPerML: tissueDensityGPerML, lungMass: lungMass,
            source: decay.source)
    }
}
