import DICOM
import Foundation

/// What a search found, as another server describes it: values of attributes in the DICOM JSON model.
///
/// Only texts, numbers and names are read, and none is believed to be what its attribute wants.
///
/// Source: PS3.18 annex F.
struct WebMatch: Decodable {
    private struct Element: Decodable {
        let values: [Value]

        private enum Key: String, CodingKey { case values = "Value" }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            values = try fields.decodeIfPresent([Value].self, forKey: .values) ?? []
        }
    }

    private enum Value: Decodable {
        case text(String)
        case number(Double)
        case other

        private struct Name: Decodable {
            let alphabetic: String?
            private enum CodingKeys: String, CodingKey { case alphabetic = "Alphabetic" }
        }

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                self = .text(text)
            } else if let number = try? value.decode(Double.self) {
                self = .number(number)
            } else if let text = (try? value.decode(Name.self))?.alphabetic {
                self = .text(text)
            } else {
                self = .other
            }
        }
    }

    private let elements: [String: Element]

    /// The longest text that is kept, in characters; no list shows more.
    private static let longestText = 256

    init(from decoder: any Decoder) throws {
        elements = try decoder.singleValueContainer().decode([String: Element].self)
    }

    /// Reads an answer to a search.
    ///
    /// - Throws: `DecodingError`.
    static func list(_ body: Data) throws -> [WebMatch] {
        body.isEmpty ? [] : try JSONDecoder().decode([WebMatch].self, from: body)
    }

    private func values(_ attribute: Attribute) -> [Value] {
        elements[attribute.tag.digits]?.values ?? []
    }

    /// The texts of an attribute, each cut where it is too long for any list.
    func strings(_ attribute: Attribute) -> [String] {
        values(attribute).compactMap { value in
            guard case .text(let text) = value else { return nil }
            return String(text.prefix(Self.longestText))
        }
    }

    func string(_ attribute: Attribute) -> String { strings(attribute).first ?? "" }

    /// A count; some servers write it as text.
    func count(_ attribute: Attribute) -> Int? {
        switch values(attribute).first {
        case .number(let number): Int(exactly: number)
        case .text(let text): Int(text)
        case .other, nil: nil
        }
    }

    /// A UID; `nil` for what cannot be one.
    func uid(_ attribute: Attribute) -> String? {
        let text = string(attribute)
        return text.isPlainUID ? text : nil
    }

    /// What became of instances, as STOW-RS answers: items of a sequence.
    static func items(_ attribute: Attribute, in body: Data) -> [WebMatch] {
        struct Sequence: Decodable {
            let items: [WebMatch]?
            private enum CodingKeys: String, CodingKey { case items = "Value" }
        }
        // Attributes of other kinds have no such items.
        struct Lenient: Decodable {
            let items: [WebMatch]
            init(from decoder: any Decoder) throws {
                items = (try? Sequence(from: decoder))?.items ?? []
            }
        }
        let answer = try? JSONDecoder().decode([String: Lenient].self, from: body)
        return answer?[attribute.tag.digits]?.items ?? []
    }
}

extension String {
    /// Whether it is written as a UID (PS3.5 §9.1).
    var isPlainUID: Bool { wholeMatch(of: /[0-9.]{1,64}/) != nil }
}

extension NodeClient.RemoteStudy {
    /// `nil` for a match that names no study.
    init?(_ match: WebMatch) {
        guard let uid = match.uid(.studyInstanceUID) else { return nil }
        self.init(
            studyUID: uid, patientID: match.string(.patientID),
            patientName: match.string(.patientName), birthDate: match.string(.patientBirthDate),
            date: match.string(.studyDate), description: match.string(.studyDescription),
            accessionNumber: match.string(.accessionNumber),
            modalities: match.strings(.modalitiesInStudy).filter { !$0.isEmpty },
            instances: match.count(.numberOfStudyRelatedInstances))
    }
}
