import CCryptoShim

/// scrypt: a key from a password, at a cost in time and memory that is chosen.
///
/// Source: RFC 7914.
package enum Scrypt {
    /// The most memory that one key may take: twice what N = 2¹⁷, r = 8 needs, so that a cost
    /// from a damaged record cannot take all there is.
    package static let memoryLimitBytes = 256 << 20

    /// Derives a key.
    ///
    /// - Parameters:
    ///   - password: May be empty.
    ///   - salt: May be empty.
    ///   - count: The key's length in bytes.
    ///   - rounds: N, a power of 2 above 1.
    ///   - blockSize: r; each of N blocks has 128 r bytes.
    ///   - parallelism: p.
    /// - Returns: As many bytes as asked for.
    /// - Throws: ``CryptographyError/invalid(what:)`` for a cost that scrypt does not know;
    ///   ``CryptographyError/failed(operation:reason:)`` for one above ``memoryLimitBytes``.
    package static func key(
        password: [UInt8], salt: [UInt8], count: Int, rounds: Int, blockSize: Int, parallelism: Int
    ) throws -> [UInt8] {
        guard rounds > 1, rounds & (rounds - 1) == 0, blockSize > 0, parallelism > 0 else {
            throw CryptographyError.invalid(what: "a cost of scrypt")
        }
        var key = [UInt8](repeating: 0, count: count)
        try unsafe Shim.run("derive a key from a password") { message, size in
            unsafe cry_scrypt(
                password, password.count, salt, salt.count, UInt64(rounds), UInt64(blockSize),
                UInt64(parallelism), UInt64(memoryLimitBytes), &key, count, message, size)
        }
        return key
    }
}
