/// The share of a sphere's uptake that an image shows inside it, by diameter, as measured.
///
/// Between two points it is linear in the diameter. Below the first it falls in proportion to the
/// diameter; above the last what is missing to 1 falls as 1/d, as the surface over the volume.
public struct RecoveryCurve: Hashable, Sendable {
    public struct Point: Hashable, Sendable {
        public let diameterMM: Double
        /// Above 0; resolution recovery in the reconstruction can bring it above 1.
        public let recovery: Double
        /// One standard deviation of ``recovery``, absolute.
        public let sigma: Double

        public init(diameterMM: Double, recovery: Double, sigma: Double) {
            self.diameterMM = diameterMM
            self.recovery = recovery
            self.sigma = sigma
        }
    }

    public let points: [Point]

    /// Creates a curve from points in any order.
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)`` without points, for a diameter that is
    ///   not above 0 or stands twice, a recovery outside 0 to 2, and a negative sigma.
    public init(_ points: [Point]) throws {
        guard !points.isEmpty else {
            throw DoseError.outOfRange(parameter: "recovery", value: 0)
        }
        for point in points {
            guard point.diameterMM > 0, point.diameterMM.isFinite else {
                throw DoseError.outOfRange(parameter: "diameterMM", value: point.diameterMM)
            }
            guard point.recovery > 0, point.recovery <= 2 else {
                throw DoseError.outOfRange(parameter: "recovery", value: point.recovery)
            }
            guard point.sigma >= 0, point.sigma.isFinite else {
                throw DoseError.outOfRange(parameter: "sigma", value: point.sigma)
            }
        }
        let sorted = points.sorted { $0.diameterMM < $1.diameterMM }
        for (first, second) in zip(sorted, sorted.dropFirst())
        where first.diameterMM == second.diameterMM {
            throw DoseError.outOfRange(parameter: "diameterMM", value: first.diameterMM)
        }
        self.points = sorted
    }

    /// Returns the recovery of a sphere.
    ///
    /// - Parameter diameterMM: Above 0.
    /// - Returns: The point on the curve.
    public func callAsFunction(diameterMM: Double) -> Point {
        guard let first = points.first, let last = points.last else {
            preconditionFailure("a curve has points")
        }
        guard diameterMM > first.diameterMM else {
            let scale = diameterMM / first.diameterMM
            return Point(
                diameterMM: diameterMM, recovery: scale * first.recovery,
                sigma: scale * first.sigma)
        }
        guard let above = points.firstIndex(where: { $0.diameterMM >= diameterMM }), above > 0
        else {
            let scale = last.diameterMM / diameterMM
            return Point(
                diameterMM: diameterMM, recovery: 1 - scale * (1 - last.recovery),
                sigma: scale * last.sigma)
        }
        let (low, high) = (points[above - 1], points[above])
        let t = (diameterMM - low.diameterMM) / (high.diameterMM - low.diameterMM)
        return Point(
            diameterMM: diameterMM, recovery: low.recovery + t * (high.recovery - low.recovery),
            sigma: low.sigma + t * (high.sigma - low.sigma))
    }
}

/// What an image of limited resolution moved between a tumour and its surroundings.
///
/// A sphere of uptake c in a uniform background b shows the mean m = b + R·(c − b), so that
/// c = m·(1 + (1/R − 1)·(1 − b/m)). Nothing is corrected: the truth is taken to lie anywhere
/// between the uptake shown and the c of this formula, all equally likely.
public enum PartialVolume {
    /// Returns where a tumour's uptake would lie if corrected, relative to what is shown.
    ///
    /// - Parameters:
    ///   - recovery: R of its size, above 0.
    ///   - tumourToNormalRatio: m/b as the image shows it; `nil` takes b = 0.
    /// - Returns: c/m − 1: above 0 for an uptake above its surroundings.
    public static func bias(recovery: Double, tumourToNormalRatio: Double?) -> Double {
        (1 / recovery - 1) * contrast(tumourToNormalRatio)
    }

    /// Returns the root mean square deviation of the truth from what is shown.
    ///
    /// √(β²/3 + ((dβ/dR)·u(R))²) with β of ``bias(recovery:tumourToNormalRatio:)``: the first term
    /// is that of a truth spread evenly from 0 to β.
    public static func relativeSigma(
        recovery: Double, recoverySigma: Double, tumourToNormalRatio: Double?
    ) -> Double {
        let bias = bias(recovery: recovery, tumourToNormalRatio: tumourToNormalRatio)
        let slope = contrast(tumourToNormalRatio) / (recovery * recovery)
        return (bias * bias / 3 + slope * slope * recoverySigma * recoverySigma).squareRoot()
    }

    private static func contrast(_ tumourToNormalRatio: Double?) -> Double {
        guard let ratio = tumourToNormalRatio, ratio > 0 else { return 1 }
        return 1 - 1 / ratio
    }
}
