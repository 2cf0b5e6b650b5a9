import Cryptography
import Foundation
import Storage

/// How hard a password is to guess from what is kept of it.
package struct PasswordCost: Hashable, Sendable {
    /// scrypt's N, a power of 2.
    package var rounds: Int
    /// scrypt's r.
    package var blockSize: Int
    /// scrypt's p.
    package var parallelism: Int

    package init(rounds: Int, blockSize: Int, parallelism: Int) {
        (self.rounds, self.blockSize, self.parallelism) = (rounds, blockSize, parallelism)
    }

    /// 128 MB and some tenths of a second.
    ///
    /// Source: OWASP Password Storage Cheat Sheet, first choice for scrypt.
    package static let standard = PasswordCost(rounds: 1 << 17, blockSize: 8, parallelism: 1)
}

/// A password as it is kept: salted scrypt with its cost.
struct PasswordHash: Sendable {
    /// `scrypt$N$r$p$SALT$KEY`, the last two in base 64.
    let text: String

    private static let saltCount = 16
    private static let keyCount = 32

    /// Hashes a password with a fresh salt.
    init(password: String, cost: PasswordCost) throws {
        let salt = Secret.randomBytes(Self.saltCount)
        let key = try Self.key(password, salt, cost)
        text =
            "scrypt$\(cost.rounds)$\(cost.blockSize)$\(cost.parallelism)"
            + "$\(Data(salt).base64EncodedString())$\(Data(key).base64EncodedString())"
    }

    /// Takes a kept hash.
    init(text: String) { self.text = text }

    /// Whether a password is the one that was hashed; takes as long for a wrong one.
    func matches(_ password: String) throws -> Bool {
        let parts = text.split(separator: "$").map(String.init)
        guard parts.count == 6, parts[0] == "scrypt", let rounds = Int(parts[1]),
            let blockSize = Int(parts[2]), let parallelism = Int(parts[3]),
            let salt = Data(base64Encoded: parts[4]), let key = Data(base64Encoded: parts[5])
        else { return false }
        let found = try Self.key(
            password, Array(salt),
            PasswordCost(rounds: rounds, blockSize: blockSize, parallelism: parallelism))
        return ConstantTime.areEqual(found, Array(key))
    }

    /// An authentication code under scrypt's key: it shows the key without being it.
    ///
    /// Unicode may write one character in several ways; keyboards differ in which they send.
    private static func key(
        _ password: String, _ salt: [UInt8], _ cost: PasswordCost
    ) throws -> [UInt8] {
        let bytes = Array(password.precomposedStringWithCompatibilityMapping.utf8)
        let key = try Scrypt.key(
            password: bytes, salt: salt, count: keyCount, rounds: cost.rounds,
            blockSize: cost.blockSize, parallelism: cost.parallelism)
        return try HMAC.sha256(of: Array("grevy password".utf8), key: key)
    }
}

/// Random secrets, and how they are kept.
enum Secret {
    /// From the system's generator, which is made for secrets.
    static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0 ..< count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// 256 random bits, written for addresses and cookies.
    static func token() -> String {
        Data(randomBytes(32)).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The 32 bytes of SHA-256 of a text.
    static func digest(_ text: String) -> [UInt8] { SHA256.digest(of: Array(text.utf8)) }

    /// What is kept of a token; 256 random bits need no salt.
    static func hash(_ token: String) -> String { ObjectDigest(of: Array(token.utf8)).hex }
}
