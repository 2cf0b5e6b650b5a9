/// Why something is not kept that people of another organisation make in a case.
///
/// Through a share one only adds: what somebody else made or signed stays as it is.
package enum ContributionRefusal: Error, Hashable {
    /// No share lets their organisation plan here, or it is over.
    case over
    /// Another organisation made what would change.
    case others(kind: String)
    /// Another organisation made or signed something that would be outdated by the change.
    case othersGround(kind: String)
    /// It was made from something that the share does not show.
    case hidden

    /// What happened and what to do next; holds no patient data.
    package var sentence: String {
        switch self {
        case .over:
            "No share lets your organisation plan in this case now. Nothing was kept; ask its owner "
                + "for a share with the right to plan."
        case .others(let kind):
            "Another organisation made this \(Self.words(kind)), and only they and the owner of the "
                + "case change it. Give yours another name."
        case .othersGround(let kind):
            "A \(Self.words(kind)) that another organisation made or signed stands on this, and "
                + "would be outdated. Leave it as it is, and give yours another name."
        case .hidden:
            "It stands on something that is not shared with your organisation, or not any more. "
                + "Nothing was kept; load the page again and choose from what it shows."
        }
    }

    private static func words(_ kind: String) -> String {
        kind == "voi" ? "volume of interest" : kind
    }
}

extension CaseMove.Act {
    /// What people of another organisation do by a share with the right to plan, with plans of their
    /// own; everything else moves the case for its owner's people alone.
    package static let byShare: Set = [
        CaseMove.Act.signPlan, .signCheck, .returnPlan, .withdrawSignature,
    ]
}
