package import Foundation
import Storage

/// What an examination of a data folder found, ready for a person or a script.
package struct AuditExamination: Hashable, Sendable, Encodable {
    package let intact: Bool
    /// Entries that hold, counted from the first.
    package let intactEntries: Int
    /// `SEQUENCE:HASH` of the chain's end, to be noted elsewhere; `nil` when it is broken.
    package let head: String?
    /// The first entry that does not hold.
    package let firstBrokenEntry: Int?
    /// Why it does not hold.
    package let reason: String?
    /// Signed heads that the chain was held against.
    package let signedHeads: Int
    /// Records, objects and signed heads that are not as they were written.
    package let damage: [String]

    /// Whether chain, records and objects all hold.
    package var isSound: Bool { intact && damage.isEmpty }
}

/// One entry of the audit chain as it is shown.
package struct AuditLine: Hashable, Sendable, Encodable {
    package let sequence: Int
    /// ISO 8601, UTC, milliseconds.
    package let timeUTC: String
    package let actor: String
    package let action: String
    package let subject: String
    package let detailJSON: String
    package let previousHash: String
    package let hash: String

    init(_ entry: AuditEntry) {
        sequence = entry.sequence
        timeUTC = entry.timeUTC
        actor = entry.actor
        action = entry.action
        subject = entry.subject
        detailJSON = entry.detailJSON
        previousHash = entry.previousHash
        hash = entry.hash
    }
}

/// Looks at the audit chain of a data folder.
package enum AuditWorkflow {
    /// Recomputes the chain and looks for damage.
    ///
    /// - Parameters:
    ///   - data: The data folder.
    ///   - expectedHead: A head noted before (`SEQUENCE:HASH`), which the chain must still hold.
    ///   - signedHeads: Signed heads, which it must hold too; with their key those in the data
    ///     folder are looked at as well.
    ///   - rereadingObjects: Whether every stored object is hashed again.
    /// - Returns: The findings; a broken chain is a result, not an error.
    /// - Throws: `StorageError` when the folder cannot be opened; ``WorkflowError/refused(sentence:)``
    ///   when the head is not written like one.
    package static func verify(
        data: URL, expectedHead: String?, signedHeads: SignedHeads? = nil, rereadingObjects: Bool
    ) async throws -> AuditExamination {
        let expectedHead = try expectedHead.map { text in
            guard let head = AuditHead(text) else {
                throw WorkflowError.refused(sentence: "A head is written SEQUENCE:HASH.")
            }
            return head
        }
        let folder = try DataFolder.open(at: data, create: false)
        let signed = try signedHeads?.read(folder) ?? (heads: [], damage: [])
        let expected = Set(signed.heads + (expectedHead.map { [$0] } ?? []))
        let verdict = try await folder.audit.verify(expectedHeads: expected)
        let damage = try await folder.check(rereadingObjects: rereadingObjects) + signed.damage
        let sentences = damage.map { "\($0.subject): \($0.reason)" }
        switch verdict {
        case .intact(let count, let head):
            return AuditExamination(
                intact: true, intactEntries: count, head: head.description, firstBrokenEntry: nil,
                reason: nil, signedHeads: signed.heads.count, damage: sentences)
        case .broken(let sequence, let fault):
            return AuditExamination(
                intact: false, intactEntries: sequence - 1, head: nil, firstBrokenEntry: sequence,
                reason: fault.rawValue, signedHeads: signed.heads.count, damage: sentences)
        }
    }

    /// Whether a text is written like a chain's head.
    package static func isHead(_ text: String) -> Bool { AuditHead(text) != nil }

    /// Returns the last entries, oldest first.
    ///
    /// - Throws: `StorageError` when the folder cannot be opened.
    package static func entries(data: URL, last count: Int) async throws -> [AuditLine] {
        let folder = try DataFolder.open(at: data, create: false)
        return try await folder.audit.entries(last: count).map(AuditLine.init)
    }
}
