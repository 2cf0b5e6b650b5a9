#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// Counts in one region of the anterior and the posterior view.
public struct ConjugateCounts: Hashable, Sendable {
    public let anterior: Double
    public let posterior: Double

    public init(anterior: Double, posterior: Double) {
        self.anterior = anterior
        self.posterior = posterior
    }
}

/// The lung shunt from two opposite planar views.
///
/// L = G_lung / (G_lung + G_liver), G = √(anterior · posterior) of background-corrected counts.
/// There is no correction for attenuation or scatter, so it is usually too high.
public struct PlanarLungShunt: Hashable, Sendable {
    /// By the geometric mean, which the manufacturers recommend.
    public let lungShuntFraction: Double
    /// By the arithmetic mean, for comparison.
    public let arithmeticMeanFraction: Double
    public let lungGeometricMeanCounts: Double
    public let liverGeometricMeanCounts: Double

    /// Computes the shunt.
    ///
    /// Background counts are already scaled to the area of their region.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)`` for a negative count, background
    ///   above a count, or a liver without counts.
    public init(
        lung: ConjugateCounts, liver: ConjugateCounts,
        lungBackground: ConjugateCounts = ConjugateCounts(anterior: 0, posterior: 0),
        liverBackground: ConjugateCounts = ConjugateCounts(anterior: 0, posterior: 0)
    ) throws {
        let lungNet = try Self.net(lung, lungBackground, "lung")
        let liverNet = try Self.net(liver, liverBackground, "liver")
        for (value, view) in [(liverNet.anterior, "Anterior"), (liverNet.posterior, "Posterior")] {
            guard value > 0 else {
                throw TherapyError.outOfRange(
                    key: "liver\(view)Counts", value: value, allowed: "above 0 after background")
            }
        }
        // Two roots, so that the product of two large counts cannot overflow.
        lungGeometricMeanCounts = lungNet.anterior.squareRoot() * lungNet.posterior.squareRoot()
        liverGeometricMeanCounts = liverNet.anterior.squareRoot() * liverNet.posterior.squareRoot()
        lungShuntFraction = try Checked.finiteResult(
            lungGeometricMeanCounts / (lungGeometricMeanCounts + liverGeometricMeanCounts),
            "lungShuntFraction")
        let lungSum = lungNet.anterior + lungNet.posterior
        let liverSum = liverNet.anterior + liverNet.posterior
        arithmeticMeanFraction = try Checked.finiteResult(
            lungSum / (lungSum + liverSum), "arithmeticMeanLungShuntFraction")
    }

    private static func net(
        _ counts: ConjugateCounts, _ background: ConjugateCounts, _ region: String
    ) throws -> ConjugateCounts {
        func net(_ count: Double, _ background: Double, _ view: String) throws -> Double {
            let key = "\(region)\(view)Counts"
            let backgroundKey = "\(region)\(view)BackgroundCounts"
            let count = try Checked.notNegative(count, key)
            let background = try Checked.notNegative(background, backgroundKey)
            guard background <= count else {
                throw TherapyError.outOfRange(
                    key: backgroundKey, value: background, allowed: "at most \(key) (\(count))")
            }
            return count - background
        }
        return ConjugateCounts(
            anterior: try net(counts.anterior, background.anterior, "Anterior"),
            posterior: try net(counts.posterior, background.posterior, "Posterior"))
    }
}
