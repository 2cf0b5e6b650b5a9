/// A length of time in a physical formula.
///
/// Use `Swift.Duration` for clocks and timeouts.
public struct TimeSpan: PhysicalQuantity {
    public let siValue: Double

    public init(siValue: Double) { self.siValue = siValue }
}

extension TimeSpan {
    /// Creates a time span from seconds.
    public init(seconds: Double) { self.init(siValue: seconds) }

    /// Creates a time span from hours.
    public init(hours: Double) { self.init(siValue: hours * 3600) }

    /// The time span in seconds (s).
    public var seconds: Double { siValue }
}

extension TimeSpan {
    /// The time span in hours (h).
    public var hours: Double { siValue / 3600 }
}
