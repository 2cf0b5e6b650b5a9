import Foundation

/// Bremsstrahlung of electrons in one medium.
///
/// The shape is Seltzer's table for oxygen; other elements scale with Z(Z+1). Against the full
/// tables that is about 2 % in soft tissue and 5 % in bone.
///
/// Source: S.M. Seltzer and M.J. Berger, At Data Nucl Data Tables 1986;35:345-418.
public struct Bremsstrahlung: Sendable {
    private let table: BremsstrahlungTable
    /// Σ (Z(Z+1)/(1 + 1/8)) · N_A/A · fraction, in 10⁻³ cm²/g per barn: with millibarn gives cm²/g.
    private let strengthPerGram: Double

    public init(_ medium: Medium) throws {
        table = try decodeTable(
            BremsstrahlungTable.self, PackageResources.bremsstrahlung_oxygen_json,
            name: "bremsstrahlung-oxygen")
        let oxygen = 1 + 1.0 / 8
        let perGram = medium.constituents.reduce(0) {
            let z = Double($1.z)
            return $0 + $1.massFraction / $1.atomicWeight * z * (z + 1) / oxygen
        }
        let millibarn = PhysicalConstant.cm2PerBarn * 1e-3
        strengthPerGram = perGram * PhysicalConstant.avogadro * millibarn
    }

    /// Returns k·dσ/dk in cm²/g for photon energy k = `kappa`·T.
    func scaled(energyKeV: Double, kappa: Double) -> Double {
        strengthPerGram / betaSquared(energyKeV) * table.value(energyKeV: energyKeV, kappa: kappa)
    }

    /// Returns the mass radiative stopping power in keV·cm²/g of photons with k in `kappas`.
    ///
    /// - Parameters:
    ///   - energyKeV: Kinetic energy, 1 keV to 3 MeV; outside the table its ends hold.
    ///   - kappas: Photon energies as fractions of the kinetic energy.
    /// - Returns: Energy per areal density, in keV·cm²/g.
    public func stoppingPower(energyKeV: Double, kappas: ClosedRange<Double> = 0 ... 1) -> Double {
        guard kappas.upperBound > kappas.lowerBound else { return 0 }
        return energyKeV
            * integrate(kappas.lowerBound, kappas.upperBound, panels: 20) {
                scaled(energyKeV: energyKeV, kappa: $0)
            }
    }

    /// Returns the photons above `cutKeV` per areal density, in cm²/g.
    public func photonsPerArealDensity(energyKeV: Double, cutKeV: Double) -> Double {
        guard energyKeV > cutKeV else { return 0 }
        return integrate(log(cutKeV / energyKeV), 0, panels: 20) {
            scaled(energyKeV: energyKeV, kappa: exp($0))
        }
    }

    /// Returns the share of the table's photon spectrum at `kappa`, against its value at 0.
    ///
    /// A rejection function at most 1.02, for photon energies drawn from 1/k.
    public func relativeSpectrum(energyKeV: Double, kappa: Double) -> Double {
        table.value(energyKeV: energyKeV, kappa: kappa)
            / table.value(energyKeV: energyKeV, kappa: 0)
    }
}

private struct BremsstrahlungTable: Decodable, Sendable {
    let kappa: [Double]
    let keV: [Double]
    let scaledMillibarn: [[Double]]

    /// Linear in κ and in ln T.
    func value(energyKeV: Double, kappa k: Double) -> Double {
        let (row, upper) = Self.place(log(energyKeV), keV.map { log($0) })
        let (column, right) = Self.place(k, kappa)
        func along(_ line: [Double]) -> Double {
            line[column] * (1 - right) + line[column + 1] * right
        }
        return along(scaledMillibarn[row]) * (1 - upper) + along(scaledMillibarn[row + 1]) * upper
    }

    private static func place(_ x: Double, _ nodes: [Double]) -> (Int, Double) {
        var cell = 0
        while cell < nodes.count - 2 && x > nodes[cell + 1] { cell += 1 }
        let fraction = (x - nodes[cell]) / (nodes[cell + 1] - nodes[cell])
        return (cell, min(1, max(0, fraction)))
    }
}

/// Returns β² of an electron.
func betaSquared(_ energyKeV: Double) -> Double {
    let tau = energyKeV / PhysicalConstant.electronRestKeV
    return tau * (tau + 2) / ((tau + 1) * (tau + 1))
}

/// Integrates by Gauss's rule of four points in each of `panels` equal parts.
func integrate(_ from: Double, _ to: Double, panels: Int, _ f: (Double) -> Double) -> Double {
    let nodes = (0.339_981_043_584_856_3, 0.861_136_311_594_052_6)
    let weights = (0.652_145_154_862_546_1, 0.347_854_845_137_453_9)
    let half = (to - from) / Double(2 * panels)
    var sum = 0.0
    for panel in 0 ..< panels {
        let centre = from + half * Double(2 * panel + 1)
        sum += weights.0 * (f(centre - half * nodes.0) + f(centre + half * nodes.0))
        sum += weights.1 * (f(centre - half * nodes.1) + f(centre + half * nodes.1))
    }
    return sum * half
}
