/// Why a request to another computer has no answer, or a mail was not taken.
///
/// Names the host and what to do. Never what was asked: a query, a path, a token or a mail's content.
package enum TransferError: Error, Hashable, CustomStringConvertible {
    /// The request itself cannot be sent; `reason` is a whole sentence.
    case invalid(reason: String)
    case unknownHost(host: String)
    case noConnection(host: String, port: Int)
    /// TLS or the certificate; `reason` is OpenSSL's or ours.
    case untrusted(host: String, reason: String)
    case tooSlow(host: String)
    case tooLarge(host: String, mostBytes: Int)
    /// A file of ours that could not be sent or written; `reason` is the system's.
    case file(reason: String)
    case redirected(host: String)
    case loginRefused(host: String)
    /// `code` is SMTP's reply code.
    case mailRefused(host: String, code: Int)
    /// The connection ended or the other side broke the protocol; `reason` is libcurl's.
    case broken(host: String, reason: String)

    package var description: String {
        switch self {
        case .invalid(let reason): reason
        case .unknownHost(let host):
            "No address is known for \(host). Check the name and this computer's name service."
        case .noConnection(let host, let port):
            """
            \(host) does not accept connections at port \(port). Check that it runs and that no \
            firewall is between.
            """
        case .untrusted(let host, let reason):
            """
            \(host) could not prove who it is (\(reason)). Check its certificate and which \
            authorities are trusted here.
            """
        case .tooSlow(let host): "\(host) did not answer in time. Try again, or raise the limit."
        case .tooLarge(let host, let mostBytes):
            "\(host) sent more than the \(mostBytes) bytes that are taken here."
        case .file(let reason): "A file on this computer could not be sent or written (\(reason))."
        case .redirected(let host):
            "\(host) sent the request elsewhere, or too often. Use the final address."
        case .loginRefused(let host): "\(host) refused the user name or password given for it."
        case .mailRefused(let host, let code):
            "\(host) refused the mail (reply \(code)). Check sender, recipient and its rules."
        case .broken(let host, let reason):
            "The connection with \(host) ended before the answer was whole (\(reason)). Try again."
        }
    }
}
