public import Foundation
public import Quantities

/// The share of a vial that was not delivered, from dose-rate readings before and after.
///
/// R = mean(waste − background) · 2^(Δt/T) / (vial − background). Glass: the waste jar is read
/// at four angles, which are averaged; resin: the vial before and the waste after.
public struct ResidualMeasurement: Hashable, Sendable {
    /// In [0, 1); 0 when the waste is not above background.
    public let residualFraction: Double
    /// Whether the waste did not rise above background, so that 0 means "not measurable".
    public let isBelowBackground: Bool

    /// Computes the residual.
    ///
    /// `before` is the reading of the full vial in any unit, `after` at least one reading of the
    /// waste at the same distance, `background` the reading without source.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)`` also when the waste reads as
    ///   much as the vial, ``TherapyError/inconsistent(reason:)`` when times are reversed.
    public init(
        before: Double, beforeTime: Date, after: [Double], afterTime: Date,
        background: Double = 0, halfLife: TimeSpan
    ) throws {
        let background = try Checked.notNegative(background, "backgroundReading")
        let full = try Checked.positive(before, "readingBefore") - background
        guard full > 0 else {
            throw TherapyError.outOfRange(
                key: "readingBefore", value: before, allowed: "above backgroundReading")
        }
        guard !after.isEmpty else {
            throw TherapyError.inconsistent(reason: "'readingsAfter' holds no reading.")
        }
        let readings = try after.enumerated().map {
            try Checked.notNegative($1, "readingsAfter[\($0)]")
        }
        let elapsed = TimeSpan(seconds: afterTime.timeIntervalSince(beforeTime))
        guard elapsed >= .zero else {
            throw TherapyError.inconsistent(
                reason: "'readingAfterTime' lies before 'readingBeforeTime'.")
        }
        let waste = readings.reduce(0, +) / Double(readings.count) - background
        isBelowBackground = waste < 0 || waste == 0 && background > 0
        let fraction = max(0, waste) * exp2(elapsed / halfLife) / full
        guard fraction < 1 else {
            throw TherapyError.outOfRange(
                key: "readingsAfter", value: waste + background,
                allowed: "below readingBefore after correction for decay and background")
        }
        residualFraction = fraction
    }
}
