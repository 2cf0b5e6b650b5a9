package import Dosimetry
import Foundation
package import Pathway
package import Physics

/// The text of a setting, read as its kind wants it.
///
/// All kinds are comma-separated tables with a header, so that one kind of file serves them all.
package enum SettingTable: Hashable, Sendable {
    case profile(Profile)
    case densityCurve(HounsfieldDensityCurve)
    case recoveryCurve([RecoveryCurve.Point])
    case constraintSet(ConstraintSet)
    case dicomPeer(DicomPeer)

    /// Constants of a convention.
    package struct Profile: Hashable, Sendable {
        let nuclide: String
        let doseConstantGyKgPerGBq: Double
        let halfLifeHours: Double
        let tissueDensityGPerML: Double
        let lungMassKg: Double
        let source: String
    }

    /// Limits, as a plan file has them.
    package struct ConstraintSet: Hashable, Sendable {
        struct Limit: Hashable, Sendable {
            let structure: String
            /// `nil` for the mean.
            let hottestPercent: Double?
            let limitGy: Double
            let source: String
        }

        var limits: [Limit] = []
        var lungsSingleGy: Double?
        var lungsCumulativeGy: Double?
        var lungsSource = ""
    }

    /// The first line of a kind's table.
    package static func header(of kind: SettingKind) -> String {
        switch kind {
        case .profile, .dicomPeer: "key,value"
        case .densityCurve: "hu,densityGPerML"
        case .recoveryCurve: "diameterMM,recovery,sigma"
        case .constraintSet: "structure,measure,limitGy,source"
        }
    }

    /// Reads a table.
    ///
    /// - Parameters:
    ///   - text: The whole table.
    ///   - kind: What it must be.
    ///   - name: What it is called.
    /// - Throws: ``WorkflowError/refused(sentence:)`` that names the line.
    package init(_ text: String, kind: SettingKind, name: String) throws {
        do {
            switch kind {
            case .profile: self = .profile(try Self.profile(text, name))
            case .densityCurve:
                self = .densityCurve(
                    try HounsfieldDensityCurve(csv: text, name: name, source: name, date: ""))
            case .recoveryCurve: self = .recoveryCurve(try Self.points(text))
            case .constraintSet: self = .constraintSet(try Self.constraints(text))
            case .dicomPeer:
                self = .dicomPeer(
                    try DicomPeer(CommaTable(text, header: Self.header(of: kind)).rows))
            }
        } catch let error as PhysicsError {
            throw WorkflowError.refused(sentence: error.description)
        } catch let error as DoseError {
            throw WorkflowError.refused(sentence: "\(error)")
        }
    }

    private static func profile(_ text: String, _ name: String) throws -> Profile {
        let rows = try CommaTable(text, header: header(of: .profile)).rows
        var values: [String: String] = [:]
        for row in rows where values.updateValue(row.fields[1], forKey: row.fields[0]) != nil {
            throw row.refusal("says '\(row.fields[0])' a second time")
        }
        let keys = [
            "nuclide", "doseConstantGyKgPerGBq", "halfLifeHours", "tissueDensityGPerML",
            "lungMassKg", "source",
        ]
        if let unknown = values.keys.sorted().first(where: { !keys.contains($0) }) {
            throw WorkflowError.refused(
                sentence: "There is no constant '\(unknown)'; there are "
                    + "\(keys.joined(separator: ", ")).")
        }
        func number(_ key: String, default usual: Double? = nil) throws -> Double {
            guard let text = values[key] else {
                guard let usual else {
                    throw WorkflowError.refused(sentence: "The profile lacks '\(key)'.")
                }
                return usual
            }
            guard let value = Double(text), value > 0, value.isFinite else {
                throw WorkflowError.refused(sentence: "'\(key)' must be a number above 0.")
            }
            return value
        }
        let nuclide = values["nuclide"] ?? ""
        guard let known = Nuclide(rawValue: nuclide), known.isOfMicrospheres else {
            throw WorkflowError.refused(sentence: "'nuclide' is Y-90 or Ho-166.")
        }
        guard let source = values["source"], !source.isEmpty else {
            throw WorkflowError.refused(sentence: "The profile lacks its 'source'.")
        }
        guard try !ConventionProfile.all.contains(where: { $0.name == name }) else {
            throw WorkflowError.refused(
                sentence: "'\(name)' is a profile that comes with the program; take another name.")
        }
        return Profile(
            nuclide: nuclide, doseConstantGyKgPerGBq: try number("doseConstantGyKgPerGBq"),
            halfLifeHours: try number("halfLifeHours"),
            tissueDensityGPerML: try number("tissueDensityGPerML", default: 1.03),
            lungMassKg: try number("lungMassKg", default: 1), source: source)
    }

    private static func points(_ text: String) throws -> [RecoveryCurve.Point] {
        let points = try CommaTable(text, header: header(of: .recoveryCurve)).rows.map { row in
            RecoveryCurve.Point(
                diameterMM: try row.number(0), recovery: try row.number(1),
                sigma: try row.number(2))
        }
        return try RecoveryCurve(points).points
    }

    private static func constraints(_ text: String) throws -> ConstraintSet {
        var set = ConstraintSet()
        for row in try CommaTable(text, header: header(of: .constraintSet)).rows {
            let (structure, measure, source) = (row.fields[0], row.fields[1], row.fields[3])
            let limit = try row.number(2)
            guard limit > 0, limit <= PlanSpec.mostGrays else {
                throw row.refusal("needs a limit above 0 and up to \(Int(PlanSpec.mostGrays)) Gy")
            }
            guard !structure.isEmpty, !source.isEmpty else {
                throw row.refusal("needs a structure and a source")
            }
            switch measure {
            case "single" where structure == "lungs": set.lungsSingleGy = limit
            case "cumulative" where structure == "lungs": set.lungsCumulativeGy = limit
            default:
                let percent = measure.wholeMatch(of: /D(\d{1,2})/).flatMap { Double($0.1) }
                guard measure == "mean" || percent != nil else {
                    throw row.refusal(
                        "has the measure '\(measure)'; there are mean, D0 to D99 (the least dose "
                            + "of the hottest so many percent), and for lungs single and cumulative"
                    )
                }
                set.limits.append(
                    ConstraintSet.Limit(
                        structure: structure, hottestPercent: percent, limitGy: limit,
                        source: source))
                continue
            }
            set.lungsSource = set.lungsSource.isEmpty ? source : "\(set.lungsSource); \(source)"
        }
        guard (set.lungsSingleGy == nil) == (set.lungsCumulativeGy == nil) else {
            throw WorkflowError.refused(
                sentence: "Lungs need both limits, single and cumulative, or none.")
        }
        guard !set.limits.isEmpty || set.lungsSingleGy != nil else {
            throw WorkflowError.refused(sentence: "The constraint set holds no limit.")
        }
        return set
    }
}

