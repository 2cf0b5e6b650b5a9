import Foundation

/// Numbers as a report shows them: rounded for reading, never for comparing.
///
/// A missing or non-finite value is an en dash, so that it cannot be taken for zero.
package enum Figures {
    package static let missing = "–"

    /// A number with fixed decimals and a true minus sign; −0 is 0.
    package static func fixed(_ value: Double?, _ decimals: Int) -> String {
        guard let value, value.isFinite else { return missing }
        let text = String(format: "%.\(max(0, min(decimals, 9)))f", value)
        guard text.hasPrefix("-") else { return text }
        let digits = text.dropFirst()
        return digits.contains { $0 != "0" && $0 != "." } ? "−\(digits)" : String(digits)
    }

    /// Doses in Gy, with 0.1 Gy from 10 Gy on and 0.01 Gy below.
    package static func gy(_ value: Double?) -> String {
        fixed(value, abs(value ?? 0) < 9.995 ? 2 : 1)
    }

    /// A dose in Gy with so many decimals that it reads above a limit that it exceeds.
    package static func gy(_ value: Double?, above limit: Double) -> String {
        guard let value, value > limit else { return gy(value) }
        let most = 9
        return (1 ... most).map { fixed(value, $0) }.first { (Double($0) ?? 0) > limit }
            ?? fixed(value, most)
    }

    /// Activities in GBq, to the MBq.
    package static func gbq(_ value: Double?) -> String { fixed(value, 3) }

    /// Volumes in mL or masses in g, with two decimals below 10 and one below 1000.
    package static func amount(_ value: Double?) -> String {
        let size = abs(value ?? 0)
        return fixed(value, size < 9.995 ? 2 : size < 999.95 ? 1 : 0)
    }

    /// A fraction as percent with one decimal.
    package static func percent(_ fraction: Double?, decimals: Int = 1) -> String {
        fixed(fraction.map { $0 * 100 }, decimals)
    }

    /// A signed difference as percent with one decimal.
    package static func signedPercent(_ fraction: Double?) -> String {
        let text = percent(fraction)
        guard let fraction, fraction > 0, text != "0.0", text != missing else { return text }
        return "+\(text)"
    }

    /// The shortest text of a constant, `49.67`.
    package static func constant(_ value: Double) -> String {
        value.isFinite ? String(format: "%.10g", value) : missing
    }

    /// The first twelve digits of a digest: enough to compare by eye; the record has all of them.
    package static func shortDigest(_ digest: String) -> String { String(digest.prefix(12)) }
}
