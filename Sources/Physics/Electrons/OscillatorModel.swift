import CXrayShim
import Foundation

/// The electrons of a medium as oscillators, for the density effect and for distant collisions.
///
/// Each atomic shell is one oscillator with strength fᵢ (its share of the electrons) and energy
/// ρ·Eᵢ, Eᵢ its binding energy; the factor ρ is such that the mean excitation energy comes out
/// as tabulated. Sources: R.M. Sternheimer, S.M. Seltzer, M.J. Berger, Phys Rev B
/// 1982;26:6067-6076; binding energies and occupation from xraylib, those of the outermost
/// electrons at least the atom's first ionisation energy.
struct OscillatorModel: Sendable {
    /// One shell.
    struct Oscillator: Sendable {
        /// Share of the electrons; all shares add to 1.
        let strength: Double
        /// Resonance energy in units of the plasma energy.
        let resonance: Double
    }

    let oscillators: [Oscillator]
    /// The plasma energy ħω at the reference density, in eV.
    let plasmaEnergyEV: Double

    init(_ medium: Medium) throws {
        let zOverA = medium.zOverA
        // ħω = 28.816 eV · √(ρ Z/A); Sternheimer et al., equation 2.
        plasmaEnergyEV = 28.816 * (medium.referenceDensityGramsPerML * zOverA).squareRoot()
        var shells: [(strength: Double, bindingEV: Double)] = []
        for element in medium.constituents {
            let perElectron =
                element.massFraction * Double(element.z) / element.atomicWeight / zOverA
            shells += try Self.shells(z: element.z).map {
                let binding = max($0.bindingEV, element.ionisationEV)
                return (perElectron * $0.electrons / Double(element.z), binding)
            }
        }
        let factor = Self.scale(
            shells, plasma: plasmaEnergyEV, meanExcitation: medium.meanExcitationEnergyEV)
        let plasma = plasmaEnergyEV
        oscillators = shells.map {
            Oscillator(strength: $0.strength, resonance: factor * $0.bindingEV / plasma)
        }
    }

    /// Electrons and binding energy of each occupied shell; 0 where the table has none.
    private static func shells(z: Int) throws -> [(electrons: Double, bindingEV: Double)] {
        var left = Double(z)
        var shells: [(electrons: Double, bindingEV: Double)] = []
        for shell in 0 ..< Int32(16) where left > 1e-6 {
            let electrons = xray_electrons(Int32(z), shell)
            guard electrons.known == 1, electrons.value > 0 else { continue }
            let edge = xray_edge_keV(Int32(z), shell)
            let count = min(left, electrons.value)
            shells.append((count, edge.known == 1 ? edge.value * 1000 : 0))
            left -= count
        }
        guard left < 1e-3, !shells.isEmpty else {
            throw PhysicsError.outsideTable(name: "xraylib electron shells", value: Double(z))
        }
        return shells
    }

    /// Solves ln I = Σ fᵢ ln(ħω √((ρEᵢ/ħω)² + ⅔fᵢ)) for ρ.
    private static func scale(
        _ shells: [(strength: Double, bindingEV: Double)], plasma: Double, meanExcitation: Double
    ) -> Double {
        let target = log(meanExcitation / plasma)
        return bisect(from: 1e-3, to: 100) { factor in
            let sum = shells.reduce(0) { sum, shell in
                let resonance = factor * shell.bindingEV / plasma
                return sum
                    + 0.5 * shell.strength
                    * log(resonance * resonance + 2.0 / 3 * shell.strength)
            }
            return sum - target
        }
    }

    /// Returns the density-effect correction δ for β² = `betaSquared`.
    func delta(betaSquared: Double) -> Double {
        let right = 1 / betaSquared - 1
        let atRest = oscillators.reduce(0) { $0 + $1.strength / ($1.resonance * $1.resonance) }
        guard atRest > right else { return 0 }
        // Σ fᵢ/(νᵢ² + L²) = 1/β² - 1 falls with L² from atRest to 0.
        let lSquared = bisect(from: 0, to: 1 / right + 1) { lSquared in
            right
                - oscillators.reduce(0) {
                    $0 + $1.strength / ($1.resonance * $1.resonance + lSquared)
                }
        }
        let sum = oscillators.reduce(0) { sum, oscillator in
            let l2 = oscillator.resonance * oscillator.resonance + 2.0 / 3 * oscillator.strength
            return sum + oscillator.strength * log(1 + lSquared / l2)
        }
        return max(0, sum - lSquared * (1 - betaSquared))
    }
}

/// Returns the root of a rising function by bisection to rounding.
func bisect(from low: Double, to high: Double, _ function: (Double) -> Double) -> Double {
    var low = low
    var high = high
    for _ in 0 ..< 200 {
        let middle = 0.5 * (low + high)
        if middle <= low || middle >= high { break }
        if function(middle) < 0 { low = middle } else { high = middle }
    }
    return 0.5 * (low + high)
}