/// A comma-separated table with a known header (RFC 4180; a field holds no line break).
struct CommaTable {
    struct Row {
        let line: Int
        let fields: [String]

        func number(_ column: Int) throws -> Double {
            guard let value = Double(fields[column]), value.isFinite else {
                throw refusal("has no number in column \(column + 1)")
            }
            return value
        }

        func refusal(_ what: String) -> WorkflowError {
            .refused(sentence: "Line \(line) \(what).")
        }
    }

    let rows: [Row]

    /// - Throws: ``WorkflowError/refused(sentence:)``.
    init(_ text: String, header: String) throws {
        var rows: [Row] = []
        let width = header.split(separator: ",").count
        for (n, line) in text.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).enumerated() {
            let plain = line.trimmingCharacters(in: .whitespaces)
            guard !plain.isEmpty, !plain.hasPrefix("#") else { continue }
            let row = Row(line: n + 1, fields: Self.fields(plain))
            guard row.fields.count == width else {
                throw row.refusal("has \(row.fields.count) fields, not \(width)")
            }
            rows.append(row)
        }
        guard rows.first?.fields.joined(separator: ",") == header else {
            throw WorkflowError.refused(sentence: "The first line must be '\(header)'.")
        }
        guard rows.count > 1 else {
            throw WorkflowError.refused(sentence: "The table has no lines below its first.")
        }
        self.rows = Array(rows.dropFirst())
    }

    private static func fields(_ line: String) -> [String] {
        var (fields, field, isQuoted) = ([String](), "", false)
        var characters = Array(line)[...]
        while let character = characters.popFirst() {
            switch character {
            case "\"" where isQuoted && characters.first == "\"":
                field.append("\"")
                characters = characters.dropFirst()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                fields.append(field.trimmingCharacters(in: .whitespaces))
                field = ""
            default: field.append(character)
            }
        }
        return fields + [field.trimmingCharacters(in: .whitespaces)]
    }
}
