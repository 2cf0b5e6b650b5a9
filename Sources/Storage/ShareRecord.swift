package import Foundation
package import Pathway

/// What one organisation lets another see of a case.
package struct ShareRecord: Hashable, Sendable {
    /// Who ended it before its time, and why.
    package struct Ending: Hashable, Sendable {
        package let by: String
        /// ISO 8601, UTC.
        package let at: String
        package let reason: String
    }

    package enum State: String, Hashable, Sendable {
        case active, expired, revoked
    }

    package let id: Int64
    package let patient: Int64
    package let owner: OrganisationRecord
    package let recipient: OrganisationRecord
    package let purpose: String
    /// What the recipient is asked; empty unless the share is a referral.
    package let question: String
    package let rights: Set<ShareRight>
    package let includesFuture: Bool
    package let includesPriors: Bool
    package let includesInternal: Bool
    /// Who made it.
    package let createdBy: String
    /// ISO 8601, UTC.
    package let createdAt: String
    package let expiresAt: Date
    package let ending: Ending?

    package func state(at moment: Date) -> State {
        if ending != nil { return .revoked }
        return moment < expiresAt ? .active : .expired
    }
}

/// What somebody wants to share.
package struct ShareDraft: Hashable, Sendable {
    package let patient: Int64
    package let recipient: Int64
    package let terms: ShareTerms
    /// Numbers of the rows of chosen series.
    package let series: Set<Int64>
    /// Ids of chosen computed objects.
    package let records: Set<String>

    package init(
        patient: Int64, recipient: Int64, terms: ShareTerms, series: Set<Int64>,
        records: Set<String>
    ) {
        (self.patient, self.recipient, self.terms) = (patient, recipient, terms)
        (self.series, self.records) = (series, records)
    }
}

/// A case that somebody may open, and how much of it.
package struct OpenedCase: Hashable, Sendable {
    package let patient: PatientRecord
    package let sight: CaseSight
    /// Everything that the account may do here, whatever the case was opened for.
    package let rights: Set<ShareRight>

    package init(patient: PatientRecord, sight: CaseSight, rights: Set<ShareRight>) {
        (self.patient, self.sight, self.rights) = (patient, sight, rights)
    }
}

/// Somebody has opened something of a case.
package struct ShareOpening: Hashable, Sendable {
    package let person: String
    package let organisation: String
    /// ISO 8601, UTC; the first time of five minutes.
    package let at: String
    /// The id of a series' row or of a computed object; `nil` for pages of the case.
    package let item: String?
    /// Method and path of the route.
    package let action: String
}

/// What a share was made with.
package struct ShareItemRecord: Hashable, Sendable {
    /// `series-12` or the id of a computed object.
    package let name: String
    /// Whether somebody chose it; else something chosen was made from it.
    package let isChosen: Bool
}
