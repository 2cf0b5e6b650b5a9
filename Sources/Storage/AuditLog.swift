import Foundation
import GRDB

/// The append-only, hash-chained record of who did what.
///
/// The chain shows every change, removal or reordering up to its end. Whoever can rewrite the
/// file can also rewrite the whole chain or cut its tail: note ``head()`` elsewhere and give it to
/// ``verify(expectedHeads:)``.
package struct AuditLog: Sendable {
    /// What an examination of the chain found.
    package enum Verdict: Hashable, Sendable {
        case intact(count: Int, head: AuditHead)
        /// The first entry that does not hold, and why.
        case broken(sequence: Int, fault: Fault)
    }

    /// Why an entry does not hold.
    package enum Fault: String, Hashable, Sendable {
        /// An entry is missing, or two changed places.
        case sequence = "the entry with this number is missing or out of order"
        case previousHash = "the entry does not follow from the one before"
        case content = "the entry's content does not have the hash that was recorded"
        case unreadable = "the entry cannot be read from the database file"
        case expectedHead = "the chain does not hold the head that was noted before"
    }

    let database: DatabasePool
    let now: @Sendable () -> Date

    /// Adds an entry that records something outside the tables.
    ///
    /// Changes of records add theirs in their own transaction.
    ///
    /// - Throws: ``StorageError/invalid(entity:reason:)`` when a field holds a NUL character.
    @discardableResult
    package func append(_ event: AuditEvent) async throws -> AuditHead {
        do {
            return try await database.write { [now] db in
                try Self.append(event, at: now(), in: db)
            }
        } catch { throw StorageError.mapped(error, entity: "audit") }
    }

    /// Returns the chain's end, to be noted outside the data folder.
    package func head() async throws -> AuditHead {
        do { return try await database.read { try Self.head(in: $0) } } catch {
            throw StorageError.mapped(error, entity: "audit")
        }
    }

    /// Returns the last `count` entries, oldest first.
    package func entries(last count: Int) async throws -> [AuditEntry] {
        try await read("1 ORDER BY seq DESC LIMIT ?", [max(0, count)]).reversed()
    }

    /// Returns the entry with a number; `nil` when the chain is shorter.
    package func entry(_ sequence: Int) async throws -> AuditEntry? {
        try await read("seq = ?", [sequence]).first
    }

    /// Returns the latest entries about an account's access: links, password, second factor, codes, role.
    ///
    /// - Parameters:
    ///   - account: The account's number.
    ///   - count: How many at most.
    /// - Returns: The entries, the latest first.
    /// - Throws: ``StorageError``.
    package func accountEntries(of account: Int64, last count: Int) async throws -> [AuditEntry] {
        try await read(
            """
            subject = ? AND (action LIKE 'link.%' OR action LIKE 'account.%')
            ORDER BY seq DESC LIMIT ?
            """, ["account-\(account)", max(0, count)])
    }

    private func read(
        _ clause: String, _ arguments: StatementArguments
    ) async throws -> [AuditEntry] {
        do {
            return try await database.read { db in
                let sql = "SELECT * FROM audit WHERE \(clause)"
                return try Row.fetchAll(db, sql: sql, arguments: arguments).map {
                    AuditEntry(
                        sequence: $0["seq"], timeUTC: $0["timeUTC"], actor: $0["actor"],
                        action: $0["action"], subject: $0["subject"], detailJSON: $0["detailJSON"],
                        previousHash: $0["previousHash"], hash: $0["hash"])
                }
            }
        } catch { throw StorageError.mapped(error, entity: "audit") }
    }

    /// Recomputes the whole chain.
    ///
    /// - Parameter expectedHeads: Ends noted before, which the chain must still contain.
    /// - Returns: The verdict; a damaged database file is a broken chain, not an error.
    /// - Throws: What the database says when it cannot be opened at all.
    @concurrent
    package func verify(expectedHeads: Set<AuditHead> = []) async throws -> Verdict {
        try await database.read { try Self.verify(expectedHeads, in: $0) }
    }
}

extension AuditLog {
    static func append(_ event: AuditEvent, at time: Date, in db: Database) throws -> AuditHead {
        let detail = try RecordStore.json(event.detail)
        let last = try head(in: db)
        let texts = [
            Timestamp.text(time), event.actor, event.action, event.subject, detail, last.hash,
        ]
        // SQLite's text ends at NUL: what is stored would not be what is hashed.
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw StorageError.invalid(entity: "audit", reason: "a field holds a NUL character")
        }
        let sequence = last.sequence + 1
        let hash = AuditEntry.hash([Array("\(sequence)".utf8)] + texts.map { Array($0.utf8) })
        try db.execute(
            sql: """
                INSERT INTO audit
                    (seq, timeUTC, actor, action, subject, detailJSON, previousHash, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                sequence, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], hash,
            ])
        return AuditHead(sequence: sequence, hash: hash)
    }

    static func head(in db: Database) throws -> AuditHead {
        let sql = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
        guard let row = try Row.fetchOne(db, sql: sql) else { return .empty }
        return AuditHead(sequence: row["seq"], hash: row["hash"])
    }

    private static func verify(_ expected: Set<AuditHead>, in db: Database) throws -> Verdict {
        var last = AuditHead.empty
        var missing = expected.subtracting([.empty])
        do {
            // As blobs, so that bytes after a NUL or outside UTF-8 count too.
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT seq, CAST(timeUTC AS BLOB), CAST(actor AS BLOB), CAST(action AS BLOB),
                        CAST(subject AS BLOB), CAST(detailJSON AS BLOB),
                        CAST(previousHash AS BLOB), CAST(hash AS BLOB)
                    FROM audit ORDER BY seq
                    """)
            while let row = try rows.next() {
                let sequence: Int = row[0]
                let fields = (1 ... 7).map { [UInt8](row[$0] as Data? ?? Data()) }
                guard sequence == last.sequence + 1 else {
                    return .broken(sequence: last.sequence + 1, fault: .sequence)
                }
                guard fields[5] == Array(last.hash.utf8) else {
                    return .broken(sequence: sequence, fault: .previousHash)
                }
                let hash = AuditEntry.hash([Array("\(sequence)".utf8)] + fields[0 ..< 6])
                guard fields[6] == Array(hash.utf8) else {
                    return .broken(sequence: sequence, fault: .content)
                }
                last = AuditHead(sequence: sequence, hash: hash)
                missing.remove(last)
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            return .broken(sequence: last.sequence + 1, fault: .unreadable)
        }
        if let first = missing.map(\.sequence).min() {
            return .broken(sequence: min(first, last.sequence + 1), fault: .expectedHead)
        }
        return .intact(count: last.sequence, head: last)
    }
}

/// How moments are written: ISO 8601, UTC, milliseconds.
enum Timestamp {
    static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
