import Foundation

/// Writes data sets in the DICOM JSON model.
///
/// Meta group and group lengths are left out. Values longer than a limit are named by address.
///
/// Source: PS3.18 annex F.
package struct DicomJSON: Sendable {
    package private(set) var bytes: [UInt8] = []
    /// The address before the place of a value (``BulkPlace``); `nil` puts all values in.
    private let bulkAddress: String?
    private let longestInline: Int

    /// Binary values of at most this many bytes stand in the text.
    package static let usualInlineBytes = 1024

    /// - Parameters:
    ///   - bulkAddress: Where longer values are fetched, up to the place; `nil` puts them in.
    ///   - longestInline: The most bytes of a binary value in the text.
    package init(bulkAddress: String? = nil, longestInline: Int = usualInlineBytes) {
        (self.bulkAddress, self.longestInline) = (bulkAddress, longestInline)
    }

    /// Returns data sets as an array.
    package static func array(_ sets: some Sequence<DataSet>) -> [UInt8] {
        var json = DicomJSON()
        json.bytes.append(UInt8(ascii: "["))
        for (n, set) in sets.enumerated() {
            if n > 0 { json.bytes.append(UInt8(ascii: ",")) }
            json.append(set)
        }
        json.bytes.append(UInt8(ascii: "]"))
        return json.bytes
    }

    /// Appends one data set as an object.
    ///
    /// - Parameters:
    ///   - data: The data set.
    ///   - pixels: The element of its pixels, which is named by address; `nil` when there is none.
    package mutating func append(_ data: DataSet, pixels: Attribute? = nil) {
        append(data, at: "", pixels: pixels)
    }

    private mutating func append(_ data: DataSet, at place: String, pixels: Attribute? = nil) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for (tag, element) in data.elements.sorted(by: { $0.key < $1.key })
        where tag.group > 2 && tag.element != 0 {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            append(tag, element, at: place + tag.digits)
        }
        if let pixels, let bulkAddress {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            begin(pixels.tag, pixels.vr)
            appendAddress(bulkAddress + pixels.tag.digits)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// The element up to its VR.
    private mutating func begin(_ tag: Tag, _ vr: VR) {
        text("\"\(tag.digits)\":{\"vr\":\"\(vr.rawValue)\"")
    }

    private mutating func append(_ tag: Tag, _ element: DataSet.Element, at place: String) {
        begin(tag, element.vr)
        switch element.value {
        case .items(let items):
            appendList(items.enumerated().map { ($0, $1) }) { json, item in
                json.append(item.1, at: "\(place).\(item.0 + 1).")
            }
        case .bytes(let value) where value.isEmpty: break
        case .bytes(let value) where element.vr.isBinary:
            if let bulkAddress, value.count > longestInline {
                appendAddress(bulkAddress + place)
            } else {
                text(",\"InlineBinary\":\"\(Data(value).base64EncodedString())\"")
            }
        case .bytes(let value): appendValues(value, element.vr)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func appendAddress(_ address: String) {
        text(",\"BulkDataURI\":")
        quoted(Array(address.utf8))
    }

    private mutating func appendValues(_ value: [UInt8], _ vr: VR) {
        switch vr {
        case .AT, .FD, .FL, .SL, .SS, .SV, .UL, .US, .UV:
            appendList(Self.numbers(value, vr)) { $0.text($1) }
        default:
            let parts = TextValues.parts(of: value, isMultiValued: vr.isMultiValuedText)
            guard parts.contains(where: { !$0.isEmpty }) else { return }
            appendList(parts) { json, part in
                switch vr {
                case _ where part.isEmpty: json.text("null")
                case .PN: json.name(part)
                case .DS, .IS: json.number(part)
                default: json.quoted(part)
                }
            }
        }
    }

    private mutating func appendList<Value>(
        _ values: [Value], _ append: (inout DicomJSON, Value) -> Void
    ) {
        guard !values.isEmpty else { return }
        text(",\"Value\":[")
        for (n, value) in values.enumerated() {
            if n > 0 { bytes.append(UInt8(ascii: ",")) }
            append(&self, value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    // MARK: - Values

    private static let groups = ["Alphabetic", "Ideographic", "Phonetic"]

    private mutating func name(_ part: ArraySlice<UInt8>) {
        let groups = part.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for (title, group) in zip(Self.groups, groups) where !group.isEmpty {
            text("\(isFirst ? "" : ",")\"\(title)\":")
            quoted(group)
            isFirst = false
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// A number as it is written, where JSON writes it so too; text that is no number stays text.
    private mutating func number(_ part: ArraySlice<UInt8>) {
        if Self.isNumber(part) {
            bytes += part
        } else if let value = Double(String(decoding: part, as: UTF8.self)), value.isFinite {
            text("\(value)")
        } else {
            quoted(part)
        }
    }

    /// Whether bytes are a number of RFC 8259 §6.
    private static func isNumber(_ part: ArraySlice<UInt8>) -> Bool {
        var rest = part[...]
        func digits() -> Int {
            let count = rest.prefix { (0x30 ... 0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let leadingZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, !leadingZero || whole == 1 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                rest = rest.dropFirst()
            }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func numbers(_ value: [UInt8], _ vr: VR) -> [String] {
        switch vr {
        case .AT:
            words(value, 4).map { word in
                // Group and element are two words, each with its low byte first.
                Tag(UInt16(truncatingIfNeeded: word), UInt16(truncatingIfNeeded: word >> 16))
                    .digits
            }.map { "\"\($0)\"" }
        case .FD: words(value, 8).map { decimal(Double(bitPattern: $0)) { "\($0)" } }
        case .FL:
            words(value, 4).map {
                decimal(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) { "\($0)" }
            }
        case .SS: words(value, 2).map { "\(Int16(truncatingIfNeeded: $0))" }
        case .SL: words(value, 4).map { "\(Int32(truncatingIfNeeded: $0))" }
        case .SV: words(value, 8).map { "\(Int64(bitPattern: $0))" }
        case .US: words(value, 2).map { "\($0)" }
        case .UL: words(value, 4).map { "\($0)" }
        default: words(value, 8).map { "\($0)" }
        }
    }

    /// What is no number has a name in quotes.
    private static func decimal<Value: BinaryFloatingPoint>(
        _ value: Value, _ written: (Value) -> String
    ) -> String {
        if value.isNaN { return "\"NaN\"" }
        if value.isInfinite { return value > 0 ? "\"inf\"" : "\"-inf\"" }
        return written(value)
    }

    private static func words(_ value: [UInt8], _ width: Int) -> [UInt64] {
        stride(from: 0, to: value.count - value.count % width, by: width).map { start in
            (0 ..< width).reversed().reduce(0) { $0 << 8 | UInt64(value[start + $1]) }
        }
    }

    private mutating func text(_ text: String) { bytes += Array(text.utf8) }

    private mutating func quoted(_ part: some Collection<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        // What is no UTF-8 is repaired, or nobody could read the rest.
        let isPlain = part.allSatisfy { $0 < 0x80 }
        for byte in isPlain ? Array(part) : Array(String(decoding: part, as: UTF8.self).utf8) {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0 ..< 0x20:
                let digits = String(byte, radix: 16)
                text("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension Tag {
    /// Eight digits, as the DICOM JSON model names elements.
    package var digits: String {
        let number = UInt32(group) << 16 | UInt32(element)
        let text = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: 8 - text.count) + text
    }

    /// Takes eight hexadecimal digits; `nil` for anything else.
    package init?(digits: some StringProtocol) {
        guard digits.utf8.count == 8, digits.allSatisfy(\.isHexDigit),
            let number = UInt32(digits, radix: 16)
        else { return nil }
        self.init(UInt16(number >> 16), UInt16(number & 0xffff))
    }
}

extension VR {
    /// Whether values are bytes without a text of their own.
    fileprivate var isBinary: Bool {
        switch self {
        case .OB, .OD, .OF, .OL, .OV, .OW, .UN: true
        default: false
        }
    }
}
