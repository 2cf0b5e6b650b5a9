import Cryptography
import Foundation

/// Why a token of the provider is not believed; the raw value goes into the audit trail.
enum TokenFlaw: String, Error, Hashable {
    case malformed
    case algorithm
    case key
    case signature
    case issuer
    case audience
    case expired
    case issuedAt = "issued-at"
    case nonce
    case subject
    case authenticatedAt = "auth-time"
}

/// An ID token (OpenID Connect Core 1.0 section 2) as it came: a JSON Web Signature.
struct IdentityToken {
    /// What a token must say to be the answer to our request.
    struct Expected {
        let issuer: String
        let clientID: String
        let nonce: String
        let now: Date
    }

    /// What is believed of it.
    struct Claims: Hashable {
        let subject: String
        /// When the person signed in, where the token says so.
        let authenticatedAt: Date?
    }

    /// The clocks of Grevy and of the provider may differ by this much, in seconds.
    static let skewSeconds = 60.0
    /// A token is asked for and used at once; one older than this, in seconds, is somebody's copy.
    private static let longestAge = 600.0
    private static let mostBytes = 65536

    private struct Header: Decodable {
        let alg: String
        let kid: String?
        let crit: [String]?
    }

    private let header: Header
    private let signed: [UInt8]
    private let payload: Data
    private let signature: [UInt8]

    /// Splits a token; nothing of it is believed yet.
    ///
    /// - Throws: ``TokenFlaw/malformed``; ``TokenFlaw/algorithm`` for any but RS256 and ES256.
    init(_ text: String) throws {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.mostBytes, parts.count == 3,
            let head = Base64URL.decoded(parts[0]), let payload = Base64URL.decoded(parts[1]),
            let signature = Base64URL.decoded(parts[2]),
            let header = try? JSONDecoder().decode(Header.self, from: head)
        else { throw TokenFlaw.malformed }
        guard TokenKey.Algorithm(rawValue: header.alg) != nil, header.crit == nil else {
            throw TokenFlaw.algorithm
        }
        (self.header, self.payload, self.signature) = (header, payload, Array(signature))
        signed = Array("\(parts[0]).\(parts[1])".utf8)
    }

    /// Whether one of the keys is the one that it names.
    func isOf(_ keys: [TokenKey]) -> Bool { key(keys) != nil }

    /// The key with its name and algorithm; without a name the only one of its algorithm.
    private func key(_ keys: [TokenKey]) -> TokenKey? {
        let fitting = keys.filter {
            $0.algorithm.rawValue == header.alg && (header.kid == nil || $0.name == header.kid)
        }
        return fitting.count == 1 ? fitting.first : nil
    }

    private struct Payload: Decodable {
        struct Audience: Decodable {
            let names: [String]

            init(from decoder: any Decoder) throws {
                let value = try decoder.singleValueContainer()
                if let one = try? value.decode(String.self) {
                    names = [one]
                } else {
                    names = try value.decode([String].self)
                }
            }
        }

        let iss: String
        let sub: String
        let aud: Audience
        let azp: String?
        let exp: Double
        let iat: Double
        let nbf: Double?
        let nonce: String?
        let auth_time: Double?
    }

    /// Checks signature and claims.
    ///
    /// - Throws: ``TokenFlaw``.
    func claims(_ keys: [TokenKey], _ expected: Expected) throws -> Claims {
        guard let key = key(keys) else { throw TokenFlaw.key }
        guard key.isValid(signature, of: signed) else { throw TokenFlaw.signature }
        guard let said = try? JSONDecoder().decode(Payload.self, from: payload) else {
            throw TokenFlaw.malformed
        }
        guard said.iss == expected.issuer else { throw TokenFlaw.issuer }
        let isForUs =
            said.aud.names.contains(expected.clientID)
            && (said.aud.names.count == 1 || said.azp != nil)
        guard isForUs, said.azp == nil || said.azp == expected.clientID else {
            throw TokenFlaw.audience
        }
        let now = expected.now.timeIntervalSince1970
        guard now < said.exp + Self.skewSeconds else { throw TokenFlaw.expired }
        guard said.iat <= now + Self.skewSeconds, said.iat >= now - Self.longestAge,
            said.nbf.map({ $0 <= now + Self.skewSeconds }) ?? true
        else { throw TokenFlaw.issuedAt }
        guard said.nonce == expected.nonce else { throw TokenFlaw.nonce }
        guard (1 ... 255).contains(said.sub.utf8.count) else { throw TokenFlaw.subject }
        if let time = said.auth_time, !(time <= now + Self.skewSeconds) {
            throw TokenFlaw.authenticatedAt
        }
        return Claims(
            subject: said.sub,
            authenticatedAt: said.auth_time.map { Date(timeIntervalSince1970: $0) })
    }
}

/// A public key of the provider (RFC 7517).
struct TokenKey: Sendable {
    /// What Grevy believes; `none` and those with a shared secret are not among them.
    enum Algorithm: String {
        case rs256 = "RS256"
        case es256 = "ES256"
    }

    private enum Key {
        case rsa(RSAPublicKey)
        case p256(P256PublicKey)
    }

    let name: String?
    private let key: Key

    var algorithm: Algorithm {
        switch key {
        case .rsa: .rs256
        case .p256: .es256
        }
    }

    private struct Entry: Decodable {
        let kty: String
        let kid: String?
        let use: String?
        let alg: String?
        let n: String?
        let e: String?
        let crv: String?
        let x: String?
        let y: String?
    }

    private struct Set: Decodable {
        let keys: [Entry]
    }

    /// The keys of a set that can be used; others are passed over, as RFC 7517 section 5 asks.
    ///
    /// - Throws: ``TokenFlaw/malformed`` when it is no set of keys.
    static func all(_ json: Data) throws -> [TokenKey] {
        guard let set = try? JSONDecoder().decode(Set.self, from: json) else {
            throw TokenFlaw.malformed
        }
        return set.keys.compactMap(TokenKey.init)
    }

    private init?(_ entry: Entry) {
        func bytes(_ text: String?) -> [UInt8] {
            text.flatMap { Base64URL.decoded($0) }.map(Array.init) ?? []
        }
        name = entry.kid
        let found: Key? =
            switch (entry.kty, entry.crv) {
            case ("RSA", _):
                (try? RSAPublicKey(modulus: bytes(entry.n), exponent: bytes(entry.e)))
                    .map(Key.rsa)
            case ("EC", "P-256"):
                (try? P256PublicKey(x: bytes(entry.x), y: bytes(entry.y))).map(Key.p256)
            default: nil
            }
        guard let found, entry.use == nil || entry.use == "sig" else { return nil }
        key = found
        guard entry.alg == nil || entry.alg == algorithm.rawValue else { return nil }
    }

    /// Whether a signature is this key's; what cannot be checked is not.
    func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch key {
        case .rsa(let key): (try? key.isValid(signature, of: message)) == true
        case .p256(let key): (try? key.isValid(signature, of: message)) == true
        }
    }
}

/// Base 64 for addresses, without padding (RFC 4648 section 5).
enum Base64URL {
    static func encoded(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// `nil` for characters that it does not have.
    static func decoded(_ text: some StringProtocol) -> Data? {
        guard text.utf8.allSatisfy({ $0 != 0x2b && $0 != 0x2f && $0 != 0x3d }) else { return nil }
        let plain = String(text).replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }
}
