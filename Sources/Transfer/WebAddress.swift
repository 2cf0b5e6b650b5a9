import CTransferShim

/// An absolute http or https address as libcurl, which will use it, reads it.
package struct WebAddress: Hashable, Sendable {
    /// As given.
    package let text: String
    package let isSecure: Bool
    /// In lower case as a rule; an IPv6 address without brackets.
    package let host: String
    package let port: Int

    /// Reads an address.
    ///
    /// - Throws: ``TransferError/invalid(reason:)`` for other schemes, for a user name or password
    ///   in it, and for what is no address. The sentence does not repeat it.
    package init(_ text: String) throws {
        let parts = try AddressParts(text)
        guard parts.scheme == "https" || parts.scheme == "http" else {
            throw TransferError.invalid(reason: "An address must begin with https:// or http://.")
        }
        self.text = text
        isSecure = parts.scheme == "https"
        (host, port) = (parts.host, parts.port)
    }

    /// Whether it names this computer and nothing else, whatever a name service says.
    package var isLoopback: Bool { AddressParts.isLoopback(host) }

    /// Scheme, host and port, the port only when it is not the scheme's own: `https://a.org:8443`.
    package var origin: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let usual = isSecure ? 443 : 80
        return (isSecure ? "https://" : "http://") + name + (port == usual ? "" : ":\(port)")
    }
}

/// What libcurl's parser finds in an address.
struct AddressParts {
    let scheme: String
    let host: String
    let port: Int

    init(_ text: String) throws {
        var scheme = [CChar](repeating: 0, count: 16)
        var host = [CChar](repeating: 0, count: 256)
        var port: UInt32 = 0
        // Spaces and control characters, which libcurl would let pass, end lines elsewhere.
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        // C gets pointers to arrays that live through the call and are as long as the header says.
        guard isPlain, unsafe tra_address(text, &scheme, &host, &port) == TRA_OK else {
            throw TransferError.invalid(
                reason: "This is not an address, or it has a user name or a space in it.")
        }
        self.scheme = Self.text(scheme)
        self.host = Self.text(host).lowercased()
        self.port = Int(port)
    }

    /// `localhost` is always this computer for libcurl.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
