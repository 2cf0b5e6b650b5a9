import Quantities

extension ConventionProfile {
    /// Returns the same tissue and lungs with a nuclide's evaluated half-life and electron energy.
    ///
    /// Engines that follow particles are given decays by it: their dose is physical and follows no
    /// convention. Its dose constant is what the electrons alone would give if they stayed.
    ///
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)`` when the data have no electrons.
    public func physical(_ decay: DecayData) throws -> ConventionProfile {
        let halfLife = TimeSpan(seconds: decay.halfLifeSeconds)
        let joules = decay.electronKeVPerDecay * PhysicalConstant.joulesPerKeV
        return try ConventionProfile(
            name: "\(name) (physical)", nuclide: nuclide,
            doseConstantGyKgPerGBq: joules * 1e9 * halfLife.seconds / Double.ln2,
            halfLife: halfLife,
            tissueDensityGPerML: tissueDensityGPerML, lungMass: lungMass, source: decay.source)
    }
}
