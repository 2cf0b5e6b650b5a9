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
        if let four = fourBytes(address[...]) { return four }
        let halves = address.split(
            separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        guard let before = groups(halves[0], atEnd: halves.count == 1),
            halves.count == 1 || !halves[1].contains("::")
        else { return nil }
        guard halves.count == 2 else { return before.count == 16 ? shortened(before) : nil }
        guard let after = groups(halves[1], atEnd: true), before.count + after.count <= 14
        else { return nil }
        let zeros = [UInt8](repeating: 0, count: 16 - before.count - after.count)
        return shortened(before + zeros + after)
    }

    private static func shortened(_ bytes: [UInt8]) -> [UInt8] {
        bytes.starts(with: mapped) ? Array(bytes.dropFirst(mapped.count)) : bytes
    }

    private static func fourBytes(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            part.wholeMatch(of: /0|[1-9][0-9]{0,2}/).flatMap { UInt8($0.0) }
        }
        return parts.count == 4 && numbers.count == 4 ? numbers : nil
    }

    /// Groups of four hexadecimal digits between colons, at the address's end the last perhaps an
    /// IPv4 address (RFC 4291, section 2.2).
    private static func groups(_ text: Substring, atEnd: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (n, part) in parts.enumerated() {
            if atEnd, n == parts.count - 1, let four = fourBytes(part) {
                bytes += four
            } else if part.wholeMatch(of: /[0-9A-Fa-f]{1,4}/) != nil,
                let group = UInt16(part, radix: 16)
            {
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            } else {
                return nil
            }
        }
        return bytes.count <= 16 ? bytes : nil
    }
}

/// Who calls, and by which scheme: of a connection itself, or by the word of a trusted proxy.
struct RequestOrigin: Hashable, Sendable {
    /// The address without its port; empty where there is no connection.
    let peer: String
    let scheme: String
    /// Whether a proxy stands between.
    let isForwarded: Bool

    /// Whether this machine itself calls.
    var isLocal: Bool { !isForwarded && Self.isLocal(peer) }

    private static let local = ["127.0.0.0/8", "::1"].compactMap(AddressBlock.init)

    static func isLocal(_ peer: String) -> Bool {
        peer.isEmpty || local.contains { $0.contains(peer) }
    }
}

extension ServerSettings {
    func isProxy(_ peer: String) -> Bool { proxies.contains { $0.contains(peer) } }

    /// Whether a connection may ask anything.
    ///
    /// - Throws: A refusal for who comes past the proxies from another machine.
    func checkConnection(of peer: String) throws {
        guard proxies.isEmpty || isProxy(peer) || RequestOrigin.isLocal(peer) else {
            throw Refusal.badRequest("This server is reached through its proxy only.")
        }
    }

    /// Who sent a request.
    ///
    /// Of the addresses that proxies list, the last one counts that is none of theirs: what stands
    /// before it, anybody can have written. This machine without such a list speaks for itself, also
    /// where a proxy runs on it.
    ///
    /// - Throws: A refusal when a proxy does not say who calls, or that they came by TLS.
    func origin(of request: Request, over peer: String) throws -> RequestOrigin {
        let lists = request.headers[values: .forwardedFor]
        let named = request.headers[.forwardedScheme]?.lowercased()
        guard isProxy(peer), !(lists.isEmpty && named == nil && RequestOrigin.isLocal(peer)) else {
            return RequestOrigin(peer: peer, scheme: scheme, isForwarded: false)
        }
        let listed = lists.joined(separator: ",").split(separator: ",").map {
            Self.withoutPort($0.trimmingCharacters(in: .whitespaces))
        }
        guard let caller = listed.last(where: { !isProxy($0) }) ?? listed.last,
            AddressBlock.bytes(of: caller) != nil, let named
        else {
            throw Refusal.badRequest(
                "The proxy must say who calls and how: X-Forwarded-For and X-Forwarded-Proto.")
        }
        guard named == "https" else {
            throw Refusal.badRequest("Patient data go by https only; call the proxy so.")
        }
        return RequestOrigin(peer: caller, scheme: named, isForwarded: true)
    }

    /// Some proxies list `203.0.113.9:51234` and `[2001:db8::1]:51234`.
    private static func withoutPort(_ address: String) -> String {
        if let bracketed = address.wholeMatch(of: /\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?/) {
            return String(bracketed.1)
        }
        return address.wholeMatch(of: /([0-9.]+):[0-9]{1,5}/).map { String($0.1) } ?? address
    }
}
