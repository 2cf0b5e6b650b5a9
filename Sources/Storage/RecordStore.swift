import Foundation
import GRDB

/// Keeps patients, studies, series, instances, imports and computed objects.
///
/// Every change is one transaction that also appends to the audit chain; when a method returns,
/// both are on disk. Nothing is deleted: things are superseded, outdated or tombstoned.
package struct RecordStore: Sendable {
    let database: DatabasePool
    let objects: ObjectStore
    let now: @Sendable () -> Date

    /// What a change has at hand: the database, the moment and the chain.
    struct Change {
        let db: Database
        let moment: Date
        let objects: ObjectStore

        var time: String { Timestamp.text(moment) }

        func audit(
            _ actor: String, _ action: String, _ subject: String, _ detail: [String: String] = [:]
        ) throws {
            let event = AuditEvent(
                actor: actor, action: action, subject: subject, detail: detail)
            _ = try AuditLog.append(event, at: moment, in: db)
        }

        /// Lists an object that the store holds.
        func list(_ digest: ObjectDigest) throws {
            guard let count = objects.byteCount(of: digest) else {
                throw StorageError.notFound(entity: "object")
            }
            try db.execute(
                sql: """
                    INSERT INTO object (digest, byteCount, storedAt) VALUES (?, ?, ?)
                    ON CONFLICT (digest) DO NOTHING
                    """, arguments: [digest.hex, count, time])
        }
    }

    /// What is written even when the disk is nearly full: without it nothing could be read or
    /// tidied up.
    private static let bookkeeping: Set = [
        "accessEntry", "accessToken", "account", "job", "oneTimeLink", "recoveryCode", "session",
        "signInFailure", "upload",
    ]

    func write<T: Sendable>(
        _ entity: String, _ body: @escaping @Sendable (Change) throws -> T
    ) async throws -> T {
        if !Self.bookkeeping.contains(entity) { try objects.room.check() }
        do {
            return try await database.write { [now, objects] db in
                try body(Change(db: db, moment: now(), objects: objects))
            }
        } catch { throw StorageError.mapped(error, entity: entity) }
    }

    func read<T: Sendable>(
        _ entity: String, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        do { return try await database.read(body) } catch {
            throw StorageError.mapped(error, entity: entity)
        }
    }
}
