import Foundation
import Imaging

/// Results of the demonstration against the truth the synthetic patient was made from.
package struct DemoTable: Codable, Hashable, Sendable {
    package var rows: [Row] = []

    package struct Row: Codable, Hashable, Sendable {
        package var quantity: String
        package var unit: String
        /// What the patient was made with.
        package var truth: Double
        /// What an error-free program would get from the blurred image; `nil` where blur plays no
        /// part.
        package var expectedFromImage: Double?
        package var got: Double
        /// Largest error that noise and gridding explain, in the unit; `nil` when none is claimed.
        package var bound: Double?
        package var boundReason: String

        /// Got minus what could be got.
        package var error: Double { got - (expectedFromImage ?? truth) }
        /// Whether the error lies within the bound; `nil` without a bound.
        package var isWithinBound: Bool? { bound.map { abs(error) <= $0 } }
    }

    /// Whether no row lies outside its bound.
    package var allWithinBounds: Bool { rows.allSatisfy { $0.isWithinBound != false } }

    mutating func add(
        _ quantity: String, _ unit: String, truth: Double, expected: Double? = nil, got: Double,
        bound: Double? = nil, because reason: String = ""
    ) {
        rows.append(
            Row(
                quantity: quantity, unit: unit, truth: truth, expectedFromImage: expected,
                got: got, bound: bound, boundReason: reason))
    }

    /// The table as text.
    package var text: String {
        func cell(_ value: Double?, _ width: Int) -> String {
            let text = value.map { Figures.fixed($0, abs($0) < 10 ? 3 : 1) } ?? "-"
            return String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let head =
            "quantity                          unit      truth  in image       got     error     bound"
        let lines = rows.map { row in
            row.quantity.padding(toLength: 34, withPad: " ", startingAt: 0)
                + row.unit.padding(toLength: 5, withPad: " ", startingAt: 0)
                + cell(row.truth, 10) + cell(row.expectedFromImage, 10) + cell(row.got, 10)
                + cell(row.error, 10) + cell(row.bound, 10)
                + (row.isWithinBound == false ? "  OUTSIDE" : "")
        }
        return ([head] + lines).joined(separator: "\n")
    }
}
