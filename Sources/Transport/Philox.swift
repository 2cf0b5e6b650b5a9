/// Counter-based random numbers: Philox4x32 with ten rounds.
///
/// A block of four numbers depends on key and counter only, so any history can be computed
/// anywhere and in any order. Source: J. Salmon et al., SC11 (2011), Parallel random numbers: as
/// easy as 1, 2, 3; constants and known answers from the Random123 distribution.
public enum Philox {
    /// Returns the block of `counter` under `key`.
    @inline(__always)
    public static func block(
        _ counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        var (c0, c1, c2, c3) = counter
        var (k0, k1) = key
        for _ in 0 ..< 10 {
            let a = UInt64(c0) &* 0xD251_1F53
            let b = UInt64(c2) &* 0xCD9E_8D57
            (c0, c1, c2, c3) = (
                UInt32(truncatingIfNeeded: b >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: b),
                UInt32(truncatingIfNeeded: a >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: a)
            )
            k0 = k0 &+ 0x9E37_79B9
            k1 = k1 &+ 0xBB67_AE85
        }
        return (c0, c1, c2, c3)
    }
}

/// The random numbers of one history.
struct RandomStream {
    private let key: (UInt32, UInt32)
    private let batch: UInt32
    private var history: UInt64 = 0
    private var draw: UInt32 = 0

    init(seed: UInt64, batch: UInt32) {
        key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        self.batch = batch
    }

    @inline(__always)
    mutating func begin(history: UInt64) {
        self.history = history
        draw = 0
    }

    /// Returns four numbers, each uniform in the open interval from 0 to 1.
    @inline(__always)
    mutating func next() -> (Double, Double, Double, Double) {
        let (a, b, c, d) = Philox.block(
            (
                draw, UInt32(truncatingIfNeeded: history),
                UInt32(truncatingIfNeeded: history >> 32), batch
            ), key: key)
        draw = draw &+ 1
        return (Self.unit(a), Self.unit(b), Self.unit(c), Self.unit(d))
    }

    /// Spreads 2³² numbers over (0, 1), ends excluded.
    @inline(__always)
    private static func unit(_ x: UInt32) -> Double { (Double(x) + 0.5) * 0x1p-32 }
}
