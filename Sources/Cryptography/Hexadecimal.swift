/// Bytes as lower-case hexadecimal digits.
package enum Hexadecimal {
    private static let alphabet = Array("0123456789abcdef".utf8)

    /// Returns two digits for each byte, in the order of the bytes.
    package static func digits(_ bytes: some Sequence<UInt8>) -> String {
        String(
            decoding: bytes.flatMap { [alphabet[Int($0 >> 4)], alphabet[Int($0 & 15)]] },
            as: UTF8.self)
    }
}
