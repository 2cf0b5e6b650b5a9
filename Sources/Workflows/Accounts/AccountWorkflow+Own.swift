package import Storage

/// What people do with their own account and sessions.
extension AccountWorkflow {
    /// What somebody types to show again who they are.
    package struct Proof: Sendable {
        let password: String
        let code: String
        let address: String

        package init(password: String, code: String, address: String) {
            (self.password, self.code, self.address) = (password, code, address)
        }
    }

    /// Returns the locked session of a token; `nil` when it is open or over.
    package func lockedSession(token: String) async throws -> SessionRecord? {
        try await accounts.lockedSession(hash: Secret.hash(token), limits: limits)
    }

    /// Goes on with a session, locked or not, under a new token.
    ///
    /// Forms that are open stay good: the session keeps their token, and its twelve hours.
    ///
    /// - Returns: The new token.
    /// - Throws: ``Refusal``; `StorageError.notFound(entity:)` when the session is over.
    package func renew(token: String, _ proof: Proof) async throws -> SignedIn {
        let open = try await session(token: token, isUse: false)
        let locked = try await lockedSession(token: token)
        guard let session = open ?? locked else { throw StorageError.notFound(entity: "session") }
        let account = try await proven(session.account, proof)
        let new = Secret.token()
        try await accounts.rotateSession(from: Secret.hash(token), to: Secret.hash(new))
        return SignedIn(token: new, account: account)
    }

    /// Returns the sessions of an account, and which of them has a token.
    package func sessions(
        of account: AccountRecord, token: String
    ) async throws -> [(line: SessionLine, isThis: Bool)] {
        let this = AccountStore.name(ofHash: Secret.hash(token))
        return try await accounts.sessions(of: account.id, limits: limits)
            .map { ($0, $0.id == this) }
    }

    /// Ends one session of an account.
    ///
    /// - Throws: `StorageError.notFound(entity:)` when the account has none of that name.
    package func endSession(named name: String, of account: AccountRecord) async throws {
        guard try await accounts.endSessions(of: account.id, named: name) > 0 else {
            throw StorageError.notFound(entity: "session")
        }
    }

    /// Ends every session of an account but the one of a token.
    package func endOtherSessions(of account: AccountRecord, token: String) async throws {
        try await accounts.endSessions(of: account.id, except: Secret.hash(token))
    }

    /// Changes a person's own password; every session ends, and a new one begins here.
    ///
    /// - Throws: ``Refusal`` when password or code is wrong; ``WorkflowError/refused(sentence:)``
    ///   when the new password is too easy.
    package func changePassword(
        to password: String, _ proof: Proof, of account: AccountRecord, place: SessionPlace
    ) async throws -> SignedIn {
        let account = try await proven(account, proof)
        let hash = try await hashed(password, login: account.login)
        try await accounts.setPassword(hash: hash, of: account.id, by: account.actor)
        return try await begin(account, at: place)
    }

    /// Replaces a person's recovery codes and renews the session.
    ///
    /// - Returns: The session under a new token, and ten codes that are shown nowhere else.
    /// - Throws: ``Refusal``; ``WorkflowError/refused(sentence:)`` without a second factor.
    package func newRecoveryCodes(
        token: String, _ proof: Proof, of account: AccountRecord
    ) async throws -> (signedIn: SignedIn, codes: [String]) {
        guard account.hasSecondFactor else {
            throw WorkflowError.refused(
                sentence: "Recovery codes stand in for a second factor; set one up first.")
        }
        let signedIn = try await renew(token: token, proof)
        let codes = RecoveryCode.drawTen()
        try await accounts.setRecoveryCodes(
            hashes: codes.map(RecoveryCode.hash), of: account.id)
        return (signedIn, codes)
    }

    /// Makes sure that password and code are an account's.
    ///
    /// - Throws: ``Refusal``.
    package func check(_ proof: Proof, of account: AccountRecord) async throws {
        _ = try await proven(account, proof)
    }

    func proven(_ account: AccountRecord, _ proof: Proof) async throws -> AccountRecord {
        try await proven(
            login: account.login, password: proof.password, code: proof.code,
            address: proof.address)
    }
}
