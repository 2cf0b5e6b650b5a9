/// A dose and a share packed into one integer, so that sorting integers sorts by dose.
enum DoseSamples {
    /// Returns a sample whose order among others is that of falling dose.
    static func packed(dose: Float, share: Float) -> UInt64 {
        let bits = dose.bitPattern
        let rising = bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
        return UInt64(~rising) << 32 | UInt64(share.bitPattern)
    }

    /// Returns the dose and the share of a sample.
    static func unpacked(_ sample: UInt64) -> (dose: Float, share: Float) {
        let rising = ~UInt32(truncatingIfNeeded: sample >> 32)
        let bits = rising & 0x8000_0000 == 0 ? ~rising : rising & 0x7fff_ffff
        return (
            Float(bitPattern: bits), Float(bitPattern: UInt32(truncatingIfNeeded: sample))
        )
    }

    /// Sorts samples by dose, highest first; equal doses keep their order.
    ///
    /// A radix sort, because the standard sort took most of the time of a histogram.
    static func sort(_ samples: inout [UInt64]) {
        guard samples.count > smallCount else {
            // Ties in dose differ only in share; their order changes no result but must repeat.
            samples.sort()
            return
        }
        var other = [UInt64](repeating: 0, count: samples.count)
        for shift: UInt64 in [32, 43, 54] {
            sortPass(samples, into: &other, shift: shift); swap(&samples, &other)
        }
    }

    private static let smallCount = 256
    private static let radix = 2048

    private static func sortPass(
        _ source: [UInt64], into target: inout [UInt64], shift: UInt64
    ) {
        var starts = [Int](repeating: 0, count: radix)
        for sample in source { starts[Int(truncatingIfNeeded: sample >> shift) & (radix - 1)] += 1 }
        var next = 0
        for digit in starts.indices {
            let count = starts[digit]
            starts[digit] = next
            next += count
        }
        for sample in source {
            let digit = Int(truncatingIfNeeded: sample >> shift) & (radix - 1)
            target[starts[digit]] = sample
            starts[digit] += 1
        }
    }
}
