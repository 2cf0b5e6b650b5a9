import Foundation

/// What someone did, before it has its place in the chain.
package struct AuditEvent: Hashable, Sendable {
    /// Who did it, an account's name.
    package let actor: String
    /// What was done, area first: `import.register`, `derived.save`.
    package let action: String
    /// What it was done to, by record id or digest; never a patient's name, ID or UID.
    package let subject: String
    /// Further ids, digests, counts and reasons; no patient data.
    package let detail: [String: String]

    package init(actor: String, action: String, subject: String, detail: [String: String] = [:]) {
        self.actor = actor
        self.action = action
        self.subject = subject
        self.detail = detail
    }
}

/// One link of the audit chain.
package struct AuditEntry: Hashable, Sendable {
    /// Counts from 1 without gaps.
    package let sequence: Int
    /// ISO 8601, UTC, milliseconds.
    package let timeUTC: String
    package let actor: String
    package let action: String
    package let subject: String
    /// One JSON object, keys sorted.
    package let detailJSON: String
    /// The hash of the entry before; 64 zeros for the first.
    package let previousHash: String
    /// SHA-256 of everything above in the form of ``canonical(_:)``, lower-case hexadecimal.
    package let hash: String
}

/// The end of a chain; noted elsewhere, it shows later that nothing was cut off.
package struct AuditHead: Hashable, Sendable, LosslessStringConvertible {
    /// What an empty chain ends in.
    package static let empty = AuditHead(sequence: 0, hash: String(repeating: "0", count: 64))

    package let sequence: Int
    package let hash: String

    init(sequence: Int, hash: String) {
        self.sequence = sequence
        self.hash = hash
    }

    /// Reads `SEQUENCE:HASH`.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard
            parts.count == 2, let sequence = Int(parts[0]), sequence >= 0,
            ObjectDigest(String(parts[1])) != nil
        else { return nil }
        self.init(sequence: sequence, hash: String(parts[1]))
    }

    package var description: String { "\(sequence):\(hash)" }
}

extension AuditEntry {
    /// Comes first in what is hashed, so that a later format cannot be taken for this one.
    static let format = "grevy-audit-1"

    /// Returns what is hashed: each field as its length (8 bytes, big endian) and its bytes.
    static func canonical(_ fields: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in [Array(format.utf8)] + fields {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: UInt64(field.count) >> UInt64(shift)))
            }
            bytes += field
        }
        return bytes
    }

    /// Returns the hash of an entry's fields, in the order of the table's columns.
    static func hash(_ fields: [[UInt8]]) -> String { ObjectDigest(of: canonical(fields)).hex }
}
