package import Foundation
package import Storage

/// Why nobody is signed in, bound or believed after a way over the provider.
package enum ProviderRefusal: Error, Hashable {
    /// No provider is set.
    case none
    /// The provider, or the way to it.
    case unreachable(sentence: String)
    /// Nothing of this browser is under way, or it took too long, or has come back before.
    case over
    /// The provider says that nobody signed in.
    case denied
    /// What the provider says is not believed; what exactly is in the audit trail.
    case notBelieved
    /// Nobody here is bound to that person, or the account is disabled.
    case nobody
    /// Somebody else signed in than who asked.
    case otherPerson
    /// The person signed in before the request was sent.
    case notFresh
    /// The identity is another account's.
    case taken

    /// What happened and what to do next.
    package var sentence: String {
        switch self {
        case .none: "No sign-in but the password is set up on this server."
        case .unreachable(let sentence): sentence
        case .over:
            "This sign-in was begun in another browser, has been used, or took more than ten "
                + "minutes. Begin again."
        case .denied: "Nobody signed in there. Begin again, or use your password."
        case .notBelieved:
            "The answer could not be believed and nothing was done. Begin again; if it happens "
                + "again, tell whoever runs the server."
        case .nobody:
            "No account here belongs to who signed in. An administrator can bind one, or you sign "
                + "in with your password and bind it on your account's page."
        case .otherPerson: "Somebody else signed in there than who is signed in here."
        case .notFresh:
            "The sign-in was not a new one. Nothing was done; sign in again when asked."
        case .taken: "Another account here belongs to that person already."
        }
    }
}

extension AccountWorkflow {
    /// A browser on its way to the provider.
    package struct Departure: Sendable {
        package let address: String
        /// For a cookie: only this browser can come back.
        package let browserToken: String
        package let label: String
    }

    /// A browser that has come back.
    package struct Arrival: Sendable {
        /// The page to go on with.
        package let way: String
        /// Of the session that began, or that goes on after its lock; `nil` where the browser keeps
        /// the one it has.
        package let token: String?
    }

    /// What a browser is sent for.
    package enum Errand: Sendable {
        case signIn
        case bind(AccountRecord, token: String)
        case sign(SigningIntent, AccountRecord, token: String, way: String)
        /// To go on with the session of the token, locked or not.
        case unlock(AccountRecord, token: String, way: String)
    }

    /// What a browser brings back.
    package struct Return: Sendable {
        let query: [String: String]
        let browserToken: String
        let callback: String
        let place: SessionPlace

        package init(
            query: [String: String], browserToken: String, callback: String, place: SessionPlace
        ) {
            (self.query, self.browserToken) = (query, browserToken)
            (self.callback, self.place) = (callback, place)
        }
    }

    /// How long a browser may take there, in seconds.
    private static let wayOutSeconds = 600.0
    /// How long after signing in again a signature may take, in seconds.
    private static let proofSeconds = 300.0

    private func request(
        state: String, browserToken: String, callback: String
    ) -> IdentityProvider.Request {
        // Made from the cookie's secret, so that the server keeps nothing that could be stolen.
        IdentityProvider.Request(
            state: state, nonce: Base64URL.encoded(Secret.digest("nonce\n" + browserToken)),
            verifier: Base64URL.encoded(Secret.digest("verifier\n" + browserToken)),
            callback: callback)
    }

    /// Sends a browser to the provider.
    ///
    /// - Parameters:
    ///   - errand: What for.
    ///   - callback: Where it comes back to: an absolute address that the provider knows.
    /// - Returns: Where it goes, and what it must hold to come back.
    /// - Throws: ``ProviderRefusal``, `StorageError`.
    package func depart(_ errand: Errand, callback: String) async throws -> Departure {
        guard let provider else { throw ProviderRefusal.none }
        guard let kept = try await request(for: errand) else {
            let way = try SignInWay(at: now(), key: wayKey)
            let address = try await provider.address(
                for: request(state: way.state, browserToken: way.token, callback: callback),
                isFresh: false)
            return Departure(
                address: address, browserToken: way.token, label: provider.settings.label)
        }
        let (state, browserToken) = (Secret.token(), Secret.token())
        let address = try await provider.address(
            for: request(state: state, browserToken: browserToken, callback: callback),
            isFresh: kept.purpose.isFresh)
        try await accounts.keep(
            kept, state: Secret.hash(state), browser: Secret.hash(browserToken),
            validSeconds: Self.wayOutSeconds)
        return Departure(
            address: address, browserToken: browserToken, label: provider.settings.label)
    }

