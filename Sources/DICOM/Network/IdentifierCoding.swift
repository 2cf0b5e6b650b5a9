import CDicomShim

/// Data sets of queries and notifications, as they travel: little endian, Implicit or Explicit VR.
///
/// Without the data dictionary an Implicit VR element is read as UN, which ``DataSet`` takes for what
/// the asked-for attribute is, or as a sequence when its value begins with an item.
enum IdentifierCoding {
    /// Bytes and elements of one data set that are read; real ones have some hundred bytes.
    static let longest = 4 << 20
    private static let mostElements = 100_000

    private static let item = Tag(0xfffe, 0xe000)
    private static let itemEnd = Tag(0xfffe, 0xe00d)
    private static let sequenceEnd = Tag(0xfffe, 0xe0dd)
    private static let undefined = 0xffff_ffff

    /// Returns the coded data set.
    ///
    /// - Throws: ``DicomError/malformed(reason:)`` when a value does not fit its VR.
    static func encoded(_ data: DataSet, syntax: String) throws -> [UInt8] {
        if syntax == TransferSyntax.explicitVRLittleEndian {
            return try NormalForm.encoded(data)
        }
        // What cannot be written as Explicit VR is refused here, too.
        _ = try NormalForm.encoded(data)
        var bytes: [UInt8] = []
        appendImplicit(data, to: &bytes)
        return bytes
    }

    private static func appendImplicit(_ data: DataSet, to bytes: inout [UInt8]) {
        for (tag, element) in data.elements.sorted(by: { $0.key < $1.key }) {
            append(tag, to: &bytes)
            let start = bytes.count
            append(0, 4, to: &bytes)
            switch element.value {
            case .bytes(let value): bytes += value
            case .items(let items):
                for content in items {
                    append(item, to: &bytes)
                    let itemStart = bytes.count
                    append(0, 4, to: &bytes)
                    appendImplicit(content, to: &bytes)
                    setLength(at: itemStart, in: &bytes)
                }
            }
            setLength(at: start, in: &bytes)
        }
    }

    private static func append(_ tag: Tag, to bytes: inout [UInt8]) {
        append(Int(tag.group), 2, to: &bytes)
        append(Int(tag.element), 2, to: &bytes)
    }

    private static func append(_ value: Int, _ width: Int, to bytes: inout [UInt8]) {
        for n in 0 ..< width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * n))) }
    }

    private static func setLength(at position: Int, in bytes: inout [UInt8]) {
        let length = bytes.count - position - 4
        for n in 0 ..< 4 { bytes[position + n] = UInt8(truncatingIfNeeded: length >> (8 * n)) }
    }

    // MARK: Reading

    /// Decodes a data set; text comes out as UTF-8.
    ///
    /// - Throws: ``DicomError/malformed(reason:)`` at the first byte that breaks the coding.
    static func decoded(_ bytes: [UInt8], syntax: String) throws -> DataSet {
        guard bytes.count <= longest else {
            throw DicomError.limitExceeded(what: "an identifier of \(bytes.count) bytes")
        }
        var reader = Reader(
            bytes: bytes, isExplicit: syntax == TransferSyntax.explicitVRLittleEndian)
        let data = try reader.dataSet(until: bytes.count, depth: 0)
        return UnicodeText.converted(data)
    }

    private struct Reader {
        let bytes: [UInt8]
        let isExplicit: Bool
        var position = 0
        var left = mostElements

        /// Reads elements up to `end` or, in an item without a length, to its mark.
        mutating func dataSet(until end: Int, depth: Int, isOpen: Bool = false) throws -> DataSet {
            guard depth <= NormalForm.maximumDepth else { throw damage("nested too deep") }
            var data = DataSet()
            while position < end {
                let tag = try nextTag(end)
                if isOpen, tag == itemEnd {
                    _ = try number(4, end)
                    return data
                }
                left -= 1
                guard left > 0 else { throw damage("too many elements") }
                let (vr, length) = try head(end)
                let element = try value(vr: vr, length: length, end: end, depth: depth)
                // Group lengths say nothing that is not known.
                if tag.element != 0 { data[tag] = element }
            }
            guard !isOpen else { throw damage("an item that does not end") }
            return data
        }

        private mutating func head(_ end: Int) throws -> (vr: VR, length: Int) {
            guard isExplicit else { return (.UN, try number(4, end)) }
            let code = String(
                decoding: [UInt8(try number(1, end)), UInt8(try number(1, end))], as: UTF8.self)
            guard let vr = VR(rawValue: code) else { throw damage("an unknown VR") }
            if vr.hasLongLength { _ = try number(2, end) }
            return (vr, try number(vr.hasLongLength ? 4 : 2, end))
        }

        private mutating func value(
            vr: VR, length: Int, end: Int, depth: Int
        ) throws -> DataSet.Element {
            if length == undefined {
                guard vr == .SQ || vr == .UN else { throw damage("a value without a length") }
                return DataSet.Element(
                    vr: .SQ, value: .items(try items(until: end, depth: depth, isOpen: true)))
            }
            guard length <= end - position else { throw damage("a value that is cut off") }
            let stop = position + length
            let isSequence = vr == .SQ || (!isExplicit && beginsWithItem(stop))
            if isSequence {
                return DataSet.Element(
                    vr: .SQ, value: .items(try items(until: stop, depth: depth, isOpen: false)))
            }
            defer { position = stop }
            return DataSet.Element(vr: vr, value: .bytes(Array(bytes[position ..< stop])))
        }

        private func beginsWithItem(_ stop: Int) -> Bool {
            stop - position >= 8
                && bytes[position ..< position + 4].elementsEqual([254, 255, 0, 224])
        }

        private mutating func items(until end: Int, depth: Int, isOpen: Bool) throws -> [DataSet] {
            var items: [DataSet] = []
            while position < end {
                let tag = try nextTag(end)
                let length = try number(4, end)
                if isOpen, tag == sequenceEnd { return items }
                guard tag == item else { throw damage("a sequence of something else than items") }
                left -= 1
                guard left > 0 else { throw damage("too many items") }
                if length == undefined {
                    items.append(try dataSet(until: end, depth: depth + 1, isOpen: true))
                    continue
                }
                guard length <= end - position else { throw damage("an item that is cut off") }
                items.append(try dataSet(until: position + length, depth: depth + 1))
            }
            guard !isOpen else { throw damage("a sequence that does not end") }
            return items
        }

        private mutating func nextTag(_ end: Int) throws -> Tag {
            Tag(UInt16(try number(2, end)), UInt16(try number(2, end)))
        }

        private mutating func number(_ width: Int, _ end: Int) throws -> Int {
            guard width <= end - position else { throw damage("an element that is cut off") }
            var value = 0
            for n in (0 ..< width).reversed() { value = value << 8 | Int(bytes[position + n]) }
            position += width
            return value
        }

        private func damage(_ what: String) -> DicomError {
            .malformed(reason: "an identifier has \(what)")
        }
    }
}

