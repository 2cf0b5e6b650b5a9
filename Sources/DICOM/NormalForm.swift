/// The one coding that crosses the border to DCMTK: Explicit VR little endian, defined lengths.
enum NormalForm {
    /// Nesting beyond this is refused; real objects stay below ten.
    static let maximumDepth = 64

    // MARK: Writing

    /// Returns the coded data set, elements by rising tag.
    ///
    /// - Throws: ``DicomError/malformed(reason:)`` when a value does not fit its VR.
    static func encoded(_ data: DataSet) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try append(data, to: &bytes)
        return bytes
    }

    /// Appends the coded data set; see ``encoded(_:)``.
    static func append(
        _ data: DataSet, to bytes: inout [UInt8], checkingValues: Bool = true
    ) throws {
        for (tag, element) in data.elements.sorted(by: { $0.key < $1.key }) {
            if let fault = data.faults[tag] {
                throw DicomError.malformed(reason: "\(tag) \(fault)")
            }
            try append(tag, element, to: &bytes, checkingValues)
        }
    }

    private static func append(
        _ tag: Tag, _ element: DataSet.Element, to bytes: inout [UInt8], _ checkingValues: Bool
    ) throws {
        append(Int(tag.group), 2, to: &bytes)
        append(Int(tag.element), 2, to: &bytes)
        bytes += Array(element.vr.rawValue.utf8)
        let width = element.vr.hasLongLength ? 4 : 2
        if element.vr.hasLongLength { append(0, 2, to: &bytes) }
        let lengthPosition = bytes.count
        append(0, width, to: &bytes)
        switch element.value {
        case .bytes(let value):
            if checkingValues { try ValueRules.check(value, tag: tag, vr: element.vr) }
            bytes += value
        case .items(let items):
            for item in items {
                append(0xfffe, 2, to: &bytes)
                append(0xe000, 2, to: &bytes)
                let itemPosition = bytes.count
                append(0, 4, to: &bytes)
                try append(item, to: &bytes, checkingValues: checkingValues)
                try setLength(at: itemPosition, width: 4, in: &bytes, of: tag)
            }
        }
        try setLength(at: lengthPosition, width: width, in: &bytes, of: tag)
    }

    /// Writes the number of bytes that follow the length field into it.
    private static func setLength(
        at position: Int, width: Int, in bytes: inout [UInt8], of tag: Tag
    ) throws {
        let length = bytes.count - position - width
        guard length <= (width == 2 ? 0xfffe : 0xffff_fffe), length % 2 == 0 else {
            throw DicomError.malformed(reason: "\(tag) cannot hold \(length) bytes")
        }
        for n in 0 ..< width {
            bytes[position + n] = UInt8(truncatingIfNeeded: length >> (8 * n))
        }
    }

    private static func append(_ value: Int, _ width: Int, to bytes: inout [UInt8]) {
        for n in 0 ..< width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * n))) }
    }

    // MARK: Reading

    /// Decodes a data set.
    ///
    /// - Throws: ``DicomError/malformed(reason:)`` at the first byte that breaks the coding.
    static func decoded(_ bytes: [UInt8]) throws -> DataSet {
        var reader = Reader(bytes: bytes)
        return try reader.dataSet(until: bytes.count, depth: 0)
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func dataSet(until end: Int, depth: Int) throws -> DataSet {
            guard depth <= NormalForm.maximumDepth else {
                throw DicomError.malformed(
                    reason: "sequences nested deeper than \(NormalForm.maximumDepth)")
            }
            var data = DataSet()
            while position < end {
                let tag = Tag(UInt16(try number(2, end)), UInt16(try number(2, end)))
                let code = String(
                    decoding: [UInt8(try number(1, end)), UInt8(try number(1, end))],
                    as: UTF8.self)
                let vr = VR(rawValue: code) ?? .UN
                if vr.hasLongLength { _ = try number(2, end) }
                let length = try number(vr.hasLongLength ? 4 : 2, end)
                guard length <= end - position else {
                    throw DicomError.malformed(reason: "\(tag) claims \(length) bytes")
                }
                let stop = position + length
                if vr == .SQ {
                    var items: [DataSet] = []
                    while position < stop {
                        _ = try number(4, stop)
                        let size = try number(4, stop)
                        guard size <= stop - position else {
                            throw DicomError.malformed(reason: "an item of \(tag) is too long")
                        }
                        items.append(try dataSet(until: position + size, depth: depth + 1))
                    }
                    data[tag] = DataSet.Element(vr: .SQ, value: .items(items))
                } else {
                    data[tag] = DataSet.Element(
                        vr: vr, value: .bytes(Array(bytes[position ..< stop])))
                    position = stop
                }
            }
            return data
        }

        private mutating func number(_ width: Int, _ end: Int) throws -> Int {
            guard width <= end - position else {
                throw DicomError.malformed(reason: "an element is cut off")
            }
            var value = 0
            for n in (0 ..< width).reversed() { value = value << 8 | Int(bytes[position + n]) }
            position += width
            return value
        }
    }
}