    /// What is kept of an errand; `nil` for signing in.
    private func request(for errand: Errand) async throws -> ProviderRequest? {
        switch errand {
        case .signIn: return nil
        case .bind(let account, let token):
            return ProviderRequest(
                purpose: .bind, account: account.id, session: Secret.hash(token), way: "/account",
                sentAt: now())
        case .sign(let intent, let account, let token, let way):
            try await checkBound(account)
            return ProviderRequest(
                purpose: .sign, account: account.id, session: Secret.hash(token), intent: intent,
                way: way, sentAt: now())
        case .unlock(let account, let token, let way):
            try await checkBound(account)
            return ProviderRequest(
                purpose: .unlock, account: account.id, session: Secret.hash(token), way: way,
                sentAt: now())
        }
    }

    private func checkBound(_ account: AccountRecord) async throws {
        guard try await accounts.identity(of: account.id) != nil else {
            throw ProviderRefusal.nobody
        }
    }

    /// Looks at what a browser brings back.
    ///
    /// - Throws: ``ProviderRefusal``, `StorageError`.
    package func arrive(_ back: Return) async throws -> Arrival {
        guard let provider else { throw ProviderRefusal.none }
        guard let state = back.query["state"] else { throw ProviderRefusal.over }
        let asked = try await asked(for: state, back.browserToken)
        do {
            // RFC 9207: another provider's answer would name another issuer.
            if let issuer = back.query["iss"], issuer != provider.settings.issuer {
                throw TokenFlaw.issuer
            }
            guard back.query["error"] == nil, let code = back.query["code"] else {
                throw ProviderRefusal.denied
            }
            let claims = try await provider.claims(
                code: code,
                request(state: state, browserToken: back.browserToken, callback: back.callback),
                now: now())
            return try await finish(asked, claims, provider.settings.issuer, back.place)
        } catch let flaw as TokenFlaw {
            try await accounts.noteRefusedProvider(account: asked?.account, reason: flaw.rawValue)
            throw ProviderRefusal.notBelieved
        } catch let refusal as ProviderRefusal {
            try await accounts.noteRefusedProvider(
                account: asked?.account, reason: refusal.auditName)
            throw refusal
        }
    }

    /// What the browser was sent for; `nil` for signing in, of which only the browser knows.
    private func asked(
        for state: String, _ browserToken: String
    ) async throws -> ProviderRequest? {
        if let way = try SignInWay(token: browserToken, key: wayKey), way.state == state {
            guard way.isWithin(seconds: Self.wayOutSeconds, of: now()) else {
                throw ProviderRefusal.over
            }
            return nil
        }
        guard try await accounts.hasRequest(state: Secret.hash(state)) else {
            throw ProviderRefusal.over
        }
        let asked = try await accounts.takeRequest(
            state: Secret.hash(state), browser: Secret.hash(browserToken))
        guard let asked else {
            try await accounts.noteRefusedProvider(account: nil, reason: "state")
            throw ProviderRefusal.over
        }
        return asked
    }

