/// Reads JSON by the letter of RFC 8259 and names the key where it goes wrong.
///
/// Foundation's readers let a later duplicate win and may take a boolean for a number; here a
/// duplicate, `NaN`, a number beyond the range of `Double` and deep nesting are refused.
package enum StrictJSON {
    /// Longer documents of callers are refused; the largest sensible one is a few kilobytes.
    package static let maximumBytes = 1 << 20
    static let maximumDepth = 32

    /// Parses a document that somebody hands in.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    package static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        guard bytes.count <= maximumBytes else {
            throw WorkflowError.refused(
                sentence: "The input is larger than 1 MiB (\(maximumBytes) bytes).")
        }
        return try parse(kept: bytes)
    }

    /// Parses a document of any length that Grevy itself has written.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    static func parse(kept bytes: [UInt8]) throws -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw WorkflowError.refused(sentence: "The input is not UTF-8 text.")
        }
        var parser = StrictJSONParser(bytes: bytes)
        return try parser.document()
    }
}

/// One pass over the bytes of a document.
private struct StrictJSONParser {
    private let bytes: [UInt8]
    private var at = 0
    /// Keys and positions that lead to the value being read, for messages.
    private var path: [String] = []

    init(bytes: [UInt8]) {
        self.bytes = bytes
        // Editors on Windows put a byte order mark in front; it means nothing in UTF-8.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    }

    mutating func document() throws -> JSONValue {
        skipSpace()
        guard at < bytes.count else { throw refusal("The input is empty") }
        let value = try self.value(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw refusal("Something follows the JSON document") }
        return value
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth < StrictJSON.maximumDepth else { throw refusal("It is nested too deeply") }
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"): return try number()
        case let byte? where Self.isDigit(byte): return try number()
        default: return try word()
        }
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        at += 1
        var members: [JSONValue.Member] = []
        var seen: Set<String> = []
        skipSpace()
        if take("}") { return .object([]) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw refusal("A key is missing") }
            let key = try string()
            path.append(path.isEmpty ? key : ".\(key)")
            guard seen.insert(key).inserted else { throw refusal("The key stands there twice") }
            skipSpace()
            guard take(":") else { throw refusal("A colon is missing after the key") }
            skipSpace()
            members.append(.init(key, try value(depth: depth + 1)))
            path.removeLast()
            skipSpace()
        } while take(",")
        guard take("}") else { throw refusal("A comma or closing brace is missing") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        at += 1
        var values: [JSONValue] = []
        skipSpace()
        if take("]") { return .array([]) }
        repeat {
            path.append("[\(values.count)]")
            skipSpace()
            values.append(try value(depth: depth + 1))
            path.removeLast()
            skipSpace()
        } while take(",")
        guard take("]") else { throw refusal("A comma or closing bracket is missing") }
        return .array(values)
    }

    private mutating func word() throws -> JSONValue {
        let start = at
        while let byte = peek, Self.isWordByte(byte) { at += 1 }
        let word = String(decoding: bytes[start ..< at], as: UTF8.self)
        switch word {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        default: throw refusal("The value is not a JSON value")
        }
    }

    private mutating func number() throws -> JSONValue {
        let start = at
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        if let next = peek, Self.isWordByte(next) || next == UInt8(ascii: ".") {
            throw refusal("The value is not a JSON number")
        }
        let text = String(decoding: bytes[start ..< at], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw refusal("The number is out of range")
        }
        return .number(value)
    }

    private mutating func digits() throws {
        let start = at
        while let byte = peek, (0x30 ... 0x39).contains(byte) { at += 1 }
        guard at > start else { throw refusal("The value is not a JSON number") }
    }

    private mutating func string() throws -> String {
        at += 1
        var scalars = String.UnicodeScalarView()
        var plain = at
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                scalars.append(contentsOf: text(from: plain))
                at += 1
                return String(scalars)
            case UInt8(ascii: "\\"):
                scalars.append(contentsOf: text(from: plain))
                at += 1
                scalars.append(try escaped())
                plain = at
            case ..<0x20: throw refusal("A string holds a control character")
            default: at += 1
            }
        }
        throw refusal("A string does not end")
    }

    private func text(from start: Int) -> String.UnicodeScalarView {
        String(decoding: bytes[start ..< at], as: UTF8.self).unicodeScalars
    }

    private mutating func escaped() throws -> Unicode.Scalar {
        guard let byte = peek else { throw refusal("A string does not end") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw refusal("A string has an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws -> Unicode.Scalar {
        let first = try hexadecimal()
        guard (0xD800 ... 0xDBFF).contains(first) else {
            guard let scalar = Unicode.Scalar(first) else {
                throw refusal("A surrogate stands alone")
            }
            return scalar
        }
        guard take("\\"), take("u") else { throw refusal("A surrogate stands alone") }
        let second = try hexadecimal()
        guard (0xDC00 ... 0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw refusal("A surrogate stands alone") }
        return scalar
    }

    private mutating func hexadecimal() throws -> UInt32 {
        let digits = bytes[at...].prefix(4)
        guard digits.count == 4, digits.allSatisfy(Self.isHexadecimal),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw refusal("A string has a broken escape") }
        at += 4
        return value
    }

    private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let next = peek, UInt32(next) == character.value else { return false }
        at += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { at += 1 }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a") ... UInt8(ascii: "z")).contains(byte | 0x20)
            || (0x30 ... 0x39).contains(byte) || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30 ... 0x39).contains(byte) }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30 ... 0x39).contains(byte) || (0x61 ... 0x66).contains(byte | 0x20)
    }

    private func refusal(_ reason: String) -> WorkflowError {
        let line = bytes[..<min(at, bytes.count)].count { $0 == 0x0A } + 1
        let place = path.isEmpty ? "" : " at '\(path.joined())'"
        return .refused(sentence: "\(reason)\(place), line \(line) of the input.")
    }
}
