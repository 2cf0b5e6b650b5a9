/// Checks of numbers that come from outside; each refusal names the key.
enum Checked {
    static func positive(_ value: Double, _ key: String) throws -> Double {
        guard value > 0, value.isFinite else {
            throw TherapyError.outOfRange(key: key, value: value, allowed: "above 0")
        }
        return value
    }

    static func notNegative(_ value: Double, _ key: String) throws -> Double {
        guard value >= 0, value.isFinite else {
            throw TherapyError.outOfRange(key: key, value: value, allowed: "0 or above")
        }
        return value
    }

    static func fraction(_ value: Double, _ key: String) throws -> Double {
        guard value >= 0, value < 1 else {
            throw TherapyError.outOfRange(
                key: key, value: value, allowed: "a fraction, at least 0 and below 1")
        }
        return value
    }

    static func within(
        _ range: ClosedRange<Double>, _ value: Double, _ key: String
    ) throws
        -> Double
    {
        guard range.contains(value) else {
            throw TherapyError.outOfRange(
                key: key, value: value,
                allowed: "from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    static func finiteResult(_ value: Double, _ name: String) throws -> Double {
        guard value.isFinite else { throw TherapyError.notFinite(result: name) }
        return value
    }

    /// Whether a part fits into a whole, forgiving the rounding of a sum of decimals.
    static func fits(_ part: Double, into whole: Double) -> Bool {
        // Sums such as 0.1 + 0.2 miss by parts in 1e16; 1e-9 is far below any volume's accuracy.
        part <= whole * (1 + 1e-9)
    }
}
