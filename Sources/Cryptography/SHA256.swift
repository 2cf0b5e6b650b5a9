import CCryptoShim
package import Foundation

/// SHA-256 of bytes that may come in pieces.
///
/// Source: FIPS 180-4.
package struct SHA256: Sendable {
    private var state = cry_sha256()

    package init() { unsafe cry_sha256_begin(&state) }

    /// Adds the next bytes; where they are cut does not matter.
    package mutating func update(_ bytes: some ContiguousBytes) {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe cry_sha256_update(&state, buffer.baseAddress, buffer.count)
        }
    }

    /// The 32 bytes of the digest of all that was added; more may be added after.
    package var digest: [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        unsafe withUnsafePointer(to: state) { unsafe cry_sha256_digest($0, &digest) }
        return digest
    }

    /// Returns the digest of bytes that are all there.
    package static func digest(of bytes: some ContiguousBytes) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.digest
    }
}
