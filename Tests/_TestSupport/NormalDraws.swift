import Foundation

/// Standard normal numbers from a seed: SplitMix64 through the Box-Muller transform.
public struct NormalDraws {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> Double {
        let radius = (-2 * log(uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    /// In (0, 1), never an end.
    private mutating func uniform() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        z ^= z >> 31
        return (Double(z >> 11) + 0.5) / 9_007_199_254_740_992
    }
}

/// Root mean square of samples about a value.
public func rootMeanSquare(_ samples: [Double], about centre: Double) -> Double {
    (samples.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(samples.count)).squareRoot()
}
