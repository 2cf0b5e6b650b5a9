#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// One cause of doubt about a dose, seen apart from the others.
public struct UncertaintyComponent: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Histories of a Monte Carlo run.
        case statistical
        /// Activity meter of what is injected, or the camera's factor of an absolute dose.
        case calibration
        /// Where the drawn borders lie.
        case contour
        /// What the image's resolution moves out of a small volume, or into its surroundings.
        case partialVolume = "partial-volume"
        /// How the activity image lies on the planning CT.
        case registration
        /// Dose constant of the convention against the others in use.
        case doseConstant = "dose-constant"
        /// The share that went to the lungs.
        case lungShunt = "lung-shunt"
    }

    public let kind: Kind
    /// One standard deviation over the dose; the root mean square deviation where there is a bias.
    public let relativeSigma: Double
    /// Where the truth probably lies against the dose shown, relative and signed; 0 when either side.
    ///
    /// It is contained in ``relativeSigma`` and corrects nothing.
    public let bias: Double
    /// How the number was got, in a few words.
    public let basis: String

    /// Creates a component.
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)`` unless the deviation is 0 or more and
    ///   the bias finite.
    public init(_ kind: Kind, relativeSigma: Double, bias: Double = 0, basis: String) throws {
        guard relativeSigma >= 0, relativeSigma.isFinite else {
            throw DoseError.outOfRange(parameter: "relativeSigma", value: relativeSigma)
        }
        guard bias.isFinite else { throw DoseError.outOfRange(parameter: "bias", value: bias) }
        self.kind = kind
        self.relativeSigma = relativeSigma
        self.bias = bias
        self.basis = basis
    }
}

/// How well a dose is known: components, their sum, an interval, and the chance to be below a limit.
///
/// Components add in quadrature, u² = Σ uᵢ², as independent ones do; what acts on two quantities
/// at once must be brought into one component first, with its sign. The dose shown is taken as
/// the median of a log-normal distribution with σ = √ln(1 + u²), so that the interval stays above 0
/// and a dose that lies on its limit is as likely above as below. Below u = 0.1 this differs from
/// the normal distribution by less than the last digit shown.
///
/// Source: JCGM 100:2008 (GUM), 5.1.2 for the sum.
public struct DoseUncertainty: Hashable, Sendable {
    public let components: [UncertaintyComponent]

    public init(_ components: [UncertaintyComponent]) { self.components = components }

    /// One combined standard deviation over the dose.
    public var relativeSigma: Double {
        components.reduce(0) { $0 + $1.relativeSigma * $1.relativeSigma }.squareRoot()
    }

    /// Standard deviation of the logarithm of the dose.
    public var logSigma: Double { log1p(relativeSigma * relativeSigma).squareRoot() }

    /// What the dose is multiplied with to get the ends of its 95 % interval.
    public var factors95: ClosedRange<Double> {
        let reach = exp(Self.quantile975 * logSigma)
        return 1 / reach ... reach
    }

    /// Returns the chance that the true dose is at most a limit.
    ///
    /// Without any doubt it is 1 or 0; a dose of 0 keeps every limit.
    ///
    /// - Parameters:
    ///   - doseGy: The dose shown, 0 or more.
    ///   - limitGy: The limit, 0 or more.
    /// - Returns: A probability, 0 to 1.
    public func probability(ofDoseGy doseGy: Double, atMostGy limitGy: Double) -> Double {
        guard doseGy > 0 else { return 1 }
        guard limitGy > 0 else { return 0 }
        guard logSigma > 0 else { return doseGy <= limitGy ? 1 : 0 }
        return 0.5 * erfc(-log(limitGy / doseGy) / (logSigma * 2.0.squareRoot()))
    }

    /// The 97.5 % point of the standard normal distribution.
    static let quantile975 = 1.959_963_984_540_054
}
