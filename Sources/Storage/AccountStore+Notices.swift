import Foundation
import GRDB

/// An account's address for notices by mail.
package struct NoticeAddress: Hashable, Sendable {
    package let address: String
    /// Whether its owner wants any.
    package let isOn: Bool
}

/// Somebody who is told by mail what waits for them.
package struct NoticeRecipient: Hashable, Sendable {
    package let account: AccountRecord
    package let address: String
    /// What they were told of, as ``AccountStore/keep(told:of:)`` was given it.
    package let told: Set<String>
}

/// Notices by mail. The audit trail says that an address was set, not which.
extension AccountStore {
    /// Returns an account's address; `nil` when it has none.
    package func noticeAddress(of account: Int64) async throws -> NoticeAddress? {
        try await records.read("notice") { db in
            let sql = "SELECT address, isOn FROM notice WHERE account = ?"
            return try Row.fetchOne(db, sql: sql, arguments: [account]).map {
                NoticeAddress(address: $0["address"], isOn: $0["isOn"])
            }
        }
    }

    /// Returns the addresses of an organisation's accounts, by their numbers.
    package func noticeAddresses(organisation: Int64) async throws -> [Int64: String] {
        try await records.read("notice") { db in
            let sql = """
                SELECT notice.account, address FROM notice
                JOIN account ON account.id = notice.account WHERE organisation = ?
                """
            let rows = try Row.fetchAll(db, sql: sql, arguments: [organisation])
            return Dictionary(rows.map { ($0["account"], $0["address"]) }) { first, _ in first }
        }
    }

    /// Sets an account's address, or none; a new one is on, another one keeps its owner's choice.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``.
    package func set(
        noticeAddress address: String?, of account: Int64, by actor: String
    ) async throws {
        try await records.write("notice") { change in
            _ = try Self.account("account.id = ?", [account], in: change.db)
            if let address {
                try change.db.execute(
                    sql: """
                        INSERT INTO notice (account, address, isOn, toldJSON)
                        VALUES (?1, ?2, 1, '[]')
                        ON CONFLICT (account) DO UPDATE SET address = ?2
                        """, arguments: [account, address])
            } else {
                try change.db.execute(
                    sql: "DELETE FROM notice WHERE account = ?", arguments: [account])
            }
            try change.audit(
                actor, "account.notice-address", "account-\(account)",
                ["set": address == nil ? "no" : "yes"])
        }
    }

    /// Turns an account's notices on or off.
    ///
    /// - Throws: ``StorageError/notFound(entity:)`` when it has no address.
    package func set(noticesOn isOn: Bool, of account: Int64) async throws {
        try await records.write("notice") { change in
            try change.db.execute(
                sql: "UPDATE notice SET isOn = ? WHERE account = ?", arguments: [isOn, account])
            guard change.db.changesCount == 1 else {
                throw StorageError.notFound(entity: "notice")
            }
            try change.audit(
                "account-\(account)", "account.notices", "account-\(account)",
                ["on": isOn ? "yes" : "no"])
        }
    }

    /// Returns who is to be told: address set, turned on, account not disabled.
    ///
    /// - Parameter account: One of them; `nil` for all.
    /// - Returns: Them, by the numbers of their accounts.
    /// - Throws: ``StorageError``.
    package func noticeRecipients(
        account: Int64? = nil
    ) async throws -> [NoticeRecipient] {
        try await records.read("notice") { db in
            let clause = """
                NOT isDisabled AND (?1 IS NULL OR account.id = ?1)
                    AND account.id IN (SELECT account FROM notice WHERE isOn) ORDER BY account.id
                """
            return try Self.accounts(clause, [account], in: db).compactMap { account in
                let sql = "SELECT address, toldJSON FROM notice WHERE account = ?"
                return try Row.fetchOne(db, sql: sql, arguments: [account.id]).map { row in
                    let told = Data((row["toldJSON"] as String).utf8)
                    return NoticeRecipient(
                        account: account, address: row["address"],
                        told: try JSONDecoder().decode(Set<String>.self, from: told))
                }
            }
        }
    }

    /// Keeps what an account was told of; nothing for the audit trail.
    package func keep(told: Set<String>, of account: Int64) async throws {
        let json = String(decoding: try JSONEncoder().encode(told.sorted()), as: UTF8.self)
        try await records.write("notice") { change in
            try change.db.execute(
                sql: "UPDATE notice SET toldJSON = ? WHERE account = ?",
                arguments: [json, account])
        }
    }
}
