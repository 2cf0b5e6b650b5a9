/// A DICOM data set: elements by tag, nested items included, without any file around it.
///
/// Reading is lenient (a missing or unreadable value is `nil`), writing goes through
/// ``Attribute`` and is strict about the VR.
package struct DataSet: Hashable, Sendable {
    /// One element's VR and value.
    package struct Element: Hashable, Sendable {
        package let vr: VR
        package let value: Value
    }

    /// A value: bytes as Explicit VR little endian has them, or the items of a sequence.
    package enum Value: Hashable, Sendable {
        case bytes([UInt8])
        case items([DataSet])
    }

    package private(set) var elements: [Tag: Element]

    /// Values that were set but that their VR cannot hold; a set with faults is not written.
    package private(set) var faults: [Tag: String]

    package init() {
        elements = [:]
        faults = [:]
    }

    package subscript(tag: Tag) -> Element? {
        get { elements[tag] }
        set {
            elements[tag] = newValue
            faults[tag] = nil
        }
    }

    /// Whether the attribute is present, with or without a value.
    package func contains(_ attribute: Attribute) -> Bool { elements[attribute.tag] != nil }

    /// About what the data set takes in memory, in bytes.
    package var approximateByteCount: Int {
        elements.values.reduce(0) { sum, element in
            switch element.value {
            case .bytes(let bytes): sum + bytes.count + Self.bytesPerElement
            case .items(let items):
                items.reduce(sum + Self.bytesPerElement) { $0 + $1.approximateByteCount }
            }
        }
    }

    /// A place in the dictionary and the head of an array.
    private static let bytesPerElement = 96

    /// Whether a value has bytes beyond ASCII, for which a character set must be stated.
    var hasOtherThanASCII: Bool {
        elements.values.contains { element in
            switch element.value {
            case .bytes(let bytes): element.vr.isText && bytes.contains { $0 >= 0x80 }
            case .items(let items): items.contains(where: \.hasOtherThanASCII)
            }
        }
    }

    /// Removes an attribute.
    package mutating func remove(_ attribute: Attribute) { self[attribute.tag] = nil }
}

// MARK: - Reading

extension DataSet {
    /// The raw bytes of a value; `nil` when absent or a sequence.
    package func bytes(_ attribute: Attribute) -> [UInt8]? {
        guard case .bytes(let bytes)? = elements[attribute.tag]?.value else { return nil }
        return bytes
    }

    /// The items of a sequence; empty when absent.
    package func items(_ attribute: Attribute) -> [DataSet] {
        guard case .items(let items)? = elements[attribute.tag]?.value else { return [] }
        return items
    }

    /// All text values, padding removed; empty when absent.
    package func strings(_ attribute: Attribute) -> [String] {
        guard let element = elements[attribute.tag], case .bytes(let bytes) = element.value,
            !bytes.isEmpty
        else { return [] }
        // A value that arrived as UN is split as the dictionary says.
        let vr = element.vr == .UN ? attribute.vr : element.vr
        return TextValues.parts(of: bytes, isMultiValued: vr.isMultiValuedText)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The first text value; `nil` when absent or empty.
    package func string(_ attribute: Attribute) -> String? {
        guard let first = strings(attribute).first, !first.isEmpty else { return nil }
        return first
    }

    /// All numbers, from text or binary VRs; `nil` when one of them is not a number.
    package func decimals(_ attribute: Attribute) -> [Double]? {
        guard let element = elements[attribute.tag], case .bytes(let bytes) = element.value else {
            return nil
        }
        return BinaryNumbers.decimals(bytes, vr: element.vr == .UN ? attribute.vr : element.vr)
    }

    /// The first number; `nil` when absent, empty or not a number.
    package func decimal(_ attribute: Attribute) -> Double? { decimals(attribute)?.first }

    /// The first whole number; `nil` when absent, empty or not whole.
    package func integer(_ attribute: Attribute) -> Int? {
        decimal(attribute).flatMap { Int(exactly: $0) }
    }

    /// All whole numbers; `nil` when one of them is not whole.
    package func integers(_ attribute: Attribute) -> [Int]? {
        guard let numbers = decimals(attribute) else { return nil }
        let whole = numbers.compactMap { Int(exactly: $0) }
        return whole.count == numbers.count ? whole : nil
    }
}

// MARK: - Writing

extension DataSet {
    /// Sets text values.
    package mutating func set(_ attribute: Attribute, _ values: [String]) {
        precondition(attribute.vr.isText, "\(attribute.tag) is \(attribute.vr), not text")
        setBytes(attribute, Array(values.joined(separator: "\\").utf8))
    }

    /// Sets one text value.
    package mutating func set(_ attribute: Attribute, _ value: String) { set(attribute, [value]) }

    /// Sets whole numbers, in the coding of the attribute's VR.
    ///
    /// A number that the VR cannot hold leaves the attribute empty and a fault, with which
    /// ``DicomWriter`` refuses the data set.
    package mutating func set(_ attribute: Attribute, _ values: [Int]) {
        setCoded(attribute, BinaryNumbers.encoded(values, vr: attribute.vr))
    }

    /// Sets one whole number.
    package mutating func set(_ attribute: Attribute, _ value: Int) { set(attribute, [value]) }

    /// Sets decimal numbers; as DS in the most exact form that fits 16 characters.
    ///
    /// A number that the VR cannot hold (not finite, as text) leaves a fault.
    package mutating func set(_ attribute: Attribute, _ values: [Double]) {
        setCoded(attribute, BinaryNumbers.encoded(values, vr: attribute.vr))
    }

    /// Sets one decimal number.
    package mutating func set(_ attribute: Attribute, _ value: Double) { set(attribute, [value]) }

    /// Sets the items of a sequence.
    package mutating func set(_ attribute: Attribute, _ items: [DataSet]) {
        precondition(attribute.vr == .SQ, "\(attribute.tag) is \(attribute.vr), not a sequence")
        self[attribute.tag] = Element(vr: .SQ, value: .items(items))
    }

    /// Sets an attribute without a value (type 2).
    package mutating func setEmpty(_ attribute: Attribute) {
        self[attribute.tag] = Element(
            vr: attribute.vr, value: attribute.vr == .SQ ? .items([]) : .bytes([]))
    }

    /// Sets raw bytes, padded to even length.
    package mutating func setBytes(_ attribute: Attribute, _ bytes: [UInt8]) {
        var padded = bytes
        if padded.count % 2 == 1 { padded.append(attribute.vr.padding) }
        self[attribute.tag] = Element(vr: attribute.vr, value: .bytes(padded))
    }

    private mutating func setCoded(_ attribute: Attribute, _ bytes: [UInt8]?) {
        setBytes(attribute, bytes ?? [])
        if bytes == nil {
            faults[attribute.tag] = "was given a number that \(attribute.vr) cannot hold"
        }
    }
}
