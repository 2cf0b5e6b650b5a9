/// What another organisation may do with what is shared with it.
package enum ShareRight: String, Hashable, Sendable, CaseIterable {
    /// Look at it with this server's pages.
    case view
    /// Write comments, which stay with the owner.
    case comment
    /// Take it out as files.
    case download
    /// Add plans and volumes of interest of their own, and sign those plans as made and checked.
    ///
    /// A new version would end what was signed on the one before, so nobody gets one of what another
    /// organisation made (``ContributionRefusal``).
    case plan

    /// As people read it.
    package var title: String {
        switch self {
        case .view: "look"
        case .comment: "comment"
        case .download: "download"
        case .plan: "plan"
        }
    }
}

/// For what, how long and how far a case is shared; valid once it exists.
package struct ShareTerms: Hashable, Sendable {
    /// How long a share lasts unless somebody says otherwise, in days.
    package static let usualDays = 14
    /// How long it lasts at most, in days.
    package static let mostDays = 90
    /// In characters.
    package static let longestPurpose = 500

    package let purpose: String
    /// Always with ``ShareRight/view``.
    package let rights: Set<ShareRight>
    package let days: Int
    /// Whether what is added to the case later is shared too.
    package let includesFuture: Bool
    /// Whether studies before the present question may be among what is shared.
    package let includesPriors: Bool
    /// Whether comments that were meant for the own organisation are shown.
    package let includesInternal: Bool
    /// What the recipient is asked, which makes a referral of the share; empty when nothing.
    package let question: String

    /// - Throws: ``ShareRefusal/purpose``, ``ShareRefusal/days``, ``ShareRefusal/question``.
    package init(
        purpose: String, rights: Set<ShareRight> = [], days: Int = usualDays,
        includesFuture: Bool = false, includesPriors: Bool = false, includesInternal: Bool = false,
        question: String = ""
    ) throws {
        guard purpose.contains(where: { !$0.isWhitespace }),
            purpose.count <= Self.longestPurpose
        else { throw ShareRefusal.purpose }
        guard (1 ... Self.mostDays).contains(days) else { throw ShareRefusal.days }
        guard question.count <= Referral.longestText else { throw ShareRefusal.question }
        self.question = question.contains { !$0.isWhitespace } ? question : ""
        (self.purpose, self.rights, self.days) = (purpose, rights.union([.view]), days)
        (self.includesFuture, self.includesPriors) = (includesFuture, includesPriors)
        self.includesInternal = includesInternal
    }
}

/// Why something is not shared.
package enum ShareRefusal: Error, Hashable {
    case purpose
    case days
    /// The recipient is the owner, or does not exist.
    case recipient
    /// Nothing was chosen.
    case nothing
    /// Something chosen is not the case's, or out of use.
    case item
    /// So many series of earlier studies would be shared, and nobody said that they may be.
    case priors(Int)
    /// It is over already.
    case over
    /// No reason was given, or too long a one.
    case reason
    case question
    /// A referral is declined or answered in words.
    case answer
    /// A referral is not where it would have to be for this step.
    case step

    package var sentence: String {
        switch self {
        case .purpose:
            "Say what the case is shared for, in at most \(ShareTerms.longestPurpose) characters."
        case .days: "A share lasts from 1 to \(ShareTerms.mostDays) days."
        case .recipient: "Choose another organisation of this server."
        case .nothing: "Choose at least one series or result to share."
        case .item: "Something that was chosen is not in this case any more; choose again."
        case .priors(let count):
            "\(count) of the series belong to earlier studies, or a chosen result was made from "
                + "them; tick 'Earlier studies too' or choose otherwise."
        case .over: "This share is over already."
        case .reason: "Give a reason, in at most \(Referral.longestText) characters."
        case .question: "The question has at most \(Referral.longestText) characters."
        case .answer: "Write what you answer, in at most \(Referral.longestText) characters."
        case .step: "Somebody has gone on with this referral meanwhile; look at it again."
        }
    }
}

/// What of a case somebody sees, and what they may do with it.
package struct CaseSight: Hashable, Sendable {
    package enum Extent: Hashable, Sendable {
        case whole
        /// Exactly these series (by the number of their rows) and computed objects.
        case items(series: Set<Int64>, records: Set<String>)
    }

    /// Why the case is open to somebody.
    package enum Ground: Hashable, Sendable {
        case ownership
        /// The numbers of the shares.
        case shares([Int64])
        /// The number of the emergency access.
        case emergency(Int64)
    }

    package let extent: Extent
    package let ground: Ground
    /// Whether comments meant for the owner's people are seen.
    package let includesInternal: Bool

    package init(_ extent: Extent, _ ground: Ground, includesInternal: Bool) {
        (self.extent, self.ground) = (extent, ground)
        self.includesInternal = includesInternal
    }

    /// What the owner's people see: everything.
    package static let whole = CaseSight(.whole, .ownership, includesInternal: true)

    package var isOwners: Bool { ground == .ownership }

    /// Whether nobody has given the case to who sees it.
    package var isEmergency: Bool {
        if case .emergency = ground { true } else { false }
    }

    /// Whether a series of the case is seen, by the number of its row.
    package func sees(series: Int64) -> Bool {
        switch extent {
        case .whole: true
        case .items(let all, _): all.contains(series)
        }
    }

    /// Whether a computed object of the case is seen.
    package func sees(record: String) -> Bool {
        switch extent {
        case .whole: true
        case .items(_, let all): all.contains(record)
        }
    }

    /// Whether everything of another sight is seen by this one too.
    package func covers(_ other: CaseSight) -> Bool {
        guard includesInternal || !other.includesInternal else { return false }
        switch (extent, other.extent) {
        case (.whole, _): return true
        case (.items, .whole): return false
        case (.items(let series, let records), .items(let otherSeries, let otherRecords)):
            return series.isSuperset(of: otherSeries) && records.isSuperset(of: otherRecords)
        }
    }
}
