import Cryptography
import Foundation

/// Time-based one-time passwords as authenticator programs make them: SHA-1, 30 s, six digits.
///
/// Source: RFC 6238, RFC 4226 section 5.3.
package struct OneTimePassword: Sendable {
    /// Shared with the authenticator.
    let secret: [UInt8]

    static let stepSeconds = 30
    private static let digits = 6

    /// Draws a secret of 160 bits, the length of RFC 4226.
    init() {
        secret = Secret.randomBytes(20)
    }

    /// Takes a secret in base 32; `nil` when it is none.
    package init?(base32 text: String) {
        guard let bytes = Base32.decoded(text), !bytes.isEmpty else { return nil }
        secret = bytes
    }

    var base32: String { Base32.encoded(secret) }

    /// What authenticators read from a QR code or take by hand.
    func address(login: String) -> String {
        let allowed = CharacterSet.alphanumerics
        let name = login.addingPercentEncoding(withAllowedCharacters: allowed) ?? "account"
        return "otpauth://totp/Grevy:\(name)?secret=\(base32)&issuer=Grevy"
    }

    /// The code of a time step.
    ///
    /// - Throws: `CryptographyError`.
    package func code(step: Int) throws -> String {
        let counter = (0 ..< 8).map { UInt8(truncatingIfNeeded: step >> (8 * (7 - $0))) }
        let mac = try HMAC.sha1(of: counter, key: secret)
        let offset = Int(mac[mac.count - 1] & 0x0f)
        let word = mac[offset ..< offset + 4].reduce(0) { $0 << 8 | Int($1) } & 0x7fff_ffff
        let text = String(word % 1_000_000)
        return String(repeating: "0", count: Self.digits - text.count) + text
    }

    /// The step whose code this is: now, or one earlier or later for clocks that differ.
    ///
    /// - Parameters:
    ///   - code: As typed; spaces do not matter.
    ///   - time: In seconds since 1970.
    /// - Returns: The step, or `nil` when it is none of the three.
    /// - Throws: `CryptographyError`.
    package func step(of code: String, at time: Double) throws -> Int? {
        let now = Int(time) / Self.stepSeconds
        let given = Array(code.filter { !$0.isWhitespace }.utf8)
        return try (now - 1 ... now + 1).first {
            ConstantTime.areEqual(Array(try self.code(step: $0).utf8), given)
        }
    }
}

/// Base 32 of RFC 4648, without padding.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var (buffer, bits) = (0, 0)
        for byte in bytes {
            buffer = (buffer << 8 | Int(byte)) & 0xfff
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[buffer >> bits & 31])
            }
        }
        if bits > 0 { text.append(alphabet[buffer << (5 - bits) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }

    static func decoded(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var (buffer, bits) = (0, 0)
        for character in text.uppercased().utf8 where character != UInt8(ascii: " ") {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            buffer = (buffer << 5 | value) & 0xfff
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
            }
        }
        return bytes
    }
}
