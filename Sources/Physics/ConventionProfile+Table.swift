import Foundation
public import Quantities

extension ConventionProfile {
    /// The published profiles that Grevy ships, in the order of the table.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when the built-in table is damaged.
    public static var all: [ConventionProfile] {
        get throws {
            try decodeTable(
                ProfileTable.self, PackageResources.convention_profiles_json,
                name: "convention-profiles"
            ).profiles.map { row in
                guard let nuclide = Nuclide(rawValue: row.nuclide) else {
                    throw PhysicsError.malformedTable(
                        name: "convention-profiles", reason: "unknown nuclide in \(row.name)")
                }
                return try ConventionProfile(
                    name: row.name, nuclide: nuclide,
                    doseConstantGyKgPerGBq: row.doseConstantGyKgPerGBq,
                    halfLife: TimeSpan(hours: row.halfLifeHours), source: row.source)
            }
        }
    }

    /// Returns the published profile of that name: `mppg14a`, `eanm2022`, `ifu-glass` or `ho`.
    ///
    /// - Throws: ``PhysicsError/unknownProfile(name:)``, and what ``all`` throws.
    public static func named(_ name: String) throws -> ConventionProfile {
        guard let profile = try all.first(where: { $0.name == name }) else {
            throw PhysicsError.unknownProfile(name: name)
        }
        return profile
    }

    /// The energy that one decay deposits locally, as C and T imply it, in joules.
    ///
    /// E = C · ln 2 / (10⁹ · T), T in seconds. With E, local deposition gives D = C · A / m exactly.
    public var energyPerDecay: Energy {
        Energy(joules: doseConstantGyKgPerGBq * Double.ln2 / (1e9 * halfLife.seconds))
    }

    /// Returns the time integral of activity that stays where it is from administration on.
    ///
    /// Ã = A₀ · T / ln 2, as a number of decays.
    public func decays(of administered: Activity) -> Double {
        administered.becquerels * halfLife.seconds / Double.ln2
    }
}

extension Double {
    /// The natural logarithm of 2.
    static let ln2 = 0.693_147_180_559_945_3
}

private struct ProfileTable: Decodable {
    struct Row: Decodable {
        let name: String
        let nuclide: String
        let doseConstantGyKgPerGBq: Double
        let halfLifeHours: Double
        let source: String
    }

    let profiles: [Row]
}

/// Decodes a JSON table of this target.
func decodeTable<Table: Decodable>(
    _ type: Table.Type, _ bytes: [UInt8], name: String
) throws -> Table {
    do {
        return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
        throw PhysicsError.malformedTable(name: name, reason: "not the expected JSON")
    }
}
