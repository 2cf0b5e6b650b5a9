import CCryptoShim

/// Signatures with Ed25519.
///
/// Source: RFC 8032.
package enum Ed25519 {
    static let keyCount = 32
    static let signatureCount = 64

    /// The secret half of a pair of keys.
    package struct PrivateKey: Sendable {
        /// 32 bytes, the form of RFC 8032 section 5.1.5.
        package let bytes: [UInt8]
        package let publicKey: PublicKey

        /// Draws a key from the system's generator, which is made for secrets.
        ///
        /// - Throws: ``CryptographyError/failed(operation:reason:)``.
        package init() throws {
            var generator = SystemRandomNumberGenerator()
            try self.init(
                bytes: (0 ..< keyCount).map { _ in
                    UInt8.random(in: .min ... .max, using: &generator)
                })
        }

        /// Takes the 32 bytes of a key.
        ///
        /// - Throws: ``CryptographyError``.
        package init(bytes: [UInt8]) throws {
            guard bytes.count == keyCount else {
                throw CryptographyError.invalid(what: "an Ed25519 key")
            }
            var publicBytes = [UInt8](repeating: 0, count: keyCount)
            try unsafe Shim.run("make a public key") { message, size in
                unsafe cry_ed25519_public_key(bytes, &publicBytes, message, size)
            }
            self.bytes = bytes
            publicKey = try PublicKey(bytes: publicBytes)
        }

        /// Returns the 64 bytes of the signature; the same for the same bytes.
        ///
        /// - Throws: ``CryptographyError/failed(operation:reason:)``.
        package func signature(of message: [UInt8]) throws -> [UInt8] {
            var signature = [UInt8](repeating: 0, count: signatureCount)
            try unsafe Shim.run("sign") { text, size in
                unsafe cry_ed25519_sign(bytes, message, message.count, &signature, text, size)
            }
            return signature
        }
    }

    /// What checks signatures; anybody may have it.
    package struct PublicKey: Hashable, Sendable {
        /// 32 bytes.
        package let bytes: [UInt8]

        /// Takes the 32 bytes of a key.
        ///
        /// - Throws: ``CryptographyError/invalid(what:)``.
        package init(bytes: [UInt8]) throws {
            guard bytes.count == keyCount else {
                throw CryptographyError.invalid(what: "an Ed25519 key")
            }
            self.bytes = bytes
        }

        /// Whether a signature is this key's of these bytes.
        ///
        /// - Throws: ``CryptographyError/failed(operation:reason:)`` when it could not be checked.
        package func isValid(_ signature: [UInt8], of message: [UInt8]) throws -> Bool {
            guard signature.count == signatureCount else { return false }
            var isValid: Int32 = 0
            try unsafe Shim.run("check a signature") { text, size in
                unsafe cry_ed25519_verify(
                    bytes, message, message.count, signature, &isValid, text, size)
            }
            return isValid == 1
        }
    }
}
