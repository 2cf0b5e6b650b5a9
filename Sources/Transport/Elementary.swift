/// Elementary functions whose bits do not depend on the machine's mathematics library.
///
/// For what is prepared once; the loop has ``ElementaryTables``.
enum Elementary {
    /// Returns (cos, sin) of 2π·`turns` for turns from 0 to 1, within 1e-13.
    static func cosineSine(turns: Double) -> (Double, Double) {
        // Reduce to an eighth of a turn around a multiple of a quarter.
        let quarters = Int(turns * 4 + 0.5)
        let x = (turns * 4 - Double(quarters)) * (Double.pi / 2)
        let y = x * x
        let sine =
            x
            * series(
                y,
                [
                    1, -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362_880, -1.0 / 39_916_800,
                    1.0 / 6_227_020_800,
                ])
        let cosine = series(
            y,
            [
                1, -0.5, 1.0 / 24, -1.0 / 720, 1.0 / 40_320, -1.0 / 3_628_800, 1.0 / 479_001_600,
                -1.0 / 87_178_291_200,
            ])
        switch quarters & 3 {
        case 0: return (cosine, sine)
        case 1: return (-sine, cosine)
        case 2: return (-cosine, -sine)
        default: return (sine, -cosine)
        }
    }

    private static func series(_ y: Double, _ coefficients: [Double]) -> Double {
        coefficients.reversed().reduce(0) { $0 * y + $1 }
    }

    /// Returns the natural logarithm of a positive normal number, within 1e-13.
    static func log(_ x: Double) -> Double {
        var exponent = Int(x.bitPattern >> 52) - 1023
        var m = Double(bitPattern: (x.bitPattern & 0xF_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000)
        if m > 1.414_213_562_373_095_1 {
            m *= 0.5
            exponent += 1
        }
        let s = (m - 1) / (m + 1)
        let y = s * s
        // 2 artanh(s), |s| < 0.172.
        let tail = y * (1.0 / 11 + y * (1.0 / 13 + y * (1.0 / 15)))
        let series = 1 + y * (1.0 / 3 + y * (0.2 + y * (1.0 / 7 + y * (1.0 / 9 + tail))))
        return 2 * s * series + Double(exponent) * 0.693_147_180_559_945_3
    }

    /// Returns eˣ for |x| < 700, within 1e-13 relative.
    static func exp(_ x: Double) -> Double {
        let n = (x * 1.442_695_040_888_963_4).rounded()
        let r = x - n * 0.693_147_180_559_945_3
        var term = 1.0
        var sum = 1.0
        for k in 1 ... 13 {
            term *= r / Double(k)
            sum += term
        }
        return sum * Double(sign: .plus, exponent: Int(n), significand: 1)
    }
}
