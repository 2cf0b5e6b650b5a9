import Hummingbird

/// A media type that a client takes, or a range of them, with its parameters.
///
/// Source: RFC 9110 §12.5.1.
struct MediaRange: Hashable, Sendable {
    /// In small letters: `multipart/related`, `image/*`, `*/*`.
    let type: String
    /// Names in small letters, values without quotes.
    let parameters: [String: String]

    /// Everything, as who says nothing takes it.
    static let everything = MediaRange(type: "*/*", parameters: [:])

    /// Whether a type is within the range.
    func takes(_ other: String) -> Bool {
        if type == "*/*" || type == other { return true }
        let ends = type.split(separator: "/", maxSplits: 1)
        return ends.count == 2 && ends[1] == "*" && other.hasPrefix("\(ends[0])/")
    }

    /// Whether `multipart/related` with parts of a type is within the range; its `type` may be a
    /// range too, as dicomweb-client has it for bulk data.
    func takesParts(_ part: String) -> Bool {
        guard takes("multipart/related") else { return false }
        guard let type = parameters["type"] else { return true }
        return MediaRange(type)?.takes(part) ?? false
    }

    /// Takes one media type with its parameters, as `Content-Type` has it.
    init?(_ text: some StringProtocol) {
        let parts = Self.split(Substring(text), at: ";").map(Self.trimmed)
        guard let first = parts.first?.lowercased(),
            first.wholeMatch(of: /[!-.0-~]+\/[!-.0-~]+/) != nil
        else { return nil }
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            let name = Self.trimmed(pair[0]).lowercased()
            parameters[name] = Self.unquoted(Self.trimmed(pair[1]))
        }
        (type, self.parameters) = (first, parameters)
    }

    private init(type: String, parameters: [String: String]) {
        (self.type, self.parameters) = (type, parameters)
    }

    /// Takes a list, the best first; what is not wanted at all is left out.
    static func list(_ text: String) -> [MediaRange] {
        let ranges = split(text[...], at: ",").compactMap { MediaRange($0) }
        return ranges.enumerated().filter { $0.element.quality > 0 }.sorted {
            ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset)
        }.map(\.element)
    }

    private var quality: Double {
        parameters["q"].map { Double($0).map { min(max($0, 0), 1) } ?? 0 } ?? 1
    }

    /// Splits outside of quotes.
    private static func split(_ text: Substring, at separator: Character) -> [Substring] {
        var parts: [Substring] = []
        var (start, isQuoted, isEscaped) = (text.startIndex, false, false)
        for place in text.indices {
            let character = text[place]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == separator, !isQuoted {
                parts.append(text[start ..< place])
                start = text.index(after: place)
            }
        }
        return parts + [text[start...]]
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        var rest = text.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    private static func unquoted(_ text: Substring) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return String(text) }
        var (result, isEscaped) = ("", false)
        for character in text.dropFirst().dropLast() {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                result.append(character)
                isEscaped = false
            }
        }
        return result
    }
}

extension Call {
    /// What the client takes, the best first: by the field `accept` of the address where there is
    /// one, for clients that cannot set headers (PS3.18 §8.3.3.1).
    var accepted: [MediaRange] {
        get throws {
            let header = request.headers[values: .accept].joined(separator: ",")
            let text = try queryFields.first { $0.name == "accept" }?.value ?? header
            guard !text.isEmpty else { return [.everything] }
            return MediaRange.list(text)
        }
    }

    /// The fields after the question mark in their order; a name may come more than once.
    var queryFields: [(name: String, value: String)] {
        get throws { try FormBody.pairs(Array((request.uri.query ?? "").utf8)) }
    }
}
