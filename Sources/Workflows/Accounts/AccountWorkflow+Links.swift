import Foundation
package import Pathway
package import Storage

extension AccountWorkflow {
    /// How long a set-up link works, in seconds.
    package static let setUpSeconds = 30 * 60.0
    /// How long an invitation or a reset works, in seconds.
    package static let invitationSeconds = 3 * 86400.0

    /// Makes the link by which the first administrator sets up the server.
    ///
    /// - Returns: The token, or `nil` when there is an administrator already.
    package func setUpToken() async throws -> String? {
        guard try await !hasAdministrator() else { return nil }
        return try await link(.setUp, account: nil, seconds: Self.setUpSeconds, by: "set-up")
    }

    /// Whether somebody who is not disabled manages accounts.
    package func hasAdministrator() async throws -> Bool {
        try await accounts.accounts().contains {
            $0.role.rights.contains(.manageAccounts) && !$0.isDisabled && $0.hasPassword
        }
    }

    /// Uses the set-up link: makes the organisation and its administrator.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the link does not work or a value is
    ///   not allowed; the link still works then.
    package func setUp(
        token: String, organisation: String, login: String, fullName: String, password: String,
        place: SessionPlace = SessionPlace()
    ) async throws -> SignedIn {
        let hash = Secret.hash(token)
        guard try await accounts.link(hash: hash)?.purpose == .setUp else { throw Self.deadLink }
        try AccountRule.check(login: login, fullName: fullName)
        try AccountRule.check(organisation: organisation)
        let passwordHash = try await hashed(password, login: login)
        guard try await accounts.takeLink(hash: hash) else { throw Self.deadLink }
        let home = try await accounts.organisation(named: organisation, by: "set-up")
        let account = try await accounts.create(
            login: login, fullName: fullName, organisation: home.id, role: .administrator,
            by: "set-up")
        try await accounts.setPassword(hash: passwordHash, of: account.id, by: "set-up")
        try await accounts.setKeeper(home.id, by: "set-up")
        try await accounts.assignUnowned(to: home.id, by: "set-up")
        return try await begin(account, at: place)
    }

    /// Adds an organisation with its first administrator.
    ///
    /// - Parameters:
    ///   - name: Of the organisation.
    ///   - login: Of the administrator.
    ///   - fullName: Of the administrator.
    ///   - actor: Who runs the server.
    /// - Returns: The administrator's account, and the token of the link by which they set a password.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a value is not allowed, or an organisation
    ///   or a login of that name is there.
    package func addOrganisation(
        named name: String, login: String, fullName: String, by actor: String
    ) async throws -> (account: AccountRecord, token: String) {
        try AccountRule.check(login: login, fullName: fullName)
        try AccountRule.check(organisation: name)
        let known = try await accounts.accounts()
        guard !known.contains(where: { $0.login.lowercased() == login.lowercased() }) else {
            throw Self.takenLogin
        }
        let home: OrganisationRecord
        do {
            home = try await accounts.addOrganisation(named: name, by: actor)
        } catch StorageError.duplicate { throw Self.takenName }
        let account = try await accounts.create(
            login: login, fullName: fullName, organisation: home.id, role: .administrator,
            by: actor)
        return (
            account,
            try await link(
                .invitation, account: account.id, seconds: Self.invitationSeconds, by: actor)
        )
    }

    /// Gives an organisation another name.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the name is not allowed or another
    ///   organisation's, or no reason is given; ``StorageError/notFound(entity:)``.
    package func rename(
        organisation id: Int64, to name: String, reason: String, by administrator: AccountRecord
    ) async throws {
        let reason = reason.trimmingCharacters(in: .whitespacesAndNewlines)
        try AccountRule.check(organisation: name)
        guard (3 ... 500).contains(reason.count) else {
            throw WorkflowError.refused(sentence: "Say why, in 3 to 500 characters.")
        }
        do {
            try await accounts.rename(
                organisation: id, to: name, reason: reason, by: administrator.actor)
        } catch StorageError.duplicate { throw Self.takenName }
    }

    /// Makes a new link for the administrator who was invited to an organisation, while nobody
    /// administers it yet; afterwards its own people make links.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when somebody does;
    ///   ``StorageError/notFound(entity:)``.
    package func invitationAgain(
        toOrganisation id: Int64, by administrator: AccountRecord
    ) async throws -> String {
        let known = try await accounts.organisationSummaries().first { $0.id == id }
        guard let known else { throw StorageError.notFound(entity: "organisation") }
        guard let invited = known.invited else {
            throw WorkflowError.refused(
                sentence: "This organisation has an administrator, who makes links for its people.")
        }
        return try await link(
            .invitation, account: invited, seconds: Self.invitationSeconds,
            by: administrator.actor)
    }

    private static let takenName = WorkflowError.refused(
        sentence: "There is an organisation of this name already, or there was one.")

    private static let takenLogin = WorkflowError.refused(
        sentence: "There is an account with this login already.")

    /// Creates an account and the link by which its owner sets a password.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a value is not allowed or taken.
    package func invite(
        login: String, fullName: String, role: Role, by administrator: AccountRecord
    ) async throws -> (account: AccountRecord, token: String) {
        let home = administrator.organisation
        try AccountRule.check(login: login, fullName: fullName)
        let actor = administrator.actor
        do {
            let account = try await accounts.create(
                login: login, fullName: fullName, organisation: home.id, role: role, by: actor)
            return (
                account,
                try await link(
                    .invitation, account: account.id, seconds: Self.invitationSeconds, by: actor)
            )
        } catch StorageError.duplicate {
            throw Self.takenLogin
        }
    }

    /// Makes the link by which somebody sets a new password.
    package func resetToken(
        for account: AccountRecord, by administrator: AccountRecord
    ) async throws -> String {
        try await link(
            .reset, account: account.id, seconds: Self.invitationSeconds,
            by: administrator.actor)
    }

    /// Uses an invitation or a reset: sets the password.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the link does not work or the password
    ///   is too easy; the link still works then.
    package func setPassword(token: String, password: String) async throws {
        let hash = Secret.hash(token)
        guard let id = try await accounts.link(hash: hash)?.account,
            let account = try await accounts.accounts().first(where: { $0.id == id })
        else { throw Self.deadLink }
        let passwordHash = try await hashed(password, login: account.login)
        guard try await accounts.takeLink(hash: hash) else { throw Self.deadLink }
        try await accounts.setPassword(hash: passwordHash, of: id, by: "account-\(id)")
    }

    private func link(
        _ purpose: LinkPurpose, account: Int64?, seconds: Double, by actor: String
    ) async throws -> String {
        let token = Secret.token()
        try await accounts.keepLink(
            hash: Secret.hash(token), purpose: purpose, account: account, validSeconds: seconds,
            by: actor)
        return token
    }

    private static let deadLink = WorkflowError.refused(
        sentence: "This link does not work any more; ask for a new one.")
}
