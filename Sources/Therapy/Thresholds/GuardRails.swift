import Foundation
public import Quantities

/// Values outside of which a person should look; findings, never decisions.
///
/// Comparisons use the unrounded value. Of several rails of one quantity the last that applies
/// speaks, so that a table lists them from mild to severe.
public struct GuardRails: Sendable {
    /// What a rail watches; the name carries the unit.
    public enum Quantity: String, Hashable, Sendable, CaseIterable {
        case liverVolumeML, perfusedVolumeML, tumourVolumeML, lungVolumeML
        case tumourBurdenFraction, tumourOutsideTerritoryFraction
        case countsOutsideLiverAndLungsFraction, liverCountsOutsideTerritoryFraction
        case lungShareInView, daysBetweenImages, lungShuntFraction
        case ownActivityDoseGy
        case lungDoseGy, cumulativeLungDoseGy, normalDoseGy, tumourDoseGy, tumourToNormalRatio
        case hoursAfterAdministration, injectionTimeDifferenceMinutes
        case doseConstantDeviationFraction, halfLifeDeviationFraction
        case imageActivityDeviationFraction, undeliveredFraction
    }

    private let rows: [Row]

    /// Loads the built-in table.
    ///
    /// - Throws: ``TherapyError/malformedTable(name:reason:)`` when it is damaged.
    public init() throws {
        let table: Table
        do {
            table = try JSONDecoder().decode(
                Table.self, from: Data(PackageResources.guard_rails_json))
        } catch {
            throw TherapyError.malformedTable(name: "guard-rails", reason: "\(error)")
        }
        for row in table.rows where Quantity(rawValue: row.quantity) == nil {
            throw TherapyError.malformedTable(
                name: "guard-rails", reason: "unknown quantity \(row.quantity)")
        }
        rows = table.rows
    }

    /// Returns what to say about one value: nothing, or one finding.
    ///
    /// Rails for one device are passed over when `device` is another or `nil`; `subject` says
    /// what the value belongs to, such as a structure's name.
    public func check(
        _ quantity: Quantity, _ value: Double, device: SIRTDevice? = nil, subject: String? = nil
    ) -> [Finding] {
        let broken = rows.last {
            $0.quantity == quantity.rawValue && $0.isBroken(by: value)
                && ($0.device == nil || $0.device == device?.rawValue)
        }
        guard let broken else { return [] }
        let sentence = broken.sentence
            .replacingOccurrences(of: "{value}", with: Self.shown(value, not: broken.limit))
            .replacingOccurrences(
                of: "{percent}", with: Self.shown(value * 100, not: broken.limit * 100))
        return [Finding(broken.code, broken.severity, sentence, subject: subject)]
    }

    /// Four significant digits, or as many as tell a value from the limit it breaks.
    private static func shown(_ value: Double, not limit: Double) -> String {
        func text(_ number: Double, _ digits: Int) -> String {
            String(format: "%.\(digits)g", number)
        }
        let most = 17
        let digits = (4 ... most).first { text(value, $0) != text(limit, $0) } ?? most
        return text(value, digits)
    }

    private struct Table: Decodable {
        let rows: [Row]
    }

    private struct Row: Decodable, Sendable {
        let code: String
        let quantity: String
        let device: String?
        let above: Double?
        let below: Double?
        let severity: Finding.Severity
        let sentence: String

        /// The limit; a row has one.
        var limit: Double { above ?? below ?? .nan }

        func isBroken(by value: Double) -> Bool {
            if let above, value > above { return true }
            if let below, value < below { return true }
            return false
        }
    }
}
