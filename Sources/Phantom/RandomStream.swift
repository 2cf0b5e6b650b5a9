import Foundation

/// Random numbers by address: a stream is named by seed and purpose, a draw by its index.
///
/// Every voxel has its own generator, so results do not depend on the number of threads.
/// Mixer: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
package struct RandomStream: Sendable {
    private let key: UInt64

    /// Names a stream.
    ///
    /// - Parameters:
    ///   - seed: The seed of the patient.
    ///   - purpose: Distinguishes streams of one patient.
    package init(seed: UInt64, purpose: UInt64) {
        key = Self.mixed(Self.mixed(seed) ^ (purpose &* 0xd6e8_feb8_6659_fd93))
    }

    /// Returns the generator of one voxel.
    package func generator(at index: Int) -> RandomGenerator {
        RandomGenerator(state: Self.mixed(key &+ UInt64(bitPattern: Int64(index))))
    }

    static func mixed(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// A short row of random numbers, SplitMix64.
package struct RandomGenerator: Sendable {
    private var state: UInt64

    init(state: UInt64) { self.state = state }

    /// Returns the next number in (0, 1), never an end.
    package mutating func uniform() -> Double {
        let bits = RandomStream.mixed(state) >> 11
        state &+= 0x9e37_79b9_7f4a_7c15
        return (Double(bits) + 0.5) * 0x1p-53
    }

    /// Returns a draw from the normal distribution of mean 0 and variance 1 (Box–Muller).
    package mutating func normal() -> Double {
        let radius = (-2 * log(uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }

    /// Returns a draw from the Poisson distribution; 0 for a mean that is not positive.
    ///
    /// Below a mean of 10 by multiplication, above by transformed rejection with squeeze (PTRS).
    ///
    /// Source: Hörmann, Insurance: Mathematics and Economics 1993;12:39–45.
    package mutating func poisson(mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        return mean < 10 ? poissonByProducts(mean) : poissonByRejection(mean)
    }

    private mutating func poissonByProducts(_ mean: Double) -> Int {
        let limit = exp(-mean)
        var product = uniform()
        var count = 0
        while product > limit {
            product *= uniform()
            count += 1
        }
        return count
    }

    private mutating func poissonByRejection(_ mean: Double) -> Int {
        let b = 0.931 + 2.53 * mean.squareRoot()
        let a = -0.059 + 0.02483 * b
        let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
        let squeeze = 0.9277 - 3.6224 / (b - 2)
        while true {
            let u = uniform() - 0.5
            let v = uniform()
            let us = 0.5 - abs(u)
            let k = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
            if us >= 0.07, v <= squeeze { return Int(k) }
            if k < 0 || (us < 0.013 && v > us) { continue }
            let left = log(v * inverseAlpha / (a / (us * us) + b))
            if left <= k * log(mean) - mean - Self.logFactorial(k) { return Int(k) }
        }
    }

    /// Returns ln k!, exact below 10, by Stirling's series above (error under 1e-10).
    private static func logFactorial(_ k: Double) -> Double {
        guard k >= 10 else {
            var product = 1.0
            var n = 2.0
            while n <= k {
                product *= n
                n += 1
            }
            return log(product)
        }
        let n = k + 1
        let correction = 1 / (12 * n) - 1 / (360 * n * n * n) + 1 / (1260 * n * n * n * n * n)
        return (n - 0.5) * log(n) - n + 0.5 * log(2 * .pi) + correction
    }
}
