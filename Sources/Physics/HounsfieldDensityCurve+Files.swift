import Foundation

extension HounsfieldDensityCurve {
    /// The curve used when a site gives none: a published generic one, linear between points.
    ///
    /// Its points at 100 and 101 HU, between which the published density falls by 4 %, are
    /// replaced so that it rises everywhere; the table says how.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when the built-in table is damaged.
    ///
    /// Source: Schneider et al., Phys Med Biol 2000;45:459-478, points as GATE uses them.
    public static var generic: HounsfieldDensityCurve {
        get throws {
            let table = try decodeTable(
                CurveTable.self, PackageResources.density_schneider2000_json,
                name: "density-schneider2000")
            guard table.points.allSatisfy({ $0.count == 2 }) else {
                throw PhysicsError.malformedTable(name: table.name, reason: "not pairs")
            }
            return try HounsfieldDensityCurve(
                points: table.points.map { Point(hounsfieldUnits: $0[0], gramsPerML: $0[1]) },
                name: table.name, source: table.source, date: table.date)
        }
    }

    /// Whether this is ``generic``: measured on no scanner of the site.
    public var isGeneric: Bool { (try? Self.generic) == self }

    /// Creates a curve from a site's file: comma-separated, or a JSON object.
    ///
    /// The object has `points`, a list of pairs of CT number and density in g/mL, and may have
    /// `name`, `source` and `date`, which replace those given here.
    ///
    /// - Parameters:
    ///   - text: The whole file.
    ///   - name: What the curve is called unless the file says.
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)``.
    public init(text: String, name: String) throws {
        guard text.drop(while: \.isWhitespace).first == "{" else {
            try self.init(csv: text, name: name, source: name, date: "")
            return
        }
        struct Table: Decodable {
            let name: String?
            let source: String?
            let date: String?
            let points: [[Double]]
        }
        guard let table = try? JSONDecoder().decode(Table.self, from: Data(text.utf8)),
            table.points.allSatisfy({ $0.count == 2 })
        else {
            throw PhysicsError.malformedTable(
                name: name, reason: "no object with 'points', pairs of HU and g/mL")
        }
        try self.init(
            points: table.points.map { Point(hounsfieldUnits: $0[0], gramsPerML: $0[1]) },
            name: table.name ?? name, source: table.source ?? name, date: table.date ?? "")
    }

    /// Creates a curve from a site's comma-separated table.
    ///
    /// Two headers are understood: `hu,densityGPerML` (linear between points) and
    /// `material,hu_low_inclusive,hu_high_exclusive,density_g_per_cm3` (steps). Empty lines and
    /// lines that begin with `#` are skipped.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)``, with the line.
    public init(csv: String, name: String, source: String, date: String) throws {
        var rows: [(line: Int, fields: [String])] = []
        for (n, line) in csv.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).enumerated() {
            let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            let fields = text.split(separator: ",", omittingEmptySubsequences: false)
            rows.append((n + 1, fields.map { $0.trimmingCharacters(in: .whitespaces) }))
        }
        func numbers(_ columns: ArraySlice<Int>) throws -> [[Double]] {
            try rows.dropFirst().map { row in
                let values = columns.compactMap {
                    $0 < row.fields.count ? Double(row.fields[$0]) : nil
                }
                guard row.fields.count == columns.endIndex, values.count == columns.count else {
                    throw PhysicsError.malformedTable(
                        name: name, reason: "line \(row.line) is not \(columns.count) numbers")
                }
                return values
            }
        }
        switch rows.first?.fields {
        case ["hu", "densityGPerML"]:
            try self.init(
                points: numbers([0, 1][...]).map {
                    Point(hounsfieldUnits: $0[0], gramsPerML: $0[1])
                },
                name: name, source: source, date: date)
        case ["material", "hu_low_inclusive", "hu_high_exclusive", "density_g_per_cm3"]:
            try self.init(
                steps: numbers([0, 1, 2, 3][1...]).map {
                    Step(lowerHU: $0[0], upperHU: $0[1], gramsPerML: $0[2])
                },
                name: name, source: source, date: date)
        default:
            throw PhysicsError.malformedTable(
                name: name,
                reason: "the first line is neither 'hu,densityGPerML' nor "
                    + "'material,hu_low_inclusive,hu_high_exclusive,density_g_per_cm3'")
        }
    }
}

private struct CurveTable: Decodable {
    let name: String
    let source: String
    let date: String
    let points: [[Double]]
}
