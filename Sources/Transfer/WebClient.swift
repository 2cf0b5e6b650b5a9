package import Foundation

/// Sends requests to other computers over HTTPS; over plain HTTP to this one, or where allowed.
///
/// No proxy of the environment, no cookies, no user names in addresses, no redirection unless asked.
/// Keeps connections open for the next request. Every transfer waits on a thread of its own.
package final class WebClient: Sendable {
    /// Whether plain HTTP may go to other computers too.
    package let isPlainAllowed: Bool
    private let lines: LinePool

    package init(
        trust: Trust = .system, limits: TransferLimits = TransferLimits(),
        isPlainAllowed: Bool = false
    ) {
        self.isPlainAllowed = isPlainAllowed
        lines = LinePool(trust: trust, limits: limits)
    }

    /// Sends a request and waits for the whole answer, whatever its status.
    ///
    /// Cancelling the task ends the transfer at once. A destination that was not written whole is
    /// removed again.
    ///
    /// - Parameters:
    ///   - request: What is asked of whom.
    ///   - progress: Called a few times a second at most, on the transfer's own thread.
    /// - Returns: The answer.
    /// - Throws: ``TransferError``; `CancellationError`.
    package func answer(
        to request: WebRequest, progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) async throws -> WebAnswer {
        let isPlain = isPlainAllowed || request.address.isLoopback
        guard request.address.isSecure || isPlain else {
            throw TransferError.invalid(
                reason: "\(request.address.host) would be asked without TLS. Use https://.")
        }
        let isMethod = request.method.utf8.allSatisfy { (0x41 ... 0x5a).contains($0) }
        guard isMethod, !request.method.isEmpty else {
            throw TransferError.invalid(reason: "A method has upper case letters only.")
        }
        guard request.mostRedirects == 0 || ["GET", "HEAD"].contains(request.method) else {
            throw TransferError.invalid(reason: "Only GET and HEAD can be redirected.")
        }
        let headers = try request.headers.sent()
        return try await lines.transfer(to: request.address.host, port: request.address.port) {
            line in
            try line.prepare(request, headers: headers, isPlain: isPlain)
            let code = try line.run(
                Line.Purpose(
                    host: request.address.host, port: request.address.port,
                    mostBytes: request.mostBytes), progress: progress)
            return WebAnswer(
                status: code, headers: WebHeaders(answer: line.headers), body: line.body)
        }
    }
}

/// Whom a client believes.
package enum Trust: Hashable, Sendable {
    /// The authorities of this computer.
    case system
    /// The authorities in a PEM file instead of the system's.
    case authorities(URL)
    /// One certificate, by the SHA-256 of its DER form in lower-case hexadecimal: whoever signed it,
    /// whatever name it has, and no other.
    case certificate(sha256: String)
}

/// How long a transfer may take, in seconds.
package struct TransferLimits: Hashable, Sendable {
    /// Until the connection is there, TLS included.
    package var connectSeconds: Int
    /// Without a byte in either direction.
    package var stallSeconds: Int
    /// Altogether; `nil` is no limit.
    package var totalSeconds: Int?

    package init(connectSeconds: Int = 10, stallSeconds: Int = 60, totalSeconds: Int? = nil) {
        self.connectSeconds = connectSeconds
        self.stallSeconds = stallSeconds
        self.totalSeconds = totalSeconds
    }
}
