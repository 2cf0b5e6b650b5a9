import Cryptography
package import Foundation
import Storage

/// The server's own Ed25519 key, with which it signs what leaves it.
///
/// The file is PKCS #8 in PEM (RFC 8410), as other programs read it too.
package struct SigningKey: Sendable {
    private let key: Ed25519.PrivateKey

    /// Draws a key that is kept nowhere.
    package init() throws { key = try Ed25519.PrivateKey() }

    private init(_ key: Ed25519.PrivateKey) { self.key = key }

    /// What checks the signatures.
    package var publicKey: PublicSigningKey { PublicSigningKey(key.publicKey) }

    func signature(of bytes: [UInt8]) throws -> [UInt8] { try key.signature(of: bytes) }

    /// Returns 32 bytes that follow from the key and the words, and that say nothing about it.
    func secret(for words: [String]) throws -> [UInt8] {
        try words.reduce(key.bytes) { try HMAC.sha256(of: Array($1.utf8), key: $0) }
    }

    /// Where the key lies when nobody says: in the user's configuration folder.
    package static func defaultFile(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> URL {
        let named = environment["XDG_CONFIG_HOME"] ?? ""
        let configuration =
            named.hasPrefix("/")
            ? URL(filePath: named)
            : FileManager.default.homeDirectoryForCurrentUser.appending(path: ".config")
        return configuration.appending(path: "grevy/signing-key.pem")
    }

    /// Reads the key of a file, which is made when absent, readable by its owner only.
    ///
    /// - Parameters:
    ///   - file: Outside the data folder.
    ///   - data: The data folder: whoever copies it must not get the key with it.
    /// - Returns: The key.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the file lies in the data folder, others
    ///   may read it, or it holds no such key.
    package static func open(at file: URL, outside data: URL) throws -> SigningKey {
        let path = file.standardizedFileURL.resolvingSymlinksInPath().path
        let folder = data.standardizedFileURL.resolvingSymlinksInPath().path
        guard !path.hasPrefix(folder + "/") else {
            throw WorkflowError.refused(
                sentence: "The signing key must not lie in the data folder; name another place "
                    + "with '--signing-key'.")
        }
        if !FileManager.default.fileExists(atPath: path) { try make(file) }
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let rights = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        guard rights & 0o077 == 0 else {
            throw WorkflowError.refused(
                sentence: "Others may read the signing key '\(path)'; take their rights away "
                    + "(chmod 600), and make a new key if somebody may have copied it.")
        }
        let text = try String(contentsOf: file, encoding: .utf8)
        guard let raw = PEM.decoded(text, label: "PRIVATE KEY", prefix: PEM.privatePrefix) else {
            throw WorkflowError.refused(
                sentence: "'\(path)' holds no Ed25519 key as this program writes it.")
        }
        return SigningKey(try Ed25519.PrivateKey(bytes: raw))
    }

    private static func make(_ file: URL) throws {
        let raw = try Ed25519.PrivateKey().bytes
        try PrivateFile.write(
            PEM.encoded(raw, label: "PRIVATE KEY", prefix: PEM.privatePrefix), to: file)
    }
}

/// What checks the server's signatures; anybody may have it.
package struct PublicSigningKey: Sendable {
    private let key: Ed25519.PublicKey

    init(_ key: Ed25519.PublicKey) { self.key = key }

    /// Reads a public key in PEM; `nil` when it is none.
    package init?(pem text: String) {
        guard let raw = PEM.decoded(text, label: "PUBLIC KEY", prefix: PEM.publicPrefix),
            let key = try? Ed25519.PublicKey(bytes: raw)
        else { return nil }
        self.key = key
    }

    /// SubjectPublicKeyInfo in PEM.
    package var pem: String {
        PEM.encoded(key.bytes, label: "PUBLIC KEY", prefix: PEM.publicPrefix)
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the key's 32 bytes.
    package var id: String {
        String(ObjectDigest(of: key.bytes).hex.prefix(16))
    }

    func isValid(_ signature: [UInt8], of bytes: [UInt8]) throws -> Bool {
        try key.isValid(signature, of: bytes)
    }
}

/// Ed25519 keys as RFC 8410 writes them: a fixed head, then the 32 bytes.
private enum PEM {
    static let privatePrefix: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ]
    static let publicPrefix: [UInt8] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    static func encoded(_ raw: [UInt8], label: String, prefix: [UInt8]) -> String {
        // Fewer than the 64 characters of a line.
        let body = Data(prefix + raw).base64EncodedString()
        return "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
    }

    static func decoded(_ text: String, label: String, prefix: [UInt8]) -> [UInt8]? {
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.count == 3, lines[0] == "-----BEGIN \(label)-----",
            lines[2] == "-----END \(label)-----",
            let bytes = Data(base64Encoded: String(lines[1])), bytes.starts(with: prefix),
            bytes.count == prefix.count + 32
        else { return nil }
        return Array(bytes.dropFirst(prefix.count))
    }
}
