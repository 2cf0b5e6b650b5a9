import Foundation
import HTTPTypes
import Hummingbird

/// A block of addresses as `10.1.0.0/16`, `fd00::/8`, or one address alone.
package struct AddressBlock: Hashable, Sendable {
    private let bytes: [UInt8]
    private let bits: Int

    /// - Parameter text: CIDR notation; bits beyond the block's must be zero.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = Self.bytes(of: String(parts[0])) else { return nil }
        var bits = bytes.count * 8
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0 ... bits).contains(given),
                parts[1].allSatisfy(\.isNumber)
            else { return nil }
            bits = given
        }
        (self.bytes, self.bits) = (bytes, bits)
        guard bytes.indices.allSatisfy({ bytes[$0] & ~mask($0) == 0 }) else { return nil }
    }

    /// Whether an address lies in the block; never for what is no address.
    package func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(of: address), other.count == bytes.count else { return false }
        return bytes.indices.allSatisfy { other[$0] & mask($0) == bytes[$0] }
    }

    /// Which bits of a byte are the block's.
    private func mask(_ byte: Int) -> UInt8 {
        let ofByte = min(8, max(0, bits - 8 * byte))
        return ofByte == 0 ? 0 : .max << UInt8(8 - ofByte)
    }

    /// The first twelve bytes of an IPv4 address written as one of IPv6.
    private static let mapped: [UInt8] = Array(repeating: 0, count: 10) + [255, 255]

    /// Four or sixteen bytes; an IPv4 address that is written as one of IPv6 has four.
    static func bytes(of address: String) -> [UInt8]? {
        var four = in_addr()
        if unsafe inet_pton(AF_INET, address, &four) == 1 {
            return unsafe withUnsafeBytes(of: four) { unsafe Array($0) }
        }
        var sixteen = in6_addr()
        guard unsafe inet_pton(AF_INET6, address, &sixteen) == 1 else { return nil }
        let bytes = unsafe withUnsafeBytes(of: sixteen) { unsafe Array($0) }
        return bytes.starts(with: mapped) ? Array(bytes.dropFirst(mapped.count)) : bytes
    }
}

/// Who calls, and by which scheme: of a connection itself, or by the word of a trusted proxy.
struct RequestOrigin: Hashable, Sendable {
    /// The address without its port; empty where there is no connection.
    let peer: String
    let scheme: String
}

extension ServerSettings {
    /// Whether a connection may ask anything.
    ///
    /// - Throws: A refusal for who comes past the proxies from another machine.
    func checkConnection(of peer: String) throws {
        guard !proxies.isEmpty, !isProxy(peer) else { return }
        guard ["127.0.0.1", "::1", ""].contains(peer) else {
            throw Refusal.badRequest("This server is reached through its proxy only.")
        }
    }

    func isProxy(_ peer: String) -> Bool { proxies.contains { $0.contains(peer) } }

    /// Who sent a request.
    ///
    /// Of the addresses that proxies list, the last one counts that is none of theirs: what stands
    /// before it, anybody can have written.
    ///
    /// - Throws: A refusal when a proxy does not say who calls, or that they came by TLS.
    func origin(of request: Request, over peer: String) throws -> RequestOrigin {
        guard isProxy(peer) else { return RequestOrigin(peer: peer, scheme: scheme) }
        let listed = request.headers[values: .forwardedFor].joined(separator: ",")
            .split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        guard let caller = listed.last(where: { !isProxy($0) }) ?? listed.first,
            AddressBlock.bytes(of: caller) != nil,
            let scheme = request.headers[.forwardedScheme]?.lowercased()
        else {
            throw Refusal.badRequest(
                "The proxy must say who calls and how: X-Forwarded-For and X-Forwarded-Proto.")
        }
        guard scheme == "https" else {
            throw Refusal.badRequest("Patient data go by https only; call the proxy so.")
        }
        return RequestOrigin(peer: caller, scheme: scheme)
    }
}
