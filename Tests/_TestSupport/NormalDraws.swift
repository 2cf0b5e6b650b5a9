import Foundation

/// Standard normal numbers from a seed: `SplitMix` through the Box-Muller transform.
public struct NormalDraws {
    private var draws: SplitMix

    public init(seed: UInt64) { draws = SplitMix(seed: seed) }

    public mutating func next() -> Double {
        let radius = (-2 * log(uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    /// In (0, 1), never an end.
    private mutating func uniform() -> Double {
        (Double(draws.next() >> 11) + 0.5) / 9_007_199_254_740_992
    }
}

/// Root mean square of samples about a value.
public func rootMeanSquare(_ samples: [Double], about centre: Double) -> Double {
    (samples.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(samples.count)).squareRoot()
}
