/// Numbers that a seed gives again, so that a failing draw can be made again: SplitMix64 (Steele,
/// Lea, Flood, OOPSLA 2014).
package struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Returns an even draw from `low` up to `high`.
    package mutating func next(from low: Double, to high: Double) -> Double {
        low + (high - low) * Double(next() >> 11) * 0x1p-53
    }
}
