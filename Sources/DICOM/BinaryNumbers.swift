import Foundation

/// Numbers as data elements code them.
enum BinaryNumbers {
    /// Decodes the numbers of an element; `nil` when a text value is not a number.
    static func decimals(_ bytes: [UInt8], vr: VR) -> [Double]? {
        switch vr {
        case .US: integers(bytes, as: UInt16.self)
        case .SS: integers(bytes, as: Int16.self)
        case .UL, .OL: integers(bytes, as: UInt32.self)
        case .AT: tags(bytes)
        case .SL: integers(bytes, as: Int32.self)
        case .UV, .OV: integers(bytes, as: UInt64.self)
        case .SV: integers(bytes, as: Int64.self)
        case .FL, .OF:
            words(bytes, as: UInt32.self).map { Double(Float(bitPattern: $0)) }
        case .FD, .OD: words(bytes, as: UInt64.self).map { Double(bitPattern: $0) }
        case .OW: integers(bytes, as: UInt16.self)
        case .OB: bytes.map(Double.init)
        default: TextValues.decimals(bytes, isMultiValued: vr.isMultiValuedText)
        }
    }

    /// Tags as `group << 16 | element`.
    private static func tags(_ bytes: [UInt8]) -> [Double] {
        let words = integers(bytes, as: UInt16.self)
        return stride(from: 0, to: words.count - words.count % 2, by: 2).map {
            words[$0] * 65536 + words[$0 + 1]
        }
    }

    private static func integers<Word: FixedWidthInteger>(
        _ bytes: [UInt8], as type: Word.Type
    ) -> [Double] {
        words(bytes, as: type).map { Double($0) }
    }

    private static func words<Word: FixedWidthInteger>(
        _ bytes: [UInt8], as type: Word.Type
    ) -> [Word] {
        let width = Word.bitWidth / 8
        return stride(from: 0, to: bytes.count - bytes.count % width, by: width).map { start in
            var word: Word = 0
            for n in (0 ..< width).reversed() {
                word = (word << 8) | Word(truncatingIfNeeded: bytes[start + n])
            }
            return word
        }
    }

    /// Encodes whole numbers; `nil` when one of them does not fit the VR.
    static func encoded(_ values: [Int], vr: VR) -> [UInt8]? {
        switch vr {
        case .US, .OW: coded(values, as: UInt16.self)
        case .SS: coded(values, as: Int16.self)
        case .UL, .OL: coded(values, as: UInt32.self)
        case .SL: coded(values, as: Int32.self)
        case .UV, .OV: coded(values, as: UInt64.self)
        case .SV: coded(values, as: Int64.self)
        // A tag is two words, group first.
        case .AT: coded(values.flatMap { [$0 >> 16, $0 & 0xffff] }, as: UInt16.self)
        case .IS:
            values.allSatisfy { Int32(exactly: $0) != nil }
                ? Array(values.map(String.init).joined(separator: "\\").utf8) : nil
        default: encoded(values.map(Double.init), vr: vr)
        }
    }

    /// Encodes decimal numbers; `nil` when one of them does not fit the VR.
    static func encoded(_ values: [Double], vr: VR) -> [UInt8]? {
        switch vr {
        case .FL, .OF: values.flatMap { littleEndian(Float($0).bitPattern) }
        case .FD, .OD: values.flatMap { littleEndian($0.bitPattern) }
        case .DS:
            values.allSatisfy(\.isFinite)
                ? Array(values.map(decimalString).joined(separator: "\\").utf8) : nil
        default: nil
        }
    }

    private static func coded<Word: FixedWidthInteger>(
        _ values: [Int], as type: Word.Type
    ) -> [UInt8]? {
        var bytes: [UInt8] = []
        for value in values {
            guard let word = Word(exactly: value) else { return nil }
            bytes += littleEndian(word)
        }
        return bytes
    }

    /// Returns the most exact decimal string of at most 16 characters (PS3.5 §6.2, DS).
    ///
    /// `value` is finite.
    static func decimalString(_ value: Double) -> String {
        let shortest = "\(value)"
        if shortest.utf8.count <= 16 {
            return shortest.hasSuffix(".0") ? String(shortest.dropLast(2)) : shortest
        }
        for digits in (1 ... 16).reversed() {
            let text = String(format: "%.\(digits)g", value)
            if text.utf8.count <= 16 { return text }
        }
        return String(format: "%.8g", value)
    }

    private static func littleEndian<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        (0 ..< Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }
}
