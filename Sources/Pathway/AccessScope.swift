/// What the token of a machine client is good for; its role may do no more than that.
package enum AccessScope: String, Hashable, Sendable, CaseIterable {
    /// Read cases, plans, doses, findings and jobs.
    case api
    /// Ask for a plan to be computed.
    case plan
    /// Find images.
    case qido
    /// Fetch images.
    case wado
    /// Send images.
    case stow

    /// As people read it.
    package var title: String {
        switch self {
        case .api: "Read cases, plans, doses, findings and jobs"
        case .plan: "Ask for plans to be computed"
        case .qido: "Find images (QIDO-RS)"
        case .wado: "Fetch images (WADO-RS)"
        case .stow: "Send images (STOW-RS)"
        }
    }

    /// What a word of a kept token means; finding and fetching were one scope once.
    package static func kept(_ word: String) -> [Self] {
        switch word {
        case "read": [.qido, .wado]
        case "store": [.stow]
        default: Self(rawValue: word).map { [$0] } ?? []
        }
    }
}
