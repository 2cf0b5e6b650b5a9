#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// The expected number of nuclear decays per second.
public struct Activity: PhysicalQuantity {
    public let siValue: Double

    public init(siValue: Double) { self.siValue = siValue }
}

extension Activity {
    /// Creates an activity from becquerels.
    public init(becquerels: Double) { self.init(siValue: becquerels) }

    /// Creates an activity from megabecquerels.
    public init(megabecquerels: Double) { self.init(siValue: megabecquerels * 1e6) }

    /// Creates an activity from gigabecquerels.
    public init(gigabecquerels: Double) { self.init(siValue: gigabecquerels * 1e9) }

    /// The activity in becquerels (Bq).
    public var becquerels: Double { siValue }

    /// The activity in megabecquerels (MBq).
    public var megabecquerels: Double { siValue / 1e6 }

    /// The activity in gigabecquerels (GBq).
    public var gigabecquerels: Double { siValue / 1e9 }

    /// Returns the activity left after radioactive decay.
    ///
    /// A(t) = A₀ · 2^(−t / T½). Negative `elapsed` corrects back in time.
    ///
    /// - Parameters:
    ///   - elapsed: Time from the reference instant to the wanted instant.
    ///   - halfLife: Physical half-life. Must be positive.
    /// - Returns: The decayed activity.
    public func decayed(over elapsed: TimeSpan, halfLife: TimeSpan) -> Activity {
        precondition(halfLife > .zero, "half-life must be positive, got \(halfLife.seconds) s")
        return exp2(-(elapsed / halfLife)) * self
    }
}
