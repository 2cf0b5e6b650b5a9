import DICOM
import Foundation

/// A plan's JSON without names of people, dates as the export has them, and other identifiers.
///
/// Terms that the program itself writes stay; what somebody typed is cleaned as DICOM descriptions
/// are, so regions have the same names here as there. Digests go: they would tell who has the originals.
struct DeidentifiedDocument {
    private let pseudonym: Pseudonym
    /// Series UIDs by short id (`se-…`).
    private let series: [String: String]
    /// What somebody typed and what it becomes.
    private var names: [String: String] = [:]
    private var given: Set<String> = []

    init(_ pseudonym: Pseudonym, series: [String: String]) {
        (self.pseudonym, self.series) = (pseudonym, series)
    }

    /// Keys whose values come from the program's own lists.
    private static let ownTerms: Set<String> = [
        "schema", "code", "severity", "device", "density", "method", "nuclide", "kind", "role",
        "unit",
        "measure", "engine", "program", "version", "status", "tableDate", "used", "tumourEntity",
        "doseTo", "id", "decayData", "modality", "planMethod", "plan",
    ]
    /// Keys of who did something.
    private static let people: Set<String> = ["recordedBy", "acceptedBy"]
    /// Keys of sentences that the program writes round what somebody typed.
    private static let sentences: Set<String> = ["sentence", "what", "basis", "aim"]
    /// Keys of the program's own that hold values by names which somebody typed.
    private static let byName: Set<String> = [
        "dosePerInjectedGBqGy", "deliveredDosesGy", "deliveredDosesFourHoursLaterGy",
        "deliveredDosesFourHoursEarlierGy", "meanDosesGy", "values",
    ]

    /// Returns the document's bytes.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when it is no JSON.
    mutating func bytes(of document: [UInt8]) throws -> [UInt8] {
        let value = try StrictJSON.parse(kept: document)
        collect(value, key: "")
        return Array(try CanonicalJSON.encoded(try cleaned(value, key: "")))
    }

    private mutating func collect(_ value: JSONValue, key: String) {
        switch value {
        case .object(let members):
            for member in members {
                if Self.byName.contains(key) { name(member.key) }
                collect(member.value, key: member.key)
            }
        case .array(let values): for value in values { collect(value, key: key) }
        case .string(let text):
            let isTyped =
                !Self.ownTerms.contains(key) && !Self.people.contains(key)
                && !Self.sentences.contains(key) && !Self.isDigest(key)
                && key != "series" && !Self.isDate(text)
            if isTyped { name(text) }
        case .null, .bool, .number: break
        }
    }

    /// Gives a text that somebody typed another one that no other text has.
    private mutating func name(_ text: String) {
        guard names[text] == nil else { return }
        let plain = DescriptorWords.cleaned(text, identity: pseudonym.identity.all)
        let base = plain.isEmpty ? "unnamed" : plain
        var candidate = base
        var number = 2
        while given.contains(candidate) {
            candidate = "\(base) (\(number))"
            number += 1
        }
        given.insert(candidate)
        names[text] = candidate
    }

    private func cleaned(_ value: JSONValue, key: String) throws -> JSONValue {
        switch value {
        case .object(let members):
            let kept = members.filter {
                !Self.isDigest($0.key) && !Self.people.contains($0.key)
            }
            return .object(
                try kept.map { member in
                    let isName = Self.byName.contains(key)
                    return JSONValue.Member(
                        isName ? names[member.key] ?? "unnamed" : member.key,
                        try cleaned(member.value, key: member.key))
                })
        case .array(let values): return .array(try values.map { try cleaned($0, key: key) })
        case .string(let text): return .string(try cleaned(text, key: key))
        case .null, .bool, .number: return value
        }
    }

    private func cleaned(_ text: String, key: String) throws -> String {
        if key == "series" { return try series[text].map(pseudonym.uid) ?? "" }
        if Self.ownTerms.contains(key) { return text }
        if Self.isDate(text) { return pseudonym.moved(text) }
        guard Self.sentences.contains(key) else { return names[text] ?? "" }
        return holdsNames(text) ? "" : text
    }

    /// Whether a sentence says something that somebody typed and that does not stay as it is, or a word of
    /// the patient's identity.
    private func holdsNames(_ sentence: String) -> Bool {
        let changed = names.contains { $0.key != $0.value && sentence.contains($0.key) }
        return changed || !Pseudonym.words(of: sentence).isDisjoint(with: pseudonym.identity.all)
    }

    private static func isDigest(_ key: String) -> Bool {
        key == "digest" || key.hasSuffix("Digest")
    }

    private static func isDate(_ text: String) -> Bool {
        text.prefixMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}(?=$|T)/) != nil
    }
}
