public import Quantities

#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// How much of a small tumour's uptake an image of limited resolution shows inside its outline.
///
/// The tumour is taken as a uniform sphere without anything around it, the image as blurred by a
/// Gaussian of equal width in all directions. Uptake around it fills part of the gap, noise and
/// reconstruction add to it, so this is a rough figure to warn with and no correction.
public struct SphereRecovery: Hashable, Sendable {
    /// Full width at half maximum of a Gaussian over its standard deviation, √(8 ln 2).
    public static let widthPerSigma = 2.354_820_045_030_949

    public let volumeML: Double
    /// Full width at half maximum, in millimetres.
    public let resolutionMM: Double

    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(volumeML: Double, resolutionMM: Double) throws {
        self.volumeML = try Checked.positive(volumeML, "volumeML")
        self.resolutionMM = try Checked.positive(resolutionMM, "activityResolutionMM")
    }

    /// Diameter of the sphere of the same volume, in millimetres.
    public var equivalentDiameterMM: Double { cbrt(6 * volumeML * 1000 / .pi) }

    /// The share of the sphere's activity that stays inside it after blurring, 0 to 1.
    ///
    /// A point moved by r stays inside a sphere of radius R with probability
    /// 1 − 3r/(4R) + r³/(16R³); averaged over the lengths r of a Gaussian blur this is
    /// M₀ − 3/(4R)·M₁ + 1/(16R³)·M₃ with the moments of the Maxwell distribution up to 2R.
    public var meanRecovery: Double {
        let sigma = resolutionMM / Self.widthPerSigma
        let radius = equivalentDiameterMM / 2
        let u = 2 * radius / sigma
        let scale = (2 / Double.pi).squareRoot()
        let tail = exp(-u * u / 2)
        let zeroth = erf(u / 2.0.squareRoot()) - scale * u * tail
        let first = scale * sigma * (2 - (u * u + 2) * tail)
        let third = scale * sigma * sigma * sigma * (8 - (u * u * u * u + 4 * u * u + 8) * tail)
        let stays =
            zeroth - 3 / (4 * radius) * first + third / (16 * radius * radius * radius)
        // The terms cancel for spheres far below the resolution.
        return min(1, max(0, stays))
    }

    /// Returns a warning when the sphere is smaller than the table's multiple of the resolution.
    ///
    /// - Parameters:
    ///   - name: The tumour.
    ///   - isMeasured: Whether the plan names the resolution; otherwise it is the table's.
    ///   - constants: Where the multiple and the published figures stand.
    /// - Returns: Nothing, or one finding.
    /// - Throws: ``TherapyError/malformedTable(name:reason:)``.
    public func findings(
        of name: String, isMeasured: Bool, constants: PlanConstants
    ) throws -> [Finding] {
        let multiple = try constants.value("recovery-warning", "diameterOverResolution")
        guard equivalentDiameterMM < multiple * resolutionMM else { return [] }
        let volumes = try constants.values("recovery-published", "volumesML")
        let recovery = try constants.values("recovery-published", "recovery")
        func number(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
        let published = zip(volumes, recovery).map { "\(number($1)) at \(number($0)) mL" }
        return [
            Finding(
                "tumour.small-for-resolution", .warning,
                "Its equivalent diameter is \(number(equivalentDiameterMM)) mm, below \(number(multiple)) times the image's resolution of \(number(resolutionMM)) mm (\(isMeasured ? "from the plan" : "a default, not measured")). Of a uniform sphere of that size without anything around it the image shows about \(number(meanRecovery)) of the mean uptake, so its dose and its ratio to normal liver are underestimated by roughly that; nothing was corrected. Published for one phantom: \(published.joined(separator: ", ")).",
                subject: name)
        ]
    }
}
