import CCryptoShim

/// Signatures of RSASSA-PKCS1-v1_5 with SHA-256 (`RS256` of RFC 7518).
///
/// Source: RFC 8017 section 8.2.
package struct RSAPublicKey: Hashable, Sendable {
    private let modulus: [UInt8]
    private let exponent: [UInt8]

    /// Takes a key of 2048 to 8192 bits: shorter ones are too weak, longer ones cost time.
    ///
    /// - Parameters:
    ///   - modulus: Big-endian, without zeros in front.
    ///   - exponent: The same, at most 8 bytes.
    /// - Throws: ``CryptographyError/invalid(what:)``.
    package init(modulus: [UInt8], exponent: [UInt8]) throws {
        guard (256 ... 1024).contains(modulus.count), modulus[0] >= 0x80 || modulus.count > 256,
            modulus[0] != 0, (1 ... 8).contains(exponent.count), exponent[0] != 0,
            exponent.last.map({ $0 & 1 == 1 }) == true, exponent != [1]
        else { throw CryptographyError.invalid(what: "an RSA key of 2048 to 8192 bits") }
        (self.modulus, self.exponent) = (modulus, exponent)
    }

    /// Whether a signature is this key's of these bytes.
    ///
    /// - Throws: ``CryptographyError/failed(operation:reason:)`` when it could not be checked.
    package func isValid(_ signature: [UInt8], of message: [UInt8]) throws -> Bool {
        var isValid: Int32 = 0
        try unsafe Shim.run("check an RSA signature") { text, size in
            unsafe cry_rsa_verify(
                modulus, modulus.count, exponent, exponent.count, message, message.count,
                signature, signature.count, &isValid, text, size)
        }
        return isValid == 1
    }
}

/// Signatures of ECDSA on P-256 with SHA-256 (`ES256` of RFC 7518).
///
/// Source: FIPS 186-5; the form of key and signature is RFC 7518 sections 3.4 and 6.2.1.
package struct P256PublicKey: Hashable, Sendable {
    private let x: [UInt8]
    private let y: [UInt8]

    /// Takes the coordinates of a point, 32 bytes each, big-endian.
    ///
    /// - Throws: ``CryptographyError/invalid(what:)``; whether it is on the curve turns out with
    ///   the first signature.
    package init(x: [UInt8], y: [UInt8]) throws {
        guard x.count == 32, y.count == 32 else {
            throw CryptographyError.invalid(what: "a key on P-256")
        }
        (self.x, self.y) = (x, y)
    }

    /// Whether a signature of 64 bytes is this key's of these bytes.
    ///
    /// - Throws: ``CryptographyError/failed(operation:reason:)`` when it could not be checked.
    package func isValid(_ signature: [UInt8], of message: [UInt8]) throws -> Bool {
        guard signature.count == 64 else { return false }
        var isValid: Int32 = 0
        try unsafe Shim.run("check an ECDSA signature") { text, size in
            unsafe cry_p256_verify(
                x, y, message, message.count, signature, &isValid, text, size)
        }
        return isValid == 1
    }
}
