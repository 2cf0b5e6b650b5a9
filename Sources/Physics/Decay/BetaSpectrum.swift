import Foundation

/// What a beta spectrum's theory takes into account; all of it unless a study switches parts off.
public struct BetaTheory: Hashable, Sendable {
    /// Wilkinson's L₀ for the extended nucleus.
    public var finiteNucleus = true
    /// Rose's correction for the atom's electrons.
    public var screening = true
    /// Coulomb functions λₖ = F₍ₖ₋₁₎/F₀ in unique forbidden shapes, not λ = 1.
    public var coulombLambda = true

    public init() {}
}

/// The energy distribution of one beta branch, from Fermi theory.
///
/// N(W) dW ∝ p W q² F₀(Z,W) L₀(Z,W) S(Z,W) C(W) dW, with W the total energy in units of mₑc²,
/// q = W₀ − W, S the screening and C the shape: 1 for allowed branches, q² + λ₂p² for first and
/// q⁴ + (10/3) λ₂q²p² + λ₃p⁴ for second unique forbidden ones. Against numerical solutions of the
/// Dirac equation the means are 0.1 to 0.5 % low.
///
/// Source: Mougeot, Phys Rev C 2015;91:055504; Hayen et al., Rev Mod Phys 2018;90:015008.
public struct BetaSpectrum: Hashable, Sendable {
    /// Number of cells of ``quantilesKeV``.
    public static let cellCount = 1024

    public let endpointKeV: Double
    /// Mean kinetic energy, by integration.
    public let meanKeV: Double
    /// Root of the mean square of the kinetic energy, by integration.
    public let rmsKeV: Double
    /// Energies that i/1024 of the betas stay below, from i = 0 to i = 1024.
    public let quantilesKeV: [Double]

    private let shape: BetaShapeFunction
    private let norm: Double

    /// Computes the spectrum of a branch.
    ///
    /// - Parameters:
    ///   - endpointKeV: Greatest kinetic energy, above 0.
    ///   - daughterAtomicNumber: 1 to 120.
    ///   - massNumber: 1 to 300.
    ///   - shape: What the selection rules make of the branch.
    ///   - isPositron: Whether the nucleus repels the particle.
    ///   - theory: What is taken into account; all of it by default.
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)`` when a value is outside its range.
    public init(
        endpointKeV: Double, daughterAtomicNumber: Int, massNumber: Int, shape: BetaShape,
        isPositron: Bool = false, theory: BetaTheory = BetaTheory()
    ) throws {
        guard endpointKeV > 0, endpointKeV.isFinite else {
            throw PhysicsError.notPositive(quantity: "endpointKeV", value: endpointKeV)
        }
        // αZ stays below 1 and the radius sensible.
        guard (1 ... 120).contains(daughterAtomicNumber) else {
            throw PhysicsError.notPositive(
                quantity: "daughterAtomicNumber", value: Double(daughterAtomicNumber))
        }
        guard (1 ... 300).contains(massNumber) else {
            throw PhysicsError.notPositive(quantity: "massNumber", value: Double(massNumber))
        }
        let function = BetaShapeFunction(
            endpointKeV: endpointKeV,
            fermi: FermiFunction(
                daughterAtomicNumber: daughterAtomicNumber, massNumber: massNumber,
                isPositron: isPositron),
            shape: shape, theory: theory)
        let sums = BetaIntegral(function)
        self.endpointKeV = endpointKeV
        self.shape = function
        norm = sums.total
        meanKeV = sums.first / sums.total
        rmsKeV = (sums.second / sums.total).squareRoot()
        quantilesKeV = sums.quantiles(cells: Self.cellCount)
    }

    /// Returns the probability per keV that a beta has this kinetic energy; 0 outside the range.
    public func density(_ keV: Double) -> Double {
        guard keV >= 0, keV < endpointKeV else { return 0 }
        return shape.value(keV) / norm
    }

    /// Returns the energy below which the share `u` of the betas lies, in keV.
    ///
    /// Linear inside each of the 1024 equally probable cells; with `u` uniform this samples the
    /// spectrum.
    ///
    /// - Parameter u: 0 to 1; values outside, and NaN, count as the nearest end or 0.
    /// - Returns: Kinetic energy in keV, 0 to the endpoint.
    public func energyKeV(at u: Double) -> Double {
        guard u > 0 else { return quantilesKeV[0] }
        guard u < 1 else { return quantilesKeV[Self.cellCount] }
        let position = u * Double(Self.cellCount)
        let cell = min(Int(position), Self.cellCount - 1)
        let low = quantilesKeV[cell]
        return low + (position - Double(cell)) * (quantilesKeV[cell + 1] - low)
    }

    /// Mean of what ``energyKeV(at:)`` gives, which is what a sampling engine emits.
    public var tableMeanKeV: Double {
        let ends = 0.5 * (quantilesKeV[0] + quantilesKeV[Self.cellCount])
        return (quantilesKeV[1 ..< Self.cellCount].reduce(0, +) + ends) / Double(Self.cellCount)
    }
}

