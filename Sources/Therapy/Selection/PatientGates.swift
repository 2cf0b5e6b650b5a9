import Foundation
public import Quantities

/// Criteria of patient selection, held against what is known; findings, never decisions.
public struct PatientGates: Sendable {
    /// When the table was last revised, as an ISO date.
    public let date: String
    private let rows: [Row]

    /// Loads the built-in table.
    ///
    /// - Throws: ``TherapyError/malformedTable(name:reason:)`` when it is damaged.
    public init() throws {
        do {
            let table = try JSONDecoder().decode(
                Table.self, from: Data(PackageResources.patient_gates_json))
            (date, rows) = (table.date, table.rows)
        } catch {
            throw TherapyError.malformedTable(name: "patient-gates", reason: "\(error)")
        }
        if let odd = rows.first(where: { PatientFacts.Fact(rawValue: $0.fact) == nil }) {
            throw TherapyError.malformedTable(
                name: "patient-gates", reason: "unknown fact \(odd.fact)")
        }
    }

    /// Returns what a person should look at, and what could not be looked at.
    ///
    /// `facts` is `nil` when nobody told anything; facts from the plan's contours are checked
    /// all the same, in `derived`. Each sentence names its source and whether it was checked.
    public func findings(
        _ facts: PatientFacts?, derived: PatientFacts, device: SIRTDevice
    ) -> [Finding] {
        let known = (facts?.values ?? [:]).merging(derived.values) { told, _ in told }
        let broken = rows.compactMap { row -> Finding? in
            guard let fact = PatientFacts.Fact(rawValue: row.fact), let value = known[fact],
                row.device == nil || row.device == device.rawValue, row.isBroken(by: value)
            else { return nil }
            return Finding(row.code, row.severity, row.text(value), subject: "patient")
        }
        return broken + Self.unasked(facts)
    }

    private static func unasked(_ facts: PatientFacts?) -> [Finding] {
        guard let facts else {
            return [
                Finding(
                    "patient.not-given", .note,
                    "The plan says nothing of the patient, so no selection criterion but those of liver volume was looked at.",
                    subject: "patient")
            ]
        }
        guard !facts.missing.isEmpty else { return [] }
        return [
            Finding(
                "patient.facts-missing", .note,
                "Not told, so not looked at: \(facts.missing.map(\.rawValue).joined(separator: ", ")).",
                subject: "patient")
        ]
    }

    private struct Table: Decodable {
        let date: String
        let rows: [Row]
    }

    private struct Row: Decodable, Sendable {
        let code: String
        let fact: String
        let device: String?
        let above: Double?
        let atLeast: Double?
        let below: Double?
        let atMost: Double?
        let severity: Finding.Severity
        let sentence: String
        let status: PlanConstants.Status
        let source: String

        func isBroken(by value: Double) -> Bool {
            above.map { value > $0 } ?? atLeast.map { value >= $0 } ?? below.map { value < $0 }
                ?? atMost.map { value <= $0 } ?? false
        }

        func text(_ value: Double) -> String {
            let filled = sentence.replacingOccurrences(
                of: "{value}", with: String(format: "%.4g", value)
            ).replacingOccurrences(of: "{percent}", with: String(format: "%.4g", 100 * value))
            let standing =
                status == .checked ? source : "\(source); not checked in a primary document"
            return "\(filled) Source: \(standing)."
        }
    }
}
