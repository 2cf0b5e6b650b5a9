package import Foundation

/// Who somebody is at a provider of sign-in (OpenID Connect).
package struct ProviderIdentity: Hashable, Sendable {
    package let issuer: String
    /// What the issuer calls the person; never used for anybody else.
    package let subject: String

    package init(issuer: String, subject: String) {
        (self.issuer, self.subject) = (issuer, subject)
    }
}

/// What somebody is about to sign, as the page showed it.
package struct SigningIntent: Hashable, Sendable {
    /// A plan (`plan-7`).
    package let subject: String
    package let meaning: String
    /// SHA-256 of what the page showed, hexadecimal.
    package let digest: String
    package let hasReadFindings: Bool

    package init(subject: String, meaning: String, digest: String, hasReadFindings: Bool) {
        (self.subject, self.meaning, self.digest) = (subject, meaning, digest)
        self.hasReadFindings = hasReadFindings
    }
}

/// Why a browser was sent to the provider.
package struct ProviderRequest: Hashable, Sendable {
    package enum Purpose: String, Hashable, Sendable {
        case signIn = "sign-in"
        case bind
        case sign
    }

    package let purpose: Purpose
    /// Who asks; `nil` for signing in.
    package let account: Int64?
    /// SHA-256 of the session's token; `nil` for signing in.
    package let session: String?
    /// `nil` unless something is to be signed.
    package let intent: SigningIntent?
    /// The page to go on with.
    package let way: String
    package let sentAt: Date

    package init(
        purpose: Purpose, account: Int64? = nil, session: String? = nil,
        intent: SigningIntent? = nil, way: String, sentAt: Date
    ) {
        (self.purpose, self.account, self.session) = (purpose, account, session)
        (self.intent, self.way, self.sentAt) = (intent, way, sentAt)
    }
}

/// What shows that whoever signs is who they say, at this moment.
package enum SigningProof: Hashable, Sendable {
    /// The time step of a fresh one-time code; it is used up with the signature.
    case code(step: Int)
    /// A sign-in at the provider for exactly this signature, from the session with this SHA-256 of
    /// its token; used up with the signature too.
    case provider(session: String)
}