/// Text of any character set (PS3.5 §6.1) as UTF-8, by the shim, value by value.
enum UnicodeText {
    /// Returns the data set with all text that is not ASCII converted.
    static func converted(_ data: DataSet, inherited: String = "") -> DataSet {
        let characterSet =
            data.contains(.specificCharacterSet)
            ? data.strings(.specificCharacterSet).joined(separator: "\\") : inherited
        var result = data
        for (tag, element) in data.elements {
            switch element.value {
            case .items(let items):
                result[tag] = DataSet.Element(
                    vr: element.vr,
                    value: .items(items.map { converted($0, inherited: characterSet) }))
            case .bytes(let bytes):
                guard isText(element.vr), bytes.contains(where: { $0 >= 0x80 || $0 == 0x1b })
                else { continue }
                let isName = element.vr == .PN || (element.vr == .UN && tag.isPersonName)
                result[tag] = DataSet.Element(
                    vr: element.vr, value: .bytes(utf8(bytes, characterSet, isName: isName)))
            }
        }
        if data.contains(.specificCharacterSet) { result.set(.specificCharacterSet, "ISO_IR 192") }
        return result
    }

    private static func isText(_ vr: VR) -> Bool {
        switch vr {
        case .LO, .LT, .PN, .SH, .ST, .UC, .UT, .UN: true
        default: false
        }
    }

    private static func utf8(_ text: [UInt8], _ characterSet: String, isName: Bool) -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        var count = 0
        // C reads both texts during the call; what it allocates is copied and freed here.
        let status = unsafe text.withUnsafeBufferPointer { buffer in
            unsafe dcm_utf8(
                characterSet, buffer.baseAddress, buffer.count, isName ? 1 : 0, &start, &count)
        }
        guard status == DCM_OK else { return text.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") } }
        defer { unsafe dcm_free(start) }
        var bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
        if bytes.count % 2 == 1 { bytes.append(UInt8(ascii: " ")) }
        return bytes
    }
}

extension Tag {
    /// Whether an element whose VR does not travel is a name of a person that queries ask for.
    fileprivate var isPersonName: Bool {
        [.patientName, .referringPhysicianName, .performingPhysicianName, .operatorsName]
            .contains { (attribute: Attribute) in attribute.tag == self }
    }
}
