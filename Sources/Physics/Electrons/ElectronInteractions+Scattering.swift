import Foundation

/// Inverse transport mean free paths 1/λ₁ and 1/λ₂ per areal density, in cm²/g.
///
/// Over a path s the Legendre moments of the direction fall as exp(-s/λₗ), exactly
/// (Goudsmit and Saunderson).
public struct ScatteringPower: Hashable, Sendable {
    /// 1/λ₁: mean of 1 - cos θ per areal density.
    public var first: Double
    /// 1/λ₂: mean of 1 - P₂(cos θ) per areal density.
    public var second: Double

    static func + (a: Self, b: Self) -> Self {
        Self(first: a.first + b.first, second: a.second + b.second)
    }
}

extension ElectronInteractions {
    /// Returns the scattering by nuclei and by collisions that lose less than `mollerCutKeV`.
    public func scattering(energyKeV: Double, mollerCutKeV: Double) -> ScatteringPower {
        elasticScattering(energyKeV: energyKeV)
            + inelasticScattering(energyKeV: energyKeV, mollerCutKeV: mollerCutKeV)
    }

    /// Returns elastic scattering by screened nuclei.
    ///
    /// Rutherford's cross section with Molière's screening angle, times the spin factor of
    /// McKinley and Feshbach, 1 - β²s² + παZβ s(1-s), s = sin θ/2.
    /// Sources: G. Molière, Z Naturforsch 1947;2a:133; W.A. McKinley, H. Feshbach,
    /// Phys Rev 1948;74:1759.
    public func elasticScattering(energyKeV: Double) -> ScatteringPower {
        let rest = PhysicalConstant.electronRestKeV
        let beta2 = betaSquared(energyKeV)
        let momentum2 = energyKeV * (energyKeV + 2 * rest) / (rest * rest)
        var total = ScatteringPower(first: 0, second: 0)
        for element in medium.constituents {
            let z = Double(element.z)
            let strength =
                2 * Double.pi * PhysicalConstant.classicalRadiusSquaredBarn * z * z
                / (momentum2 * beta2) * PhysicalConstant.cm2PerBarn
                * PhysicalConstant.avogadro * element.massFraction / element.atomicWeight
            let moments = Self.rutherfordMoments(z: z, betaSquared: beta2, momentum2: momentum2)
            total.first += strength * moments.first
            total.second += strength * moments.second
        }
        return total
    }

    /// ∫ (1 - Pₗ) R/(t + 2η)² dt over t = 1 - cos θ from 0 to 2.
    private static func rutherfordMoments(
        z: Double, betaSquared beta2: Double, momentum2: Double
    ) -> ScatteringPower {
        let alphaZ = PhysicalConstant.fineStructure * z
        // 0.8853 a₀ Z^(-1/3) is the Thomas-Fermi radius; momentum is in units of mc.
        let unscreened = PhysicalConstant.fineStructure * pow(z, 1.0 / 3) / 0.885_34
        let eta =
            0.25 * unscreened * unscreened / momentum2 * (1.13 + 3.76 * alphaZ * alphaZ / beta2)
        let spin = Double.pi * alphaZ * beta2.squareRoot()
        func moment(_ legendre: (Double) -> Double) -> Double {
            integrate(log(2 * eta), log(2 + 2 * eta), panels: 24) {
                let screened = exp($0)
                let t = screened - 2 * eta
                let s = (max(0, t) / 2).squareRoot()
                let mott = 1 - beta2 * s * s + spin * s * (1 - s)
                return legendre(t) * mott / screened
            }
        }
        return ScatteringPower(
            first: moment { $0 }, second: moment { 1.5 * $0 * (2 - $0) })
    }

    /// Returns the scattering by inelastic collisions with energy losses below `mollerCutKeV`.
    ///
    /// Each oscillator scatters in distant collisions with recoil energies below its resonance,
    /// and in close ones, which follow Møller's cross section. The generalised oscillator model
    /// of D. Liljequist, J Phys D 1983;16:1567, as PENELOPE uses it.
    func inelasticScattering(energyKeV t: Double, mollerCutKeV: Double) -> ScatteringPower {
        let rest = PhysicalConstant.electronRestKeV
        let beta2 = betaSquared(t)
        let momentum2 = t * (t + 2 * rest)
        let top = min(mollerCutKeV, t / 2)
        var first = 0.0
        var second = 0.0
        for oscillator in oscillators.oscillators {
            let resonance = max(
                1e-4,
                (oscillator.resonance * oscillator.resonance
                    + 2.0 / 3 * oscillator.strength).squareRoot()
                    * oscillators.plasmaEnergyEV * 1e-3)
            guard resonance < top else { continue }
            // Distant: 1/(W Q) dQ with 1 - cos θ = Q·2mc²/(2p²), up to Q = W.
            let distant = oscillator.strength * rest / (momentum2 * beta2)
            first += distant
            second += 3 * distant
            let close = { (moment: (Double) -> Double) in
                integrate(log(resonance), log(top), panels: 10) {
                    let w = exp($0)
                    let deflection = 1 - Moller.primaryCosine(energyKeV: t, lossKeV: w)
                    return moment(deflection) * Moller.density(energyKeV: t, lossKeV: w) * w
                }
            }
            first += oscillator.strength * close { $0 }
            second += oscillator.strength * close { 1.5 * $0 * (2 - $0) }
        }
        return ScatteringPower(
            first: collisionConstant * first, second: collisionConstant * second)
    }
}
