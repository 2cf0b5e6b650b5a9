import Foundation

/// The constants of planning, ordering and reporting, each with how well it is known.
public struct PlanConstants: Sendable {
    /// Whether anybody has compared a constant with the document it comes from.
    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        case checked
        /// From memory or a secondary source.
        case unchecked
        /// Own choice; there is no document to compare with.
        case house
    }

    /// What a constant is for.
    public enum Use: String, Hashable, Sendable, Codable, CaseIterable {
        case bed, pictures, order, bsa, recovery, uncertainty
        case lungLimits = "lung-limits"
    }

    /// One constant, often of several numbers that belong together.
    public struct Row: Hashable, Sendable, Decodable {
        public let id: String
        public let use: Use
        /// Devices by name, or `any`.
        public let devices: [String]
        /// Structure roles by name; `nil` where they do not matter.
        public let roles: [String]?
        public let what: String
        /// Numbers by name; the name carries the unit.
        public let values: [String: [Double]]
        public let status: Status
        public let source: String
    }

    /// When the table was last revised, as an ISO date.
    public let date: String
    public let rows: [Row]

    /// Loads the built-in table.
    ///
    /// - Throws: ``TherapyError/malformedTable(name:reason:)`` when it is damaged.
    public init() throws {
        let table: Table
        do {
            table = try JSONDecoder().decode(
                Table.self, from: Data(PackageResources.plan_constants_json))
        } catch {
            throw TherapyError.malformedTable(name: "plan-constants", reason: "\(error)")
        }
        guard Set(table.rows.map(\.id)).count == table.rows.count else {
            throw TherapyError.malformedTable(name: "plan-constants", reason: "an id stands twice")
        }
        (date, rows) = (table.date, table.rows)
    }

    /// Returns the constants that a plan of this device rests on.
    public func used(by device: SIRTDevice, for uses: Set<Use>) -> [Row] {
        rows.filter {
            uses.contains($0.use)
                && ($0.devices.contains("any") || $0.devices.contains(device.rawValue))
        }
    }

    /// Returns the numbers of a constant.
    ///
    /// - Throws: ``TherapyError/malformedTable(name:reason:)`` when there are none.
    public func values(_ id: String, _ name: String) throws -> [Double] {
        guard let values = rows.first(where: { $0.id == id })?.values[name], !values.isEmpty else {
            throw TherapyError.malformedTable(
                name: "plan-constants", reason: "no '\(name)' of '\(id)'")
        }
        return values
    }

    /// Returns a constant that is one number.
    ///
    /// - Throws: ``TherapyError/malformedTable(name:reason:)`` when it is missing.
    public func value(_ id: String, _ name: String) throws -> Double {
        try values(id, name)[0]
    }

    /// Returns the repair parameters of a structure's BED; `nil` where none are known.
    ///
    /// - Throws: ``TherapyError/malformedTable(name:reason:)`` when they are incomplete.
    public func repair(
        of role: StructureRole
    ) throws -> (alphaBetaGy: Double, repairHalfTimeHours: Double)? {
        let row = rows.first { $0.use == .bed && $0.roles?.contains(role.rawValue) == true }
        return try row.map {
            (try value($0.id, "alphaBetaGy"), try value($0.id, "repairHalfTimeHours"))
        }
    }

    private struct Table: Decodable {
        let date: String
        let rows: [Row]
    }
}
