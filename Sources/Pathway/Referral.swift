/// A question to another organisation: a share that waits for an answer.
package enum Referral {
    /// Of a question, an answer or a reason, in characters.
    package static let longestText = 2000

    /// How far it is; both sides see it.
    package enum State: String, Hashable, Sendable, CaseIterable {
        case sent
        /// Somebody of the recipient has said that it arrived.
        case received
        case accepted, declined, answered

        /// What the recipient's people may do next.
        package var next: [State] {
            switch self {
            case .sent: [.received, .accepted, .declined]
            case .received: [.accepted, .declined]
            case .accepted: [.answered]
            case .declined, .answered: []
            }
        }

        /// Whether nobody waits for anything any more.
        package var isOver: Bool { next.isEmpty }

        /// Whether the one who brings it there says something.
        package var needsText: Bool { self == .declined || self == .answered }

        /// The step as a button reads.
        package var step: String {
            switch self {
            case .sent: "Send"
            case .received: "Confirm receipt"
            case .accepted: "Accept"
            case .declined: "Decline"
            case .answered: "Answer"
            }
        }
    }
}
