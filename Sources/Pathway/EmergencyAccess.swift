/// Opening a case of another organisation without a share, because somebody's life hangs on it.
///
/// One person sees the case for an hour and changes nothing; its owner is told at once.
package enum EmergencyAccess {
    package static let minutes = 60
    /// Searches that find nothing, of one person within an hour; then no more are looked at.
    package static let mostSearches = 5
    /// Of the reason, in characters.
    package static let longestReason = 500
}

/// Why nothing is opened in an emergency.
package enum EmergencyRefusal: Error, Hashable {
    case reason
    /// Identifier and date of birth must both be given.
    case incomplete
    case tooManySearches
    /// The owner has ended it, or it is over by itself.
    case over

    package var sentence: String {
        switch self {
        case .reason:
            "Say why, in at most \(EmergencyAccess.longestReason) characters; the owner reads it."
        case .incomplete: "Give the whole identifier and the date of birth."
        case .tooManySearches:
            "\(EmergencyAccess.mostSearches) searches found nothing; telephone the other hospital, "
                + "or try again in an hour."
        case .over: "This access is over already."
        }
    }
}

/// A link by which somebody without an account sends images.
package enum InboxLink {
    /// How long a link works at most, in days.
    package static let mostDays = 7
    /// So many wrong codes end a link.
    package static let mostWrongCodes = 5
    package static let codeDigits = 8
    /// Of the sender's name and of what the link is for, in characters.
    package static let longestLabel = 200
}
