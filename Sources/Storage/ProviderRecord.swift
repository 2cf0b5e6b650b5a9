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
    /// A plan (`plan-7`) or a decision (`decision-3`).
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

/// Why the browser of somebody who has signed in was sent to the provider.
package struct ProviderRequest: Hashable, Sendable {
    package enum Purpose: String, Hashable, Sendable {
        case bind
        case sign
        /// To open the session, which is locked.
        case unlock

        /// Whether the person must sign in there anew, whoever is signed in.
        package var isFresh: Bool { self != .bind }
    }

    package let purpose: Purpose
    /// Who asks.
    package let account: Int64
    /// SHA-256 of the session's token.
    package let session: String
    /// `nil` unless something is to be signed.
    package let intent: SigningIntent?
    /// The page to go on with.
    package let way: String
    package let sentAt: Date

    package init(
        purpose: Purpose, account: Int64, session: String, intent: SigningIntent? = nil,
        way: String, sentAt: Date
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
