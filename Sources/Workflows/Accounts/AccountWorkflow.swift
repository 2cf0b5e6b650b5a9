package import Foundation
package import Storage

/// Setting up, signing in and what people do with their own account.
package struct AccountWorkflow: Sendable {
    let accounts: AccountStore
    let cost: PasswordCost
    let limits: SessionLimits
    /// The clock.
    package let now: @Sendable () -> Date
    /// Where passwords wait to be hashed.
    package let gate: HashingGate
    /// Where else people may sign in; `nil` for nowhere.
    package let provider: IdentityProvider?
    /// Of the codes in cookies of browsers on their way there; who is on it when the server starts
    /// again begins again.
    let wayKey = Secret.randomBytes(32)

    /// - Parameters:
    ///   - folder: Where accounts are kept.
    ///   - cost: How hard new passwords are to guess; tests take less.
    ///   - limits: How long sessions live.
    ///   - provider: Where else people may sign in.
    ///   - now: The clock.
    package init(
        folder: DataFolder, cost: PasswordCost = .standard, limits: SessionLimits = SessionLimits(),
        provider: IdentityProvider? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        accounts = folder.accounts
        (self.cost, self.limits, self.now) = (cost, limits, now)
        gate = HashingGate()
        self.provider = provider
    }

    /// A browser's new session; the tokens are shown nowhere else.
    package struct SignedIn: Sendable {
        package let token: String
        package let account: AccountRecord
    }

    /// Why nobody is signed in.
    package enum Refusal: Error, Hashable {
        /// Login, password or code is wrong; which of them is not said.
        case wrong
        /// Too many failures; try again after so many seconds.
        case wait(seconds: Int)
        /// Too many passwords wait to be looked at; this one was not.
        case busy
    }

    /// Signs in with a password and, where one is set up, a code.
    ///
    /// Takes as long for a login that does not exist.
    ///
    /// - Parameters:
    ///   - login: Case does not matter.
    ///   - password: As typed.
    ///   - code: Six digits, or a recovery code; empty without a second factor.
    ///   - address: Where the request comes from; attempts are slowed down by login and address.
    ///   - browser: With what, for the list of the owner's sessions.
    /// - Returns: The new session.
    /// - Throws: ``Refusal``, `StorageError`.
    package func signIn(
        login: String, password: String, code: String, address: String, browser: String = ""
    ) async throws -> SignedIn {
        let account = try await proven(
            login: login, password: password, code: code, address: address)
        return try await begin(account, at: SessionPlace(address: address, browser: browser))
    }

    /// Whoever password and code belong to.
    func proven(
        login: String, password: String, code: String, address: String
    ) async throws -> AccountRecord {
        let key = Secret.hash("\(login.lowercased())\n\(address)")
        // Whoever finds no place has not tried: the attempt is counted when its turn has come.
        let account = try await gate.run {
            try await attempt(key: key) {
                let found = try? await accounts.signIn(login: login)
                let hash = PasswordHash(text: found?.1.passwordHash ?? nobodysHash)
                guard try hash.matches(password), let (account, secrets) = found,
                    !account.isDisabled, secrets.passwordHash != nil,
                    try await isAccepted(code, account, secrets)
                else { return nil as AccountRecord? }
                return account
            }
        }
        guard let account else { throw Refusal.wrong }
        return account
    }

    /// Looks at an attempt that counts as failed until it has turned out right.
    ///
    /// - Parameters:
    ///   - key: What is slowed down.
    ///   - look: Returns what the attempt proves; `nil` when it is wrong.
    /// - Returns: What `look` returns.
    /// - Throws: ``Refusal/wait(seconds:)`` after too many failures; what `look` throws.
    func attempt<Value: Sendable>(
        key: String, _ look: () async throws -> Value?
    ) async throws -> Value? {
        let wait = try await accounts.beginAttempt(key: key)
        guard wait <= 0 else { throw Refusal.wait(seconds: Int(wait.rounded(.up))) }
        guard let value = try await look() else {
            try await accounts.noteRefusedAttempt(key: key)
            return nil
        }
        try await accounts.forgetAttempts(key: key)
        return value
    }

    /// A hash that no password has, of today's cost: the time of a wrong login tells nothing.
    private var nobodysHash: String {
        "scrypt$\(cost.rounds)$\(cost.blockSize)$\(cost.parallelism)$AAAAAAAAAAAAAAAAAAAAAA==$AA=="
    }

    private func isAccepted(
        _ code: String, _ account: AccountRecord, _ secrets: AccountSecrets
    ) async throws -> Bool {
        guard let secret = secrets.totpSecret else { return true }
        if let step = try OneTimePassword(base32: secret)?.step(
            of: code, at: now().timeIntervalSince1970)
        {
            return try await accounts.take(totpStep: step, of: account.id)
        }
        let recovery = RecoveryCode.hash(code)
        return try await accounts.take(recoveryCodeHash: recovery, of: account.id)
    }

    func begin(
        _ account: AccountRecord, at place: SessionPlace, isByProvider: Bool = false
    ) async throws -> SignedIn {
        let token = Secret.token()
        try await accounts.beginSession(
            hash: Secret.hash(token), csrfToken: Secret.token(), account: account.id,
            place: place, limits: limits, isByProvider: isByProvider)
        return SignedIn(token: token, account: account)
    }

    /// Returns the session of a token while it lives.
    ///
    /// - Parameters:
    ///   - token: What the browser holds.
    ///   - isUse: Whether a person asks; what a page does by itself keeps no session alive.
    /// - Returns: `nil` when it is over.
    /// - Throws: ``StorageError``.
    package func session(token: String, isUse: Bool = true) async throws -> SessionRecord? {
        try await accounts.session(hash: Secret.hash(token), limits: limits, isUse: isUse)
    }

    /// Ends the session of a token.
    package func signOut(token: String) async throws {
        try await accounts.endSession(hash: Secret.hash(token))
    }

    /// Hashes a new password.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for one that is too easy to guess.
    func hashed(_ password: String, login: String) async throws -> String {
        try PasswordRule.check(password, login: login)
        let cost = cost
        return try await gate.run { try PasswordHash(password: password, cost: cost).text }
    }
}