    private func finish(
        _ asked: ProviderRequest?, _ claims: IdentityToken.Claims, _ issuer: String,
        _ place: SessionPlace
    ) async throws -> Arrival {
        let identity = ProviderIdentity(issuer: issuer, subject: claims.subject)
        guard let asked else {
            guard let account = try await accounts.account(of: identity), !account.isDisabled
            else { throw ProviderRefusal.nobody }
            let begun = try await begin(account, at: place, isByProvider: true)
            return Arrival(way: "/", token: begun.token)
        }
        let account = try await asker(asked)
        switch asked.purpose {
        case .bind:
            do {
                try await accounts.bind(
                    account.id, to: identity, by: account.actor, except: asked.session)
            } catch StorageError.duplicate { throw ProviderRefusal.taken }
            return Arrival(way: asked.way, token: nil)
        case .sign:
            let time = try await checkedTime(of: claims, identity, asked)
            guard let intent = asked.intent else { throw ProviderRefusal.over }
            try await accounts.keepProof(
                intent, account: account.id, session: asked.session, authenticatedAt: time,
                validSeconds: Self.proofSeconds)
            return Arrival(way: asked.way, token: nil)
        case .unlock:
            _ = try await checkedTime(of: claims, identity, asked)
            let new = Secret.token()
            try await accounts.rotateSession(from: asked.session, to: Secret.hash(new))
            return Arrival(way: asked.way, token: new)
        }
    }

    /// When the person who asks signed in there anew.
    ///
    /// - Throws: ``ProviderRefusal/otherPerson``, ``ProviderRefusal/notFresh``.
    private func checkedTime(
        of claims: IdentityToken.Claims, _ identity: ProviderIdentity, _ asked: ProviderRequest
    ) async throws -> Date {
        guard try await accounts.identity(of: asked.account) == identity else {
            throw ProviderRefusal.otherPerson
        }
        guard let time = claims.authenticatedAt,
            time >= asked.sentAt.addingTimeInterval(-IdentityToken.skewSeconds)
        else { throw ProviderRefusal.notFresh }
        return time
    }

    /// Who sent the browser; their session must still be there, open unless it is to be unlocked.
    private func asker(_ asked: ProviderRequest) async throws -> AccountRecord {
        var session = try await accounts.session(
            hash: asked.session, limits: limits, isUse: false)
        if session == nil, asked.purpose == .unlock {
            session = try await accounts.lockedSession(hash: asked.session, limits: limits)
        }
        guard let session, session.account.id == asked.account else { throw ProviderRefusal.over }
        return session.account
    }

    /// Binds an account to a person at the provider, or to nobody; for administrators.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    package func bind(
        _ account: AccountRecord, subject: String, by administrator: AccountRecord
    ) async throws {
        guard let provider else {
            throw WorkflowError.refused(sentence: ProviderRefusal.none.sentence)
        }
        let isPlain = subject.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control
        }
        guard subject.utf8.count <= 255, isPlain else {
            throw WorkflowError.refused(sentence: "A subject has 1 to 255 characters on one line.")
        }
        let identity = ProviderIdentity(issuer: provider.settings.issuer, subject: subject)
        do {
            try await accounts.bind(
                account.id, to: subject.isEmpty ? nil : identity, by: administrator.actor)
        } catch StorageError.duplicate {
            throw WorkflowError.refused(sentence: ProviderRefusal.taken.sentence)
        }
    }

    /// Ends a person's own binding; their other sessions end too.
    package func unbind(_ account: AccountRecord, token: String) async throws {
        try await accounts.bind(
            account.id, to: nil, by: account.actor, except: Secret.hash(token))
    }

    /// When a session has signed in again for a signature; `nil` when it has not.
    package func signedInAgain(
        for subject: String, meaning: String, account: AccountRecord, token: String
    ) async throws -> (intent: SigningIntent, authenticatedAt: Date)? {
        try await accounts.proof(
            subject: subject, meaning: meaning, account: account.id, session: Secret.hash(token))
    }

    /// Whether an account is bound to somebody at the provider that is set.
    package func isBound(_ account: AccountRecord) async throws -> Bool {
        guard let provider else { return false }
        return try await accounts.identity(of: account.id)?.issuer == provider.settings.issuer
    }
}

extension ProviderRefusal {
    /// What the audit trail calls it.
    fileprivate var auditName: String {
        switch self {
        case .none: "none"
        case .unreachable: "unreachable"
        case .over: "over"
        case .denied: "denied"
        case .notBelieved: "not-believed"
        case .nobody: "nobody"
        case .otherPerson: "other-person"
        case .notFresh: "not-fresh"
        case .taken: "taken"
        }
    }
}
