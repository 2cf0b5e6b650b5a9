import Workflows

/// An operation on volumes of interest as a page's form says it.
struct VOIForm {
    let operation: VOIOperation
    let target: VOITarget

    /// - Throws: ``Refusal/badRequest(_:)`` naming the field that is missing or no number.
    init(_ fields: [String: String]) throws {
        target = try Self.target(fields)
        operation = try Self.operation(fields)
    }

    /// Where a version goes: `name`, `base` (empty for a new one), `role` and `ct` of a new one.
    static func target(_ fields: [String: String]) throws -> VOITarget {
        let name = try text(fields, "name")
        let base = fields["base"] ?? ""
        return VOITarget(
            name: name,
            role: fields["role"].flatMap(VOIRole.init) ?? VOIRole(structureName: name),
            series: fields["ct"].flatMap { $0.isEmpty ? nil : $0 },
            base: .version(base.isEmpty ? nil : base))
    }

    private static func operation(_ fields: [String: String]) throws -> VOIOperation {
        switch try text(fields, "operation") {
        case "sphere":
            return .sphere(
                centreMM: try centre(fields), diameterMM: try number(fields, "diameterMM"))
        case "threshold": return try threshold(fields)
        case "margin":
            return .margin(of: try text(fields, "of"), mm: try number(fields, "marginMM"))
        case "smoothing":
            return .smoothing(of: try text(fields, "of"), mm: try number(fields, "smoothingMM"))
        case "fill":
            return .fill(of: try text(fields, "of"), inSlices: fields["inSlices"] == "on")
        case "interpolation": return .interpolation(of: try text(fields, "of"))
        case "proposal":
            guard let organ = VOIProposal.Organ(rawValue: try text(fields, "organ")) else {
                throw Refusal.badRequest("Body, lungs or liver can be proposed.")
            }
            return .proposal(organ)
        case let other:
            guard let combination = VOIOperation.Combination(rawValue: other) else {
                throw Refusal.badRequest("There is no such operation.")
            }
            return .combination(
                combination, of: [try text(fields, "of"), try text(fields, "with")])
        }
    }

    private static func threshold(_ fields: [String: String]) throws -> VOIOperation {
        let limits: VOIOperation.Limits =
            fields["sharePercent"].map { !$0.isEmpty } ?? false
            ? .shareOfHighest(try number(fields, "sharePercent") / 100)
            : .values(
                lowest: try number(fields, "lowest"), highest: try number(fields, "highest"))
        let within: VOIOperation.Within
        if let region = fields["within"], !region.isEmpty {
            within = .voi(region)
        } else {
            within = .sphere(
                centreMM: try centre(fields), diameterMM: try number(fields, "diameterMM"))
        }
        return .threshold(layer: try text(fields, "layer"), limits: limits, within: within)
    }

    /// The crosshair, in LPS.
    private static func centre(_ fields: [String: String]) throws -> [Double] {
        try ["x", "y", "z"].map { try number(fields, $0) }
    }

    private static func text(_ fields: [String: String], _ name: String) throws -> String {
        guard let value = fields[name], !value.isEmpty else {
            throw Refusal.badRequest("The form lacks the field '\(name)'.")
        }
        return value
    }

    private static func number(_ fields: [String: String], _ name: String) throws -> Double {
        guard let value = Double(try text(fields, name)), value.isFinite else {
            throw Refusal.badRequest("The field '\(name)' is no number.")
        }
        return value
    }
}
