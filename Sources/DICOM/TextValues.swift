/// Values that are text, as bytes in UTF-8: split at backslashes, without padding.
///
/// Bytes and not characters: contours are megabytes of decimal text, of which finding the borders
/// of characters took most of the time.
enum TextValues {
    /// Returns the values; none for no bytes.
    static func parts(of bytes: [UInt8], isMultiValued: Bool) -> [ArraySlice<UInt8>] {
        guard !bytes.isEmpty else { return [] }
        guard isMultiValued else { return [trimmed(bytes[...])] }
        // No byte of a longer character in UTF-8 is a backslash.
        return bytes.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false)
            .map(trimmed)
    }

    /// Returns the numbers (DS, IS); `nil` when one of the values is none.
    static func decimals(_ bytes: [UInt8], isMultiValued: Bool) -> [Double]? {
        var numbers: [Double] = []
        for part in parts(of: bytes, isMultiValued: isMultiValued) {
            guard
                let number = plainDecimal(part) ?? Double(String(decoding: part, as: UTF8.self)),
                number.isFinite
            else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = value.drop(while: isPadding)
        while let last = rest.last, isPadding(last) { rest.removeLast() }
        return rest
    }

    private static func isPadding(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == 0 || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }

    /// A number of a sign, at most 15 digits and a point; `nil` for any other text.
    ///
    /// The digits are a whole number below 2^53 and the power of ten is exact, so the quotient is
    /// the nearest `Double`, as the general conversion gives it (W. D. Clinger, How to read floating
    /// point numbers accurately, PLDI 1990).
    private static func plainDecimal(_ text: ArraySlice<UInt8>) -> Double? {
        var digits = text
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        var whole: Int64 = 0
        var count = 0
        var afterPoint: Int?
        for byte in digits {
            switch byte {
            case UInt8(ascii: "0") ... UInt8(ascii: "9"):
                guard count < longestExact else { return nil }
                whole = 10 * whole + Int64(byte - UInt8(ascii: "0"))
                count += 1
                afterPoint = afterPoint.map { $0 + 1 }
            case UInt8(ascii: ".") where afterPoint == nil && count > 0: afterPoint = 0
            default: return nil
            }
        }
        guard count > 0 else { return nil }
        let value = Double(whole) / powersOfTen[afterPoint ?? 0]
        return isNegative ? -value : value
    }

    private static let longestExact = 15
    private static let powersOfTen = (0 ... longestExact).map { exponent in
        (0 ..< exponent).reduce(1.0) { power, _ in 10 * power }
    }
}