/// The unnormalised spectrum as a function of kinetic energy.
struct BetaShapeFunction: Hashable, Sendable {
    let endpointKeV: Double
    let fermi: FermiFunction
    let shape: BetaShape
    let theory: BetaTheory

    /// Returns dN/dE up to a constant, for 0 ≤ keV < the endpoint.
    func value(_ keV: Double) -> Double {
        // The limit at rest is finite; a millielectronvolt stands for it.
        let kinetic = max(keV, 1e-6) / FermiFunction.electronRestKeV
        let neutrino = endpointKeV / FermiFunction.electronRestKeV - kinetic
        guard neutrino > 0 else { return 0 }
        let energy = 1 + kinetic
        let momentum = (kinetic * (kinetic + 2)).squareRoot()
        // One exponential: for slow positrons the Fermi function alone is 0 and S infinite.
        var coulomb = fermi.logarithm(1, momentum: momentum)
        if theory.screening { coulomb += fermi.logScreening(energy: energy) }
        let result =
            momentum * energy * neutrino * neutrino * exp(coulomb)
            * factor(momentum: momentum, neutrino: neutrino)
        return theory.finiteNucleus ? result * fermi.finiteSize(energy: energy) : result
    }

    private func factor(momentum: Double, neutrino: Double) -> Double {
        func lambda(_ k: Int) -> Double {
            theory.coulombLambda ? fermi.lambda(k, momentum: momentum) : 1
        }
        let (p2, q2) = (momentum * momentum, neutrino * neutrino)
        return switch shape {
        case .allowed, .firstForbidden: 1
        case .firstForbiddenUnique: q2 + lambda(2) * p2
        case .secondForbiddenUnique:
            q2 * q2 + 10.0 / 3 * lambda(2) * q2 * p2 + lambda(3) * p2 * p2
        }
    }
}

/// Integrals of a spectrum, over panels that are even in √E because slow betas vary fastest.
private struct BetaIntegral {
    private(set) var total = 0.0
    /// Integral of E · dN/dE, in keV.
    private(set) var first = 0.0
    /// Integral of E² · dN/dE, in keV².
    private(set) var second = 0.0
    /// Integral from 0 to the end of each panel.
    private var cumulative: [Double] = []
    /// dN/d√E at the edges of the panels.
    private var edges: [Double] = []
    private let root: Double
    private static let panels = 1024

    init(_ function: BetaShapeFunction) {
        root = function.endpointKeV.squareRoot()
        let width = root / Double(Self.panels)
        // Gauss-Legendre with three points.
        let offset = (3.0 / 5).squareRoot() / 2
        let points = [(0.5 - offset, 5.0 / 18), (0.5, 8.0 / 18), (0.5 + offset, 5.0 / 18)]
        edges.append(0)
        for panel in 0 ..< Self.panels {
            for (position, weight) in points {
                let s = (Double(panel) + position) * width
                let share = weight * width * 2 * s * function.value(s * s)
                total += share
                first += share * s * s
                second += share * s * s * s * s
            }
            cumulative.append(total)
            let s = Double(panel + 1) * width
            edges.append(panel + 1 == Self.panels ? 0 : 2 * s * function.value(s * s))
        }
    }

    func quantiles(cells: Int) -> [Double] {
        var result = [0.0]
        var panel = 0
        let width = root / Double(Self.panels)
        for cell in 1 ..< cells {
            let wanted = total * Double(cell) / Double(cells)
            while panel < Self.panels - 1, cumulative[panel] < wanted { panel += 1 }
            let before = panel == 0 ? 0 : cumulative[panel - 1]
            let share = (wanted - before) / (cumulative[panel] - before)
            // Inside a panel dN/d√E is a straight line between its edges.
            let (a, b) = (edges[panel], edges[panel + 1])
            let area = share * (a + b) / 2
            let t = 2 * area / (a + (a * a + 2 * (b - a) * area).squareRoot())
            let s = (Double(panel) + (t.isFinite ? t : share)) * width
            result.append(s * s)
        }
        result.append(root * root)
        return result
    }
}
