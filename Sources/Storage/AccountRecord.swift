package import Pathway

/// An organisation whose people share cases.
package struct OrganisationRecord: Hashable, Sendable {
    package let id: Int64
    package let name: String
}

/// A person who may sign in.
package struct AccountRecord: Hashable, Sendable {
    package let id: Int64
    /// What is typed to sign in; case does not matter.
    package let login: String
    package let fullName: String
    package let organisation: OrganisationRecord
    package let role: Role
    package let isDisabled: Bool
    /// Whether a second factor is set up.
    package let hasSecondFactor: Bool
    /// Whether a password is set; without one only a link opens the account.
    package let hasPassword: Bool

    /// How records and the audit trail name the account.
    package var actor: String { "account-\(id)" }

    /// As people of other organisations read it.
    package var nameWithOrganisation: String { "\(fullName), \(organisation.name)" }

    /// The number of the account that records name so; `nil` for an actor of another kind.
    package static func id(ofActor actor: String) -> Int64? {
        let prefix = "account-"
        return actor.hasPrefix(prefix) ? Int64(actor.dropFirst(prefix.count)) : nil
    }
}

/// What only signing in looks at.
package struct AccountSecrets: Hashable, Sendable {
    /// In the form that `PasswordHash` writes; `nil` before one is set.
    package let passwordHash: String?
    /// Base 32, as authenticators take it.
    package let totpSecret: String?
    /// The time step of the last code that was taken, so that none is taken twice.
    package let totpLastStep: Int?
}

/// A browser that has signed in.
package struct SessionRecord: Hashable, Sendable {
    package let account: AccountRecord
    /// What a form must send back.
    package let csrfToken: String
    /// How long it may stay unused before it is locked.
    package let secondsToLock: Double
    /// Whether the organisation's own sign-in began it, which stands for a second factor.
    package let isByProvider: Bool
    /// How many cases wait for the person, for the menu; `nil` while nobody has counted.
    package var waiting: Int?
    /// Whether the person may comment on the case that the page is of.
    package var mayComment = false
    /// Whether the case that the page is of is the person's own organisation's.
    package var isOwners = false
    /// How many accesses in emergencies the person's organisation has not looked at; `nil` while
    /// nobody has counted.
    package var emergencies: Int?
    /// How many referrals wait for the person's organisation; `nil` while nobody has counted, and for
    /// who does not answer them.
    package var referrals: Int?
}

/// What a one-time link opens.
package enum LinkPurpose: String, Hashable, Sendable {
    /// The first administrator.
    case setUp = "set-up"
    /// A new account's first password.
    case invitation
    /// A new password for somebody who lost theirs.
    case reset
}
