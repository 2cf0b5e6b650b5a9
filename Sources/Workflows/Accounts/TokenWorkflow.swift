import Foundation
package import Pathway
package import Storage

/// Tokens of an organisation's machine clients, made and revoked by its administrators.
package struct TokenWorkflow: Sendable {
    private let accounts: AccountStore
    private let administrator: AccountRecord

    /// The longest that a token may work, in days.
    package static let longestDays = 365

    package init(folder: DataFolder, administrator: AccountRecord) {
        (accounts, self.administrator) = (folder.accounts, administrator)
    }

    /// Makes a token.
    ///
    /// - Parameters:
    ///   - name: What it is for, on one line.
    ///   - scopes: What it is good for.
    ///   - days: How long it works, as typed.
    /// - Returns: The token, which is shown nowhere else, and its record.
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    package func make(
        name: String, scopes: Set<AccessScope>, days: String
    ) async throws -> (token: String, record: AccessTokenRecord) {
        let isPlain = !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard (1 ... 120).contains(name.trimmingCharacters(in: .whitespaces).count), isPlain else {
            throw WorkflowError.refused(
                sentence: "Say what the token is for, in 1 to 120 characters on one line.")
        }
        guard !scopes.isEmpty else {
            throw WorkflowError.refused(sentence: "Choose at least one thing that it may do.")
        }
        guard let days = Int(days), (1 ... Self.longestDays).contains(days) else {
            throw WorkflowError.refused(
                sentence: "A token works for 1 to \(Self.longestDays) days; then make another.")
        }
        // The prefix lets programs that look for lost secrets know it.
        let token = "grevy_" + Secret.token()
        let record = try await accounts.keepToken(
            hash: Secret.hash(token), name: name, scopes: scopes,
            validSeconds: Double(days) * 86400, by: administrator)
        return (token, record)
    }

    /// Returns the organisation's tokens, the latest first.
    package func list() async throws -> [AccessTokenRecord] {
        try await accounts.tokens(organisation: administrator.organisation.id)
    }

    /// Ends a token for good; from then on no request with it is believed.
    ///
    /// - Throws: `StorageError.notFound(entity:)`.
    package func revoke(_ id: Int64) async throws {
        try await accounts.revokeToken(id, by: administrator)
    }
}

extension AccountWorkflow {
    /// Why a token opens nothing.
    package enum TokenRefusal: Error, Hashable {
        /// It is unknown, expired or revoked; which of them is not said.
        case dead
        /// It is not good for this.
        case scope(AccessScope)
    }

    /// Returns the account of a machine client.
    ///
    /// - Throws: ``TokenRefusal``; `StorageError`.
    package func machine(token: String, scope: AccessScope) async throws -> AccountRecord {
        guard let record = try await accounts.token(hash: Secret.hash(token)) else {
            throw TokenRefusal.dead
        }
        guard record.isAlive(at: now()) else {
            try await noteRefused(record)
            throw TokenRefusal.dead
        }
        guard record.scopes.contains(scope) else {
            try await noteRefused(record)
            throw TokenRefusal.scope(scope)
        }
        try await accounts.noteUse(of: record)
        return record.account
    }

    private func noteRefused(_ record: AccessTokenRecord) async throws {
        try await accounts.noteAccess(
            by: record.account, to: "token-\(record.id)", action: "token refused")
    }
}
