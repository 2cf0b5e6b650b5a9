import CXrayShim
import Foundation

/// How photons of 1 keV to 3 MeV interact in one medium: mass coefficients in cm²/g.
///
/// xraylib knows energies up to 800 keV. Above, Compton scattering follows Klein and Nishina,
/// Rayleigh scattering falls with E⁻² and photoelectric absorption with its own last power; each
/// joins without a step. Pair production is that of XCOM in water, scaled with Z²/A.
public struct PhotonInteractions: Sendable {
    public let medium: Medium

    /// The highest energy that xraylib answers, in keV.
    static let joinKeV = 800.0

    private let join: PhotonCoefficients
    private let photoelectricPower: Double

    /// Prepares the joins.
    ///
    /// - Throws: ``PhysicsError/outsideTable(name:value:)`` for an element that xraylib lacks.
    public init(_ medium: Medium) throws {
        self.medium = medium
        join = try Self.tabulated(medium, energyKeV: Self.joinKeV)
        let below = try Self.tabulated(medium, energyKeV: Self.joinKeV / 2)
        photoelectricPower = log(below.photoelectric / join.photoelectric) / log(2)
    }

    /// Returns the coefficients at one energy.
    ///
    /// - Throws: ``PhysicsError/outsideTable(name:value:)`` below what xraylib knows.
    public func coefficients(energyKeV: Double) throws -> PhotonCoefficients {
        if energyKeV <= Self.joinKeV {
            return try Self.tabulated(medium, energyKeV: energyKeV)
        }
        let ratio = energyKeV / Self.joinKeV
        let compton =
            join.compton * KleinNishina.crossSectionBarn(energyKeV: energyKeV)
            / KleinNishina.crossSectionBarn(energyKeV: Self.joinKeV)
        return PhotonCoefficients(
            photoelectric: join.photoelectric * pow(ratio, -photoelectricPower),
            compton: compton, rayleigh: join.rayleigh / (ratio * ratio),
            pair: pair(energyKeV: energyKeV))
    }

    private static func tabulated(
        _ medium: Medium, energyKeV: Double
    ) throws -> PhotonCoefficients {
        var sum = PhotonCoefficients(photoelectric: 0, compton: 0, rayleigh: 0, pair: 0)
        for element in medium.constituents {
            let z = Int32(element.z)
            let values = [
                xray_photoelectric(z, energyKeV), xray_compton(z, energyKeV),
                xray_rayleigh(z, energyKeV),
            ]
            guard values.allSatisfy({ $0.known == 1 }) else {
                throw PhysicsError.outsideTable(name: "xraylib cross sections", value: energyKeV)
            }
            sum.photoelectric += element.massFraction * values[0].value
            sum.compton += element.massFraction * values[1].value
            sum.rayleigh += element.massFraction * values[2].value
        }
        return sum
    }

    /// XCOM, water: 5.2e-5, 9.8e-5 and 3.9e-4 cm²/g at 1380, 1500 and 2000 keV.
    private func pair(energyKeV: Double) -> Double {
        let threshold = 2 * PhysicalConstant.electronRestKeV
        guard energyKeV > threshold else { return 0 }
        let nodes: [(excessKeV: Double, cm2PerGram: Double)] = [
            (358, 5.2e-5), (478, 9.8e-5), (978, 3.9e-4),
        ]
        let excess = energyKeV - threshold
        let cell = excess < nodes[1].excessKeV ? 0 : 1
        let (low, high) = (nodes[cell], nodes[cell + 1])
        let power = log(high.cm2PerGram / low.cm2PerGram) / log(high.excessKeV / low.excessKeV)
        let water = low.cm2PerGram * pow(excess / low.excessKeV, power)
        // Σ fraction Z²/A of water is 3.664 mol/g.
        return water / 3.664
            * medium.constituents.reduce(0) {
                $0 + $1.massFraction * Double($1.z * $1.z) / $1.atomicWeight
            }
    }

    /// Returns Σ fraction N_A/A · F²(q), relative, with q = sin(θ/2)/λ in 1/Å.
    public func formFactorSquared(q: Double) -> Double {
        medium.constituents.reduce(0) {
            let factor = xray_form_factor(Int32($1.z), q)
            let value = factor.known == 1 ? factor.value : 0
            return $0 + $1.massFraction / $1.atomicWeight * value * value
        }
    }

    /// Returns the incoherent scattering function per electron, 0 to 1; q as above.
    public func incoherentFunction(q: Double) -> Double {
        guard q > 0 else { return 0 }
        let sum = medium.constituents.reduce(0) {
            let value = xray_incoherent_function(Int32($1.z), q)
            // Beyond the table every electron is as good as free.
            let perAtom = value.known == 1 ? value.value : Double($1.z)
            return $0 + $1.massFraction / $1.atomicWeight * perAtom
        }
        return min(1, sum / medium.zOverA)
    }
}

/// Mass attenuation coefficients of one medium at one energy, in cm²/g.
public struct PhotonCoefficients: Hashable, Sendable {
    public var photoelectric: Double
    public var compton: Double
    public var rayleigh: Double
    public var pair: Double

    public var total: Double { photoelectric + compton + rayleigh + pair }
}
