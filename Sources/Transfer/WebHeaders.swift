/// Header lines in their order; names are the same in upper and lower case.
package struct WebHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package private(set) var lines: [Line] = []

    /// One of them.
    package struct Line: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        lines = elements.map { Line(name: $0.0, value: $0.1) }
    }

    /// The first value of that name; setting replaces all of them, `nil` removes them.
    package subscript(name: String) -> String? {
        get { lines.first { $0.name.lowercased() == name.lowercased() }?.value }
        set {
            lines.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { lines.append(Line(name: name, value: newValue)) }
        }
    }

    /// All values of that name.
    package func values(_ name: String) -> [String] {
        lines.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    package mutating func append(_ name: String, _ value: String) {
        lines.append(Line(name: name, value: value))
    }

    /// Reads the lines of an answer; its status line and folded lines count as none.
    init(answer text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":"), line.first?.isWhitespace == false else {
                continue
            }
            let value = line[line.index(after: colon)...]
            append(String(line[..<colon]), String(value.trimmingPrefix { $0 == " " || $0 == "\t" }))
        }
    }

    /// The lines as libcurl takes them.
    ///
    /// - Throws: ``TransferError/invalid(reason:)`` for a name or a value that would be more than
    ///   one header.
    func sent() throws -> [String] {
        try lines.map { line in
            let isName =
                !line.name.isEmpty
                && line.name.utf8.allSatisfy { byte in
                    (0x30 ... 0x39).contains(byte) || (0x41 ... 0x5a).contains(byte)
                        || (0x61 ... 0x7a).contains(byte) || byte == 0x2d || byte == 0x5f
                }
            let isValue = line.value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x09 }
            guard isName, isValue else {
                throw TransferError.invalid(
                    reason: "A header has a character that headers cannot have.")
            }
            return line.value.isEmpty ? "\(line.name);" : "\(line.name): \(line.value)"
        }
    }
}
