/// What libcrypto, OpenSSL's library, did not do; no secret is in its text.
package enum CryptographyError: Error, Hashable, CustomStringConvertible {
    /// `reason` is libcrypto's own.
    case failed(operation: String, reason: String)
    /// A key, signature or cost that cannot be one.
    case invalid(what: String)

    package var description: String {
        switch self {
        case .failed(let operation, let reason):
            "OpenSSL could not \(operation) (\(reason))."
        case .invalid(let what): "This is not \(what)."
        }
    }
}
