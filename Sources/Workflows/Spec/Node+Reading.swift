import Yams

extension Node {
    /// Reads a document; every YAML text goes through here.
    ///
    /// A few lines of anchors and aliases that name each other stand for gigabytes, so a text that
    /// uses both for one name is not given to the parser at all. Quotes are not looked at: an alias
    /// without its anchor is an error anyway, and nobody needs both in text.
    ///
    /// - Returns: The top of the document; `nil` when it is empty.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a name stands as `&name` and as `*name`;
    ///   `YamlError`.
    static func document(_ yaml: String) throws -> Node? {
        if let name = repeatedName(in: yaml) {
            throw WorkflowError.refused(
                sentence: "'&\(name)' and '*\(name)' make one part of the file stand in several "
                    + "places, which is not read here; write the part out where it is needed.")
        }
        return try Yams.compose(yaml: yaml)
    }

    /// The first name that stands behind both signs.
    private static func repeatedName(in yaml: String) -> String? {
        var anchors: Set<[UInt8]> = []
        var aliases: Set<[UInt8]> = []
        var sign: UInt8?
        var name: [UInt8] = []
        for byte in Array(yaml.utf8) + [UInt8(ascii: " ")] {
            if sign != nil, isOfName(byte) {
                name.append(byte)
                continue
            }
            if let sign, !name.isEmpty {
                let isAnchor = sign == UInt8(ascii: "&")
                if isAnchor { anchors.insert(name) } else { aliases.insert(name) }
                if (isAnchor ? aliases : anchors).contains(name) {
                    return String(decoding: name.prefix(longestShown), as: UTF8.self)
                }
            }
            name = []
            sign = byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") ? byte : nil
        }
        return nil
    }

    private static let longestShown = 40

    /// Letters, digits, `_` and `-`, as the parser takes names of anchors.
    private static func isOfName(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a") ... UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0") ... UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}
