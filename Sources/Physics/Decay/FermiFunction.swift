import Foundation

/// The Coulomb field's effect on a beta particle, in units where mₑ = c = ħ = 1.
package struct FermiFunction: Hashable, Sendable {
    /// The fine-structure constant (CODATA 2022).
    static let fineStructure = 7.297_352_564_3e-3
    /// Energy of an electron at rest (CODATA 2022).
    package static let electronRestKeV = 510.998_950_69
    /// Reduced Compton wavelength of the electron (CODATA 2022).
    static let comptonFemtometres = 386.159_267_44

    /// αZ of the daughter, negative for positrons.
    let alphaZ: Double
    /// Nuclear radius, 1.2 fm · A^(1/3), in Compton wavelengths.
    let radius: Double

    package init(daughterAtomicNumber: Int, massNumber: Int, isPositron: Bool) {
        alphaZ =
            Self.fineStructure * Double(isPositron ? -daughterAtomicNumber : daughterAtomicNumber)
        radius = 1.2 * cbrt(Double(massNumber)) / Self.comptonFemtometres
    }

    /// The exponent gₖ = √(k² − (αZ)²); g₁ is the γ of the literature.
    package func exponent(_ k: Int) -> Double { (Double(k * k) - alphaZ * alphaZ).squareRoot() }

    /// Returns ln F₍ₖ₋₁₎, the generalised Fermi function of the point nucleus, read at its radius.
    ///
    /// F₍ₖ₋₁₎ = 4^(k−1) 2k (k+gₖ) [(2k−1)!!]² e^(πy) (2pR)^(2(gₖ−k)) |Γ(gₖ+iy)|² / Γ(1+2gₖ)², with
    /// y = αZ W/p. It is 1 without charge. Logarithms, because e^(πy) overflows near p = 0.
    ///
    /// - Parameters:
    ///   - k: 1 for F₀, 2 for F₁, 3 for F₂.
    ///   - momentum: Above 0.
    /// - Returns: The natural logarithm.
    ///
    /// Source: Behrens and Jänecke, Landolt-Börnstein I/4 (1969); Mougeot, Phys Rev C
    /// 2015;91:055504.
    package func logarithm(_ k: Int, momentum: Double) -> Double {
        let g = exponent(k)
        let order = Double(k)
        let doubleFactorial = stride(from: 1, through: 2 * k - 1, by: 2).reduce(1.0) {
            $0 * Double($1)
        }
        let energy = (1 + momentum * momentum).squareRoot()
        let y = alphaZ * energy / momentum
        return (order - 1) * log(4) + log(2 * order * (order + g)) + 2 * log(doubleFactorial)
            + .pi * y + 2 * (g - order) * log(2 * momentum * radius)
            + 2 * Self.logAbsoluteGamma(g, y) - 2 * Self.logAbsoluteGamma(1 + 2 * g, 0)
    }

    /// Returns λₖ = F₍ₖ₋₁₎ / F₀, which weighs the terms of unique forbidden shapes.
    package func lambda(_ k: Int, momentum: Double) -> Double {
        exp(logarithm(k, momentum: momentum) - logarithm(1, momentum: momentum))
    }

    /// Returns L₀, the correction for the finite size of the nucleus.
    ///
    /// Source: Wilkinson, Nucl Instrum Methods A 1990;290:509, the two leading terms.
    package func finiteSize(energy: Double) -> Double {
        let gamma = exponent(1)
        let wide = 2 * gamma - 1
        return 1 + 13 * alphaZ * alphaZ / 60
            - energy * radius * alphaZ * (41 - 26 * gamma) / (15 * wide)
            - alphaZ * radius * gamma * (17 - 2 * gamma) / (30 * energy * wide)
    }

    /// Returns ln S, Rose's correction for the screening by the atom's electrons.
    ///
    /// The energy is moved by V₀ = 1.13 α² Z^(4/3), Z being that of the parent. An electron slower
    /// than V₀ has no shifted energy at all; below 2 V₀ the factor is that at 2 V₀, which keeps
    /// the spectrum's slow end (leaving it out moves the mean of Lu-177 by 5 %).
    ///
    /// Source: Rose, Phys Rev 1936;49:727; V₀ from the Thomas-Fermi atom.
    package func logScreening(energy: Double) -> Double {
        let isPositron = alphaZ < 0
        let daughter = abs(alphaZ) / Self.fineStructure
        let parent = max(isPositron ? daughter + 1 : daughter - 1, 0)
        let shift = 1.13 * Self.fineStructure * Self.fineStructure * pow(parent, 4.0 / 3)
        let bare = isPositron ? energy : max(energy, 1 + 2 * shift)
        let moved = isPositron ? bare + shift : bare - shift
        let bareMomentum = (bare * bare - 1).squareRoot()
        let movedMomentum = (moved * moved - 1).squareRoot()
        guard bareMomentum > 0, movedMomentum > 0 else { return 0 }
        return log(moved * movedMomentum / (bare * bareMomentum))
            + logarithm(1, momentum: movedMomentum) - logarithm(1, momentum: bareMomentum)
    }

    /// Returns ln |Γ(a + ib)| for a > 0, to about 1e-13.
    ///
    /// Stirling's series after twelve steps of Γ(z) = Γ(z+1) / z.
    package static func logAbsoluteGamma(_ a: Double, _ b: Double) -> Double {
        let steps = 12
        let x = a + Double(steps)
        let square = x * x + b * b
        // The inverse of z, and its square, by which the series goes on.
        let (re, im) = (x / square, -b / square)
        let (re2, im2) = (re * re - im * im, 2 * re * im)
        var (termRe, termIm) = (re, im)
        var series = 0.0
        for coefficient in [1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188] {
            series += coefficient * termRe
            (termRe, termIm) = (termRe * re2 - termIm * im2, termRe * im2 + termIm * re2)
        }
        var result =
            (x - 0.5) * 0.5 * log(square) - b * atan2(b, x) - x
            + 0.5 * log(2 * .pi) + series
        // One logarithm of the product: even for |b| of 1e8 it stays below 1e200.
        var product = 1.0
        for k in 0 ..< steps {
            let real = a + Double(k)
            product *= real * real + b * b
        }
        result -= 0.5 * log(product)
        return result
    }
}
