import CDicomShim

/// Our certificate and key for TLS, which both sides of an association show.
///
/// Peers are known by the SHA-256 fingerprint of their certificate: who signed it does not count, and
/// neither does its date. Safe to share: the handle never changes and OpenSSL counts its users itself.
@safe
package final class TLSIdentity: @unchecked Sendable {
    let handle: OpaquePointer

    /// Reads PEM files: the certificate, others of its chain behind it, and its key.
    ///
    /// - Throws: ``DicomError/unreadable(reason:)``.
    package init(certificatePath: String, keyPath: String) throws {
        var handle: OpaquePointer?
        try unsafe ShimCall.checked { message, size in
            unsafe dcm_tls_open(certificatePath, keyPath, &handle, message, size)
        }
        guard let opened = unsafe handle else { throw DicomError.unreadable(reason: "no TLS") }
        unsafe self.handle = opened
    }

    deinit { unsafe dcm_tls_close(handle) }

    /// SHA-256 of our certificate: 64 lower-case hexadecimal digits, which peers compare.
    package var fingerprint: String {
        var text = [CChar](repeating: 0, count: 65)
        unsafe text.withUnsafeMutableBufferPointer { buffer in
            // The shim writes 65 bytes at most, and the array has as many.
            if let start = buffer.baseAddress { unsafe dcm_tls_fingerprint(handle, start) }
        }
        return ShimCall.text(text)
    }
}

/// Calls of the shim that may fail with a message.
enum ShimCall {
    /// Runs the call and turns its status into an error.
    static func checked(
        _ body: (UnsafeMutablePointer<CChar>?, Int) -> dcm_status
    ) throws {
        var message = [CChar](repeating: 0, count: 512)
        let status = unsafe message.withUnsafeMutableBufferPointer { buffer in
            unsafe body(buffer.baseAddress, buffer.count)
        }
        guard status == DCM_OK else {
            throw DicomError(status: status.rawValue, text: text(message))
        }
    }

    /// Text up to its 0.
    static func text(_ characters: some Sequence<CChar>) -> String {
        String(
            decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
