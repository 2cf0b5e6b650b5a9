import Foundation

/// How electrons of 1 keV to 3 MeV lose energy and scatter in one medium, per gram and cm².
public struct ElectronInteractions: Sendable {
    public let medium: Medium
    public let bremsstrahlung: Bremsstrahlung
    let oscillators: OscillatorModel
    /// 2π r² mc² · electrons per gram, in keV·cm²/g.
    let collisionConstant: Double

    /// Prepares the oscillators and tables of a medium.
    ///
    /// - Throws: ``PhysicsError/outsideTable(name:value:)`` for an element without shell data,
    ///   ``PhysicsError/malformedTable(name:reason:)`` when a built-in table is damaged.
    public init(_ medium: Medium) throws {
        self.medium = medium
        bremsstrahlung = try Bremsstrahlung(medium)
        oscillators = try OscillatorModel(medium)
        collisionConstant =
            2 * Double.pi * PhysicalConstant.classicalRadiusSquaredBarn
            * PhysicalConstant.cm2PerBarn * PhysicalConstant.electronRestKeV
            * medium.electronsPerGram
    }

    /// Returns the density-effect correction δ at the medium's reference density.
    public func densityEffect(energyKeV: Double) -> Double {
        oscillators.delta(betaSquared: betaSquared(energyKeV))
    }

    /// Returns the mass collision stopping power for electrons, in keV·cm²/g.
    ///
    /// Bethe's formula with Møller's cross section, without shell correction, so it is 2 to 3 %
    /// uncertain at 10 keV. Source: ICRU Report 37 (1984), section 3.
    public func collisionStoppingPower(energyKeV: Double) -> Double {
        let tau = energyKeV / PhysicalConstant.electronRestKeV
        let beta2 = betaSquared(energyKeV)
        let ratio = energyKeV * 1000 / medium.meanExcitationEnergyEV
        let f = (1 - beta2) * (1 + tau * tau / 8 - (2 * tau + 1) * log(2))
        let bracket =
            2 * log(ratio) + log(1 + tau / 2) + f - oscillators.delta(betaSquared: beta2)
        return collisionConstant / beta2 * bracket
    }

    /// Returns the mass radiative stopping power, in keV·cm²/g.
    public func radiativeStoppingPower(energyKeV: Double) -> Double {
        bremsstrahlung.stoppingPower(energyKeV: energyKeV)
    }

    /// Returns what continuous slowing down leaves when harder events are simulated, in keV·cm²/g.
    ///
    /// - Parameters:
    ///   - energyKeV: Kinetic energy.
    ///   - mollerCutKeV: Knock-on electrons above it are events of their own.
    ///   - photonCutKeV: Bremsstrahlung photons above it are events; `nil` when none are.
    /// - Returns: Energy per areal density.
    public func restrictedStoppingPower(
        energyKeV: Double, mollerCutKeV: Double, photonCutKeV: Double?
    ) -> Double {
        let hard = Moller.moment(1, energyKeV: energyKeV, cutKeV: mollerCutKeV)
        let collision = collisionStoppingPower(energyKeV: energyKeV) - collisionConstant * hard
        guard let photonCutKeV else {
            return collision + radiativeStoppingPower(energyKeV: energyKeV)
        }
        let softest = min(1, photonCutKeV / energyKeV)
        return collision
            + bremsstrahlung.stoppingPower(energyKeV: energyKeV, kappas: 0 ... softest)
    }

    /// Returns the knock-on electrons above `cutKeV` per areal density, in cm²/g.
    public func mollerEvents(energyKeV: Double, cutKeV: Double) -> Double {
        collisionConstant * Moller.moment(0, energyKeV: energyKeV, cutKeV: cutKeV)
    }
}

/// Møller's cross section of two electrons, in units of 2π r² mc².
///
/// dσ/dW = β⁻² W⁻² [1 + (W/(T-W))² - (1-a) W/(T-W) + a (W/T)²], a = (T/(T+mc²))², W ≤ T/2.
public enum Moller {
    /// Returns dσ/dW in 1/keV².
    public static func density(energyKeV t: Double, lossKeV w: Double) -> Double {
        shape(energyKeV: t, lossKeV: w) / (betaSquared(t) * w * w)
    }

    /// Returns the bracket of the formula: at most 2.25 for W ≤ T/2.
    public static func shape(energyKeV t: Double, lossKeV w: Double) -> Double {
        let a = (t / (t + PhysicalConstant.electronRestKeV))
        let ratio = w / (t - w)
        return 1 + ratio * ratio - (1 - a * a) * ratio + a * a * (w / t) * (w / t)
    }

    /// Returns ∫ Wⁿ dσ from `cutKeV` to T/2.
    static func moment(_ power: Double, energyKeV: Double, cutKeV: Double) -> Double {
        guard energyKeV > 2 * cutKeV else { return 0 }
        return integrate(log(cutKeV), log(energyKeV / 2), panels: 8) {
            let w = exp($0)
            return density(energyKeV: energyKeV, lossKeV: w) * pow(w, power + 1)
        }
    }

    /// Returns the cosine of the primary's deflection when it loses `w`.
    public static func primaryCosine(energyKeV t: Double, lossKeV w: Double) -> Double {
        let rest = 2 * PhysicalConstant.electronRestKeV
        return min(1, ((t - w) * (t + rest) / (t * (t - w + rest))).squareRoot())
    }

    /// Returns the cosine of the knock-on electron's direction against the primary's.
    public static func secondaryCosine(energyKeV t: Double, lossKeV w: Double) -> Double {
        let rest = 2 * PhysicalConstant.electronRestKeV
        return min(1, (w * (t + rest) / (t * (w + rest))).squareRoot())
    }
}
