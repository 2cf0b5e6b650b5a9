import Cryptography
import Foundation

/// SHA-256 of stored bytes, the name under which they are kept.
package struct ObjectDigest: Hashable, Sendable, Comparable, LosslessStringConvertible {
    /// 64 lower-case hexadecimal digits.
    package let hex: String

    /// Takes 64 lower-case hexadecimal digits; `nil` for anything else.
    package init?(_ hex: String) {
        let digits = hex.utf8
        guard
            digits.count == 64,
            digits.allSatisfy({ (0x30 ... 0x39).contains($0) || (0x61 ... 0x66).contains($0) })
        else { return nil }
        self.hex = hex
    }

    /// Computes the digest of `bytes`.
    package init(of bytes: [UInt8]) { self.init(SHA256.digest(of: bytes)) }

    /// Takes the 32 bytes of a digest.
    init(_ digest: [UInt8]) { hex = Hexadecimal.digits(digest) }

    package var description: String { hex }

    package static func < (a: Self, b: Self) -> Bool { a.hex < b.hex }
}
