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

    /// Returns the blocks of two counters side by side, whose numbers lie in the lower halves.
    @inline(__always)
    public static func blocks(
        _ counter: (SIMD2<UInt64>, SIMD2<UInt64>, SIMD2<UInt64>, SIMD2<UInt64>),
        key: (UInt32, UInt32)
    ) -> (SIMD2<UInt64>, SIMD2<UInt64>, SIMD2<UInt64>, SIMD2<UInt64>) {
        var (c0, c1, c2, c3) = counter
        var (k0, k1) = key
        let low = SIMD2<UInt64>(repeating: 0xFFFF_FFFF)
        for _ in 0 ..< 10 {
            // Both factors are below 2³²: one instruction for both lanes.
            let a = (c0 & low) &* SIMD2(repeating: 0xD251_1F53)
            let b = (c2 & low) &* SIMD2(repeating: 0xCD9E_8D57)
            (c0, c1, c2, c3) = (
                (b &>> 32) ^ c1 ^ SIMD2(repeating: UInt64(k0)), b & low,
                (a &>> 32) ^ c3 ^ SIMD2(repeating: UInt64(k1)), a & low
            )
            k0 = k0 &+ 0x9E37_79B9
            k1 = k1 &+ 0xBB67_AE85
        }
        return (c0, c1, c2, c3)
    }
}

/// A place among the random numbers of a batch: which history, which photon of it, which block.
struct RandomPlace: BitwiseCopyable {
    /// The history from bit 0, the number of one of its photons from bit 44; 0 for the rest of it.
    var stream: UInt64
    /// The next block of four.
    var draw: UInt32

    @inline(__always)
    init(history: UInt64, photon: UInt64 = 0, draw: UInt32 = 0) {
        stream = history | photon << 44
        self.draw = draw
    }
}

/// The random numbers of one history or of one photon.
struct RandomStream {
    private let key: (UInt32, UInt32)
    private let batch: UInt32
    private(set) var place = RandomPlace(history: 0)
    /// The block at ``place``: made before it is asked for, so that nothing waits for it.
    private var ready = (UInt32(0), UInt32(0), UInt32(0), UInt32(0))

    init(seed: UInt64, batch: UInt32) {
        key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        self.batch = batch
    }

    /// Goes to any place.
    @inline(__always)
    mutating func resume(_ place: RandomPlace) {
        self.place = place
        ready = block(place)
    }

    @inline(__always)
    private func block(_ place: RandomPlace) -> (UInt32, UInt32, UInt32, UInt32) {
        Philox.block(
            (
                place.draw, UInt32(truncatingIfNeeded: place.stream),
                UInt32(truncatingIfNeeded: place.stream >> 32), batch
            ), key: key)
    }

    /// Returns four numbers, each uniform in the open interval from 0 to 1.
    @inline(__always)
    mutating func next() -> (Double, Double, Double, Double) {
        let (a, b, c, d) = ready
        place.draw &+= 1
        ready = block(place)
        return (Self.unit(a), Self.unit(b), Self.unit(c), Self.unit(d))
    }

    /// Spreads 2³² numbers over (0, 1), ends excluded.
    @inline(__always)
    private static func unit(_ x: UInt32) -> Double { (Double(x) + 0.5) * 0x1p-32 }

    /// Returns what ``next()`` gives at two places, side by side.
    @inline(__always)
    func blocks(
        streams: SIMD2<UInt64>, draws: SIMD2<UInt64>
    ) -> (
        SIMD2<Double>, SIMD2<Double>, SIMD2<Double>, SIMD2<Double>
    ) {
        let low = SIMD2<UInt64>(repeating: 0xFFFF_FFFF)
        let (a, b, c, d) = Philox.blocks(
            (draws, streams & low, streams &>> 32, SIMD2(repeating: UInt64(batch))), key: key)
        return (Self.units(a), Self.units(b), Self.units(c), Self.units(d))
    }

    /// As ``unit(_:)``: the numbers become the last bits of a Double near 2⁵².
    @inline(__always)
    private static func units(_ x: SIMD2<UInt64>) -> SIMD2<Double> {
        let bits = x | SIMD2(repeating: 0x4330_0000_0000_0000)
        let shifted = SIMD2(Double(bitPattern: bits[0]), Double(bitPattern: bits[1]))
        return (shifted - SIMD2(repeating: 0x1p52 - 0.5)) * SIMD2(repeating: 0x1p-32)
    }
}
