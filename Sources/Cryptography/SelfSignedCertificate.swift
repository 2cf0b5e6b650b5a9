import CCryptoShim

/// A certificate for TLS that nobody but itself vouches for, with its key.
package struct SelfSignedCertificate: Sendable {
    /// PEM, SHA-256 with ECDSA on P-256.
    package let certificate: String
    /// PEM, PKCS #8, not encrypted.
    package let key: String

    private static let mostBytes = 16384

    /// Draws a key and makes a certificate for it.
    ///
    /// - Parameters:
    ///   - names: Host names and IP addresses that it is for; the first is its common name.
    ///   - start: When it begins to be valid, in seconds since 1970.
    ///   - days: How long it is valid.
    /// - Throws: ``CryptographyError``, also for a name that is none.
    package init(names: [String], start: Int64, days: Int) throws {
        guard let first = names.first, names.allSatisfy(Self.isName) else {
            throw CryptographyError.invalid(what: "a host name or an IP address")
        }
        let alternatives = names.map { (Self.isAddress($0) ? "IP:" : "DNS:") + $0 }
        var certificate = [CChar](repeating: 0, count: Self.mostBytes)
        var key = certificate
        let count = Self.mostBytes
        try unsafe Shim.run("make a certificate") { message, size in
            unsafe cry_self_signed_certificate(
                first, alternatives.joined(separator: ","), start, Int32(clamping: days),
                &certificate, count, &key, count, message, size)
        }
        (self.certificate, self.key) = (Self.text(certificate), Self.text(key))
    }

    /// Letters, digits, points, hyphens and colons alone: nothing that OpenSSL would read as more.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy {
                (0x30 ... 0x3a).contains($0) || (0x41 ... 0x5a).contains($0)
                    || (0x61 ... 0x7a).contains($0) || $0 == 0x2d || $0 == 0x2e
            }
    }

    private static func isAddress(_ name: String) -> Bool {
        name.contains(":") || name.utf8.allSatisfy { (0x30 ... 0x39).contains($0) || $0 == 0x2e }
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
