/// What the token of a machine client is good for; its role may do no more than that.
package enum AccessScope: String, Hashable, Sendable, CaseIterable {
    /// Read cases, plans, doses, findings and jobs.
    case api
    /// Ask for a plan to be computed.
    case plan
    /// Find and fetch images.
    case read
    /// Send images.
    case store

    /// As people read it.
    package var title: String {
        switch self {
        case .api: "Read cases, plans, doses, findings and jobs"
        case .plan: "Ask for plans to be computed"
        case .read: "Find and fetch images (DICOMweb)"
        case .store: "Send images (DICOMweb)"
        }
    }
}
