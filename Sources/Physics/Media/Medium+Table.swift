extension Medium {
    /// The media that Grevy ships, by rising index without gaps.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when the built-in table is damaged.
    public static var all: [Medium] {
        get throws {
            let table = try decodeTable(
                MediaTable.self, PackageResources.media_json, name: "media")
            let elements = Dictionary(
                table.elements.map { ($0.symbol, $0) }, uniquingKeysWith: { first, _ in first })
            return try table.media.enumerated().map { position, row in
                guard Int(row.index) == position else {
                    throw PhysicsError.malformedTable(
                        name: "media", reason: "index \(row.index) at place \(position)")
                }
                return try row.medium(elements: elements)
            }
        }
    }

    /// Returns the medium of that name: `water`, `soft-tissue`, `lung` and so on.
    ///
    /// - Throws: ``PhysicsError/unknownMedium(name:)``, and what ``all`` throws.
    public static func named(_ name: String) throws -> Medium {
        guard let medium = try all.first(where: { $0.name == name }) else {
            throw PhysicsError.unknownMedium(name: name)
        }
        return medium
    }
}

private struct MediaTable: Decodable {
    struct Element: Decodable {
        let z: Int
        let symbol: String
        let atomicWeight: Double
        let ionisationEV: Double
    }

    struct Row: Decodable {
        let index: UInt8
        let name: String
        let title: String
        let gramsPerML: Double
        let iEV: Double
        let source: String
        let fractions: [String: Double]

        func medium(elements: [String: Element]) throws -> Medium {
            let constituents = try fractions.map { symbol, fraction in
                guard let element = elements[symbol] else {
                    throw PhysicsError.malformedTable(
                        name: "media", reason: "no element \(symbol), used by \(name)")
                }
                return Medium.Constituent(
                    z: element.z, atomicWeight: element.atomicWeight, massFraction: fraction,
                    ionisationEV: element.ionisationEV)
            }
            // A dictionary has no order; sums must be the same in every run.
            return try Medium(
                index: index, name: name, title: title, referenceDensityGramsPerML: gramsPerML,
                meanExcitationEnergyEV: iEV, constituents: constituents.sorted { $0.z < $1.z },
                source: source)
        }
    }

    let elements: [Element]
    let media: [Row]
}
