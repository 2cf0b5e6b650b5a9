import Foundation

/// A numeric address of the internet, IPv4 or IPv6, in its one usual spelling.
package struct NumericAddress: Hashable, Sendable {
    /// As RFC 5952 spells it.
    package let text: String

    /// `nil` for what is no numeric address, names of hosts among it.
    package init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        var spelling = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        for family in [AF_INET, AF_INET6] {
            // Both arrays are long enough for either family, and outlive the calls.
            let isRead = unsafe inet_pton(family, text, &bytes) == 1
            guard isRead else { continue }
            guard unsafe inet_ntop(family, bytes, &spelling, socklen_t(spelling.count)) != nil
            else { return nil }
            self.text = ShimCall.text(spelling)
            return
        }
        return nil
    }

    /// Whether only this machine can call from it.
    package var isLoopback: Bool { text.hasPrefix("127.") || text == "::1" }
}
