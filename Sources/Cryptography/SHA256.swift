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

    /// Returns the digest and the length of what is left of a file, which is read in pieces.
    ///
    /// - Parameters:
    ///   - file: Open for reading.
    ///   - body: Gets each piece, as to copy it.
    /// - Returns: The 32 bytes of the digest, and how many bytes were read.
    /// - Throws: What reading and `body` throw.
    package static func digest(
        of file: FileHandle, piece body: (Data) throws -> Void = { _ in }
    ) throws -> (digest: [UInt8], byteCount: Int) {
        let pieceBytes = 1 << 20
        var (hash, count) = (SHA256(), 0)
        while let piece = try file.read(upToCount: pieceBytes), !piece.isEmpty {
            hash.update(piece)
            count += piece.count
            try body(piece)
        }
        return (hash.digest, count)
    }

    /// Returns the digest of bytes that are all there.
    package static func digest(of bytes: some ContiguousBytes) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.digest
    }
}
