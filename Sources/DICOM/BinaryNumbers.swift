import Foundation

/// Numbers as data elements code them.
enum BinaryNumbers {
    /// Decodes the numbers of an element; `nil` when a text value is not a number.
    static func decimals(_ bytes: [UInt8], vr: VR, text: () -> [String]) -> [Double]? {
        switch vr {
        case .US: integers(bytes, as: UInt16.self)
        case .SS: integers(bytes, as: Int16.self)
        case .UL, .OL, .AT: integers(bytes, as: UInt32.self)
        case .SL: integers(bytes, as: Int32.self)
        case .UV, .OV: integers(bytes, as: UInt64.self)
        case .SV: integers(bytes, as: Int64.self)
        case .FL, .OF:
            words(bytes, as: UInt32.self).map { Double(Float(bitPattern: $0)) }
        case .FD, .OD: words(bytes, as: UInt64.self).map { Double(bitPattern: $0) }
        case .OW: integers(bytes, as: UInt16.self)
        case .OB: bytes.map(Double.init)
        default: decimals(text: text())
        }
    }

    private static func decimals(text: [String]) -> [Double]? {
        var numbers: [Double] = []
        for value in text {
            guard let number = Double(value), number.isFinite else { return nil }
            numbers.append(number)
        }
        return numbers
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

    /// Encodes whole numbers.
    static func encoded(_ values: [Int], vr: VR) -> [UInt8] {
        switch vr {
        case .US: values.flatMap { littleEndian(UInt16($0)) }
        case .SS: values.flatMap { littleEndian(Int16($0)) }
        case .UL: values.flatMap { littleEndian(UInt32($0)) }
        case .AT:
            values.flatMap { littleEndian(UInt16($0 >> 16)) + littleEndian(UInt16($0 & 0xffff)) }
        case .SL: values.flatMap { littleEndian(Int32($0)) }
        case .UV: values.flatMap { littleEndian(UInt64($0)) }
        case .SV: values.flatMap { littleEndian(Int64($0)) }
        case .IS: Array(values.map(String.init).joined(separator: "\\").utf8)
        default: encoded(values.map(Double.init), vr: vr)
        }
    }

    /// Encodes decimal numbers.
    static func encoded(_ values: [Double], vr: VR) -> [UInt8] {
        switch vr {
        case .FL, .OF: return values.flatMap { littleEndian(Float($0).bitPattern) }
        case .FD, .OD: return values.flatMap { littleEndian($0.bitPattern) }
        case .DS: return Array(values.map(decimalString).joined(separator: "\\").utf8)
        default: preconditionFailure("\(vr) holds no decimal numbers")
        }
    }

    /// Returns the most exact decimal string of at most 16 characters (PS3.5 §6.2, DS).
    static func decimalString(_ value: Double) -> String {
        precondition(value.isFinite, "a decimal string cannot hold \(value)")
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
