import Foundation
public import Quantities

/// The published thresholds, handed out only for the population they come from.
public struct ThresholdLibrary: Sendable {
    /// When the table was last revised, as an ISO date.
    public let date: String
    public let source: String
    public let thresholds: [Threshold]

    /// Loads the built-in table.
    ///
    /// - Throws: ``TherapyError/malformedTable(name:reason:)`` when it is damaged.
    public init() throws {
        let table: Table
        do {
            table = try JSONDecoder().decode(
                Table.self, from: Data(PackageResources.thresholds_json))
        } catch {
            throw TherapyError.malformedTable(name: "thresholds", reason: "\(error)")
        }
        guard Set(table.rows.map(\.id)).count == table.rows.count else {
            throw TherapyError.malformedTable(name: "thresholds", reason: "an id stands twice")
        }
        if let odd = table.rows.first(where: { StructureRole(rawValue: $0.compartment) == nil }) {
            throw TherapyError.malformedTable(
                name: "thresholds", reason: "unknown compartment in \(odd.id)")
        }
        (date, source, thresholds) = (table.date, table.source, table.rows)
    }

    /// Returns the thresholds made for this device and tumour, and for any tumour.
    ///
    /// Rows of other tumours are never among them; see ``chosen(_:device:entity:)``.
    public func applicable(
        device: SIRTDevice, entity: String, method: String? = nil
    )
        -> [Threshold]
    {
        thresholds.filter {
            Threshold.matches($0.device, device.rawValue) && Threshold.matches($0.entity, entity)
                && (method == nil || $0.doseMethod == method)
        }
    }

    /// Returns the thresholds that a recorded choice takes over from other tumours.
    ///
    /// - Throws: ``TherapyError/unknown(kind:name:)`` for an id that the table does not have,
    ///   ``TherapyError/inconsistent(reason:)`` for one of another device.
    public func chosen(_ choice: ThresholdChoice, device: SIRTDevice) throws -> [Threshold] {
        try choice.thresholdIDs.map { id in
            guard let row = thresholds.first(where: { $0.id == id }) else {
                throw TherapyError.unknown(kind: "threshold", name: id)
            }
            guard Threshold.matches(row.device, device.rawValue) else {
                throw TherapyError.inconsistent(
                    reason: "Threshold '\(id)' is for \(row.device); dose per gray of another "
                        + "device has another effect.")
            }
            return row
        }
    }

    /// Returns what must be said about the evidence for this tumour.
    ///
    /// An error while no choice is recorded where no validated threshold exists; a note with the
    /// choice once there is one.
    public func findings(device: SIRTDevice, entity: String, choice: ThresholdChoice?) -> [Finding]
    {
        let own = thresholds.filter {
            $0.entity == entity && Threshold.matches($0.device, device.rawValue)
        }
        // Every NET row is a small retrospective series, so a choice is asked for even then.
        guard entity == "NET" || own.isEmpty else { return [] }
        if let choice {
            return [
                Finding(
                    "evidence.choice-recorded", .note,
                    "No validated dose threshold exists for \(entity) with \(device.rawValue). "
                        + "Recorded basis: \(choice.basis), by \(choice.recordedBy).")
            ]
        }
        let small =
            own.isEmpty
            ? "" : " Only small series: " + own.map(\.provenance).joined(separator: "; ") + "."
        return [
            Finding(
                "evidence.choice-missing", .error,
                "No validated dose threshold exists for \(entity) with \(device.rawValue); rows "
                    + "of other tumours are not applied.\(small) Choose and record the basis.")
        ]
    }

    private struct Table: Decodable {
        let source: String
        let date: String
        let rows: [Threshold]
    }
}
