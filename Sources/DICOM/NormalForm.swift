/// The one coding that crosses the border to DCMTK: Explicit VR little endian, defined lengths.
enum NormalForm {
    /// Nesting beyond this is refused; real objects stay below ten.
    static let maximumDepth = 64

    // MARK: Writing

    /// Returns the coded data set, elements by rising tag.
    static func encoded(_ data: DataSet) -> [UInt8] {
        var bytes: [UInt8] = []
        for (tag, element) in data.elements.sorted(by: { $0.key < $1.key }) {
            append(tag, element, to: &bytes)
        }
        return bytes
    }

    private static func append(_ tag: Tag, _ element: DataSet.Element, to bytes: inout [UInt8]) {
        var payload: [UInt8] = []
        switch element.value {
        case .bytes(let value): payload = value
        case .items(let items):
            for item in items {
                let content = encoded(item)
                append(0xfffe, 2, to: &payload)
                append(0xe000, 2, to: &payload)
                append(content.count, 4, to: &payload)
                payload += content
            }
        }
        append(Int(tag.group), 2, to: &bytes)
        append(Int(tag.element), 2, to: &bytes)
        bytes += Array(element.vr.rawValue.utf8)
        if element.vr.hasLongLength {
            append(0, 2, to: &bytes)
            append(payload.count, 4, to: &bytes)
        } else {
            precondition(payload.count <= 0xfffe, "\(tag) is too long for \(element.vr)")
            append(payload.count, 2, to: &bytes)
        }
        bytes += payload
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
