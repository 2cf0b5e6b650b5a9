import CCryptoShim

/// Codes that only who has the key can make.
///
/// Source: RFC 2104.
package enum HMAC {
    /// Returns the 32 bytes of HMAC-SHA-256.
    ///
    /// - Throws: ``CryptographyError/failed(operation:reason:)``.
    package static func sha256(of bytes: [UInt8], key: [UInt8]) throws -> [UInt8] {
        try code(CRY_SHA256, count: 32, bytes, key)
    }

    /// Returns the 20 bytes of HMAC-SHA-1, for one-time passwords only.
    ///
    /// - Throws: ``CryptographyError/failed(operation:reason:)``.
    package static func sha1(of bytes: [UInt8], key: [UInt8]) throws -> [UInt8] {
        try code(CRY_SHA1, count: 20, bytes, key)
    }

    private static func code(
        _ hash: cry_hash, count: Int, _ bytes: [UInt8], _ key: [UInt8]
    ) throws -> [UInt8] {
        var code = [UInt8](repeating: 0, count: count)
        try unsafe Shim.run("compute an authentication code") { message, size in
            unsafe cry_hmac(
                hash, key, key.count, bytes, bytes.count, &code, message, size)
        }
        return code
    }
}
