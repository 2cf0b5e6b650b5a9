import Foundation

/// Compton scattering by free electrons at rest.
///
/// Source: O. Klein and Y. Nishina, Z Phys 1929;52:853.
public enum KleinNishina {
    /// Returns the cross section of one electron, in barn.
    public static func crossSectionBarn(energyKeV: Double) -> Double {
        let a = energyKeV / PhysicalConstant.electronRestKeV
        let b = 1 + 2 * a
        let l = log(b)
        let first = (1 + a) / (a * a) * (2 * (1 + a) / b - l / a)
        return 2 * Double.pi * PhysicalConstant.classicalRadiusSquaredBarn
            * (first + l / (2 * a) - (1 + 3 * a) / (b * b))
    }

    /// Returns the mean share of the photon's energy that the electron takes.
    public static func meanElectronShare(energyKeV: Double) -> Double {
        let a = energyKeV / PhysicalConstant.electronRestKeV
        func moment(_ weight: (Double) -> Double) -> Double {
            integrate(-1, 1, panels: 40) { cosine in
                let p = 1 / (1 + a * (1 - cosine))
                return p * p * (p + 1 / p - 1 + cosine * cosine) * weight(1 - p)
            }
        }
        return moment { $0 } / moment { _ in 1 }
    }
}
