/// The colours that an image's stored values stand for (PS3.3 §C.7.6.3.1.5, §C.7.9).
package struct ColourPalette: Hashable, Sendable {
    /// The stored value of the first entry; lower ones have its colour too.
    private let firstValue: Int
    /// Red, green and blue, 0 to 255, entry by entry; the last is that of all higher values.
    private let colours: [UInt8]

    /// More entries a descriptor cannot say.
    private static let mostEntries = 1 << 16

    /// Reads the three tables of an image, plain or segmented.
    ///
    /// - Throws: ``DicomError/malformed(reason:)`` for tables that are missing, too short or of
    ///   different sizes.
    package init(_ header: DataSet) throws {
        let isSigned = header.integer(.pixelRepresentation) == 1
        let tables = try Self.parts.map { try Self.table($0, header) }
        guard let count = tables.map(\.entries.count).min(), count > 0,
            tables.allSatisfy({ $0.entries.count == count && $0.first == tables[0].first })
        else { throw Self.malformed("its three tables differ") }
        // The descriptor's VR is the pixels', but not every writer knows.
        let first = tables[0].first & 0xffff
        firstValue = isSigned && first >= 0x8000 ? first - 0x10000 : first
        // Entries that say 16 bits and use 8 of them are of 8 bits.
        let shift = tables.contains { $0.entries.contains { $0 > 0xff } } ? 8 : 0
        colours = (0 ..< count).flatMap { entry in
            tables.map { UInt8(clamping: $0.entries[entry] >> shift) }
        }
    }

    /// Red, green and blue of stored values, three bytes each.
    package func rgb(_ values: [Double]) -> [UInt8] {
        let last = colours.count / 3 - 1
        var rgb: [UInt8] = []
        rgb.reserveCapacity(3 * values.count)
        for value in values {
            let entry = 3 * min(max(Int(value) - firstValue, 0), last)
            rgb.append(colours[entry])
            rgb.append(colours[entry + 1])
            rgb.append(colours[entry + 2])
        }
        return rgb
    }

    private struct Part {
        let descriptor, data, segments: Attribute
    }

    private static let parts = [
        Part(
            descriptor: .redPaletteColorLookupTableDescriptor,
            data: .redPaletteColorLookupTableData,
            segments: .segmentedRedPaletteColorLookupTableData),
        Part(
            descriptor: .greenPaletteColorLookupTableDescriptor,
            data: .greenPaletteColorLookupTableData,
            segments: .segmentedGreenPaletteColorLookupTableData),
        Part(
            descriptor: .bluePaletteColorLookupTableDescriptor,
            data: .bluePaletteColorLookupTableData,
            segments: .segmentedBluePaletteColorLookupTableData),
    ]

    private static func malformed(_ reason: String) -> DicomError {
        .malformed(reason: "the palette of colours cannot be read: \(reason)")
    }

    private static func table(
        _ part: Part, _ header: DataSet
    ) throws -> (first: Int, entries: [Int]) {
        guard let descriptor = header.integers(part.descriptor), descriptor.count == 3,
            descriptor[2] == 8 || descriptor[2] == 16
        else { throw malformed("a table has no descriptor") }
        let stated = descriptor[0] & 0xffff
        let count = stated == 0 ? mostEntries : stated
        let entries: [Int]
        if let bytes = header.bytes(part.data) {
            // Some writers give entries of 8 bits a word each.
            let isWide = descriptor[2] == 16 || bytes.count >= 2 * count
            let all = numbers(bytes, isWide: isWide)
            entries = descriptor[2] == 8 ? all.map { $0 & 0xff } : all
        } else if let bytes = header.bytes(part.segments) {
            entries = try expanded(numbers(bytes, isWide: descriptor[2] == 16), descriptor[2])
        } else {
            throw malformed("a table is missing")
        }
        guard entries.count >= count else { throw malformed("a table is too short") }
        return (descriptor[1], Array(entries.prefix(count)))
    }

    private static func numbers(_ bytes: [UInt8], isWide: Bool) -> [Int] {
        guard isWide else { return bytes.map(Int.init) }
        return stride(from: 0, to: bytes.count - 1, by: 2).map {
            Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8
        }
    }

    /// Expands segments: given, linear, or an earlier run of segments again (PS3.3 §C.7.9.2).
    ///
    /// Each segment adds an entry at least, so that the most entries bound the work too.
    private static func expanded(_ numbers: [Int], _ bits: Int) throws -> [Int] {
        var entries: [Int] = []
        var at = 0
        // A padding byte is no segment.
        while at + 2 < numbers.count {
            if numbers[at] == 2 {
                at = try repeated(numbers, at, bits, &entries)
            } else {
                at = try segment(numbers, at, &entries)
            }
        }
        return entries
    }

    /// Takes the segment at a place; returns the place of the next.
    private static func segment(
        _ numbers: [Int], _ at: Int, _ entries: inout [Int]
    ) throws -> Int {
        guard at >= 0, at + 2 < numbers.count else { throw malformed("a segment is cut off") }
        let length = numbers[at + 1]
        guard length > 0 else { throw malformed("a segment adds nothing") }
        guard entries.count + length <= mostEntries else { throw malformed("it is too long") }
        switch numbers[at] {
        case 0:
            guard at + 2 + length <= numbers.count else { throw malformed("a segment is cut off") }
            entries += numbers[at + 2 ..< at + 2 + length]
            return at + 2 + length
        case 1:
            guard let start = entries.last else { throw malformed("a line begins nowhere") }
            let rise = Double(numbers[at + 2] - start) / Double(length)
            entries += (1 ... length).map {
                Int((Double(start) + rise * Double($0)).rounded())
            }
            return at + 3
        default: throw malformed("a segment of an unknown kind")
        }
    }

    private static func repeated(
        _ numbers: [Int], _ at: Int, _ bits: Int, _ entries: inout [Int]
    ) throws -> Int {
        guard numbers[at + 1] > 0 else { throw malformed("a segment adds nothing") }
        // The place is 32 bits: two words, or four bytes.
        let (parts, width) = bits == 8 ? (4, 8) : (2, 16)
        guard at + 2 + parts <= numbers.count else { throw malformed("a segment is cut off") }
        let offset = (0 ..< parts).reduce(0) { $0 | numbers[at + 2 + $1] << (width * $1) }
        // Bytes from the start of the table (PS3.3 §C.7.9.2.3).
        var place = bits == 8 ? offset : offset / 2
        for _ in 0 ..< numbers[at + 1] {
            guard place < at else { throw malformed("a segment repeats itself") }
            place = try segment(numbers, place, &entries)
        }
        return at + 2 + parts
    }
}
