import Foundation
import Physics
import Quantities
import Therapy

/// The members of one JSON object, asked for by key; every refusal names the key.
struct CalculationInput {
    private let prefix: String
    private let values: [String: JSONValue]

    /// Takes an object apart.
    ///
    /// In messages `owner` is what the keys belong to, and `prefix` stands before them, as in
    /// `tumours[0].`.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for no object or a key not in `known`.
    init(_ document: JSONValue, known: [CalculationKey], owner: String, prefix: String = "") throws
    {
        guard case .object(let members) = document else {
            let what = prefix.isEmpty ? "The input" : "'\(prefix.dropLast())'"
            throw WorkflowError.refused(
                sentence: "\(what) must be a JSON object, not \(document.kindName).")
        }
        for member in members where !known.contains(where: { $0.name == member.key }) {
            let names = known.map(\.name).joined(separator: ", ")
            throw WorkflowError.refused(
                sentence: "'\(prefix)\(member.key)' is not a key of \(owner); it knows \(names).")
        }
        self.prefix = prefix
        values = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
        for key in known where key.need == .required && values[key.name] == nil {
            throw WorkflowError.refused(
                sentence: "'\(prefix)\(key.name)' is missing; \(owner) needs it (\(key.meaning)).")
        }
    }

    func has(_ key: String) -> Bool { values[key] != nil }

    func number(_ key: String) throws -> Double {
        guard let number = try optionalNumber(key) else { throw missing(key) }
        return number
    }

    func optionalNumber(_ key: String) throws -> Double? {
        guard let value = values[key] else { return nil }
        return try number(value, key)
    }

    /// A number of a size that can be computed with.
    private func number(_ value: JSONValue, _ key: String) throws -> Double {
        guard case .number(let number) = value else { throw wrong(key, "a number", value) }
        guard number == 0 || Self.sizes.contains(abs(number)) else {
            throw WorkflowError.refused(
                sentence: "'\(prefix)\(key)' is \(number); a number other than 0 must be from "
                    + "\(Self.sizes.lowerBound) to \(Self.sizes.upperBound) in size. "
                    + "Check its unit.")
        }
        return number
    }

    /// Far beyond any quantity of a patient; the range of a double leaves products of three room.
    private static let sizes = 1e-100 ... 1e100

    func string(_ key: String) throws -> String {
        guard let string = try optionalString(key) else { throw missing(key) }
        return string
    }

    func optionalString(_ key: String) throws -> String? {
        guard let value = values[key] else { return nil }
        guard case .string(let string) = value else { throw wrong(key, "a string", value) }
        return string
    }

    func array(_ key: String) throws -> [JSONValue] {
        guard let value = values[key] else { throw missing(key) }
        guard case .array(let array) = value else { throw wrong(key, "a list", value) }
        return array
    }

    /// A list of numbers.
    func numbers(_ key: String) throws -> [Double] {
        try array(key).enumerated().map { index, value in
            try number(value, "\(key)[\(index)]")
        }
    }

    /// The one of these keys that is there.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when none is, or more than one.
    func exactlyOne(of keys: [String]) throws -> String {
        let present = keys.filter(has)
        guard let only = present.first, present.count == 1 else {
            let names = keys.map { "'\($0)'" }.joined(separator: ", ")
            let found = present.isEmpty ? "none" : present.joined(separator: " and ")
            throw WorkflowError.refused(
                sentence: "Exactly one of \(names) must be given; there is \(found).")
        }
        return only
    }

    /// An instant with its zone.
    func time(_ key: String) throws -> ZonedTime {
        try ZonedTime(iso8601: try string(key), key: key)
    }

    private func missing(_ key: String) -> WorkflowError {
        .refused(sentence: "'\(prefix)\(key)' is missing.")
    }

    private func wrong(_ key: String, _ wanted: String, _ value: JSONValue) -> WorkflowError {
        .refused(sentence: "'\(prefix)\(key)' must be \(wanted), not \(value.kindName).")
    }
}

extension CalculationInput {
    /// The constants of this calculation; keys that are not given take the nuclide's defaults.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    func profile(defaultNuclide: Nuclide = .y90) throws -> ConventionProfile {
        let nuclide = try nuclide() ?? defaultNuclide
        let isHolmium = nuclide == .ho166
        do {
            return try ConventionProfile(
                name: "calculate", nuclide: nuclide,
                doseConstantGyKgPerGBq: optionalNumber("doseConstantGyKgPerGBq")
                    ?? (isHolmium ? 15.87 : 49.67),
                halfLife: TimeSpan(
                    hours: optionalNumber("halfLifeHours") ?? (isHolmium ? 26.8 : 64.1)),
                tissueDensityGPerML: optionalNumber("tissueDensityGPerML") ?? 1.03,
                lungMass: Mass(kilograms: optionalNumber("lungMassKg") ?? 1),
                source: "given to `grevy calculate`, or its defaults")
        } catch PhysicsError.notPositive(let quantity, let value) {
            throw WorkflowError.refused(
                sentence: "'\(quantity)' must be above 0 and finite, not \(value).")
        }
    }

    /// The nuclide that the input names, if it does.
    func nuclide() throws -> Nuclide? {
        guard let name = try optionalString("nuclide") else { return nil }
        guard let nuclide = Nuclide(rawValue: name), nuclide.isOfMicrospheres else {
            throw WorkflowError.refused(
                sentence: "'nuclide' must be \"Y-90\" or \"Ho-166\", not another.")
        }
        return nuclide
    }
}
