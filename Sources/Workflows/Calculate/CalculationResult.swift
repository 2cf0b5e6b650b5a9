package import Foundation
package import Quantities
import Therapy

/// What a calculation gives: named values in reading order, and what a person should know.
package struct CalculationResult: Sendable {
    package let kind: Calculation
    /// Results first, then the constants that were used.
    package private(set) var values: [JSONValue.Member] = []
    package private(set) var findings: [Finding] = []

    init(_ kind: Calculation) { self.kind = kind }

    /// Adds a number.
    ///
    /// - Throws: `TherapyError.notFinite(result:)`.
    mutating func add(_ key: String, _ value: Double) throws {
        guard value.isFinite else { throw TherapyError.notFinite(result: key) }
        values.append(.init(key, .number(value)))
    }

    mutating func add(_ key: String, _ numbers: [Double]) throws {
        guard numbers.allSatisfy(\.isFinite) else { throw TherapyError.notFinite(result: key) }
        values.append(.init(key, .array(numbers.map(JSONValue.number))))
    }

    mutating func add(_ key: String, _ value: JSONValue) { values.append(.init(key, value)) }

    mutating func add(_ more: [Finding]) { findings += more }

    mutating func add(_ finding: Finding) { findings.append(finding) }

    /// One JSON document: `kind`, the values, and `findings`.
    package func json() throws -> Data {
        let findings = self.findings.map { finding in
            JSONValue.object([
                .init("code", .string(finding.code)),
                .init("severity", .string(finding.severity.rawValue)),
                .init("sentence", .string(finding.sentence)),
                .init("subject", finding.subject.map(JSONValue.string) ?? .null),
            ])
        }
        return try CanonicalJSON.encoded(
            JSONValue.object(
                [.init("kind", .string(kind.rawValue))] + values
                    + [.init("findings", .array(findings))]))
    }

    /// The same as lines for a person, numbers to six digits.
    package var text: String {
        let width = values.map(\.key.count).max() ?? 0
        let lines = values.flatMap { member -> [String] in
            let name = member.key.padding(toLength: width, withPad: " ", startingAt: 0)
            guard case .array(let items) = member.value, case .object? = items.first else {
                return ["\(name)  \(Self.shown(member.value))"]
            }
            return ["\(member.key):"] + items.map { "  " + Self.shown($0) }
        }
        let notes = findings.map { finding in
            let subject = finding.subject.map { " (\($0))" } ?? ""
            return "\(finding.severity.rawValue): \(finding.sentence)\(subject)"
        }
        return (lines + notes + ["Not a medical device."]).joined(separator: "\n")
    }

    private static func shown(_ value: JSONValue) -> String {
        switch value {
        case .null: "-"
        case .bool(let value): value ? "yes" : "no"
        case .number(let value): String(format: "%.6g", value)
        case .string(let value): value
        case .array(let values): values.map(shown).joined(separator: "  ")
        case .object(let members):
            members.map { "\($0.key) \(shown($0.value))" }.joined(separator: "  ")
        }
    }
}
