import Cryptography
import Foundation

/// A browser's way to the provider and back, to sign in: its cookie holds all of it.
///
/// Anybody may begin one, so the server keeps nothing of it that could be filled.
struct SignInWay {
    /// For the cookie: seconds since 1970, 256 random bits, and a code of both (HMAC-SHA-256) that
    /// only the process that began can make.
    let token: String
    private let beganAt: Double

    /// Begins one.
    ///
    /// - Parameters:
    ///   - date: When.
    ///   - key: Of the code; 32 random bytes that nobody else has.
    /// - Throws: `CryptographyError`.
    init(at date: Date, key: [UInt8]) throws {
        beganAt = date.timeIntervalSince1970.rounded(.down)
        let text = "\(Int(beganAt)).\(Secret.token())"
        token = "\(text).\(try Self.code(of: text, key))"
    }

    /// Reads a cookie; `nil` for one that no process with this key has made.
    ///
    /// - Throws: `CryptographyError`.
    init?(token: String, key: [UInt8]) throws {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let time = Double(parts[0]),
            ConstantTime.areEqual(
                Array(parts[2].utf8),
                Array(try Self.code(of: "\(parts[0]).\(parts[1])", key).utf8))
        else { return nil }
        (self.token, beganAt) = (token, time)
    }

    /// Goes to the provider and comes back: only who has the cookie can know it.
    var state: String { Base64URL.encoded(Secret.digest("state\n" + token)) }

    /// Whether it began within so many seconds before a time.
    func isWithin(seconds: Double, of date: Date) -> Bool {
        (0 ... seconds).contains(date.timeIntervalSince1970 - beganAt)
    }

    private static func code(of text: String, _ key: [UInt8]) throws -> String {
        Base64URL.encoded(try HMAC.sha256(of: Array(text.utf8), key: key))
    }
}
