/// How far a case has come.
package enum CaseState: String, Hashable, Sendable, CaseIterable, Codable {
    /// Asked for; nothing to look at yet.
    case referred
    /// Data are there whose patient nobody has confirmed.
    case quarantined
    /// Images are in and usable.
    case ready
    /// A plan is signed by who made it.
    case planned
    /// A second person has signed it.
    case checked
    /// The practitioner has signed it.
    case prescribed
    /// What was given is recorded.
    case delivered
    /// Delivered doses are held against the plan.
    case verified

    /// Whether the treatment was given.
    package var wasGiven: Bool { self == .delivered || self == .verified }
}

/// One way from a state to another, and the right that it takes.
package struct CaseMove: Hashable, Sendable {
    package enum Act: String, Hashable, Sendable, CaseIterable, Codable {
        case receiveImages = "receive-images"
        case confirmIdentity = "confirm-identity"
        case signPlan = "sign-plan"
        case signCheck = "sign-check"
        case returnPlan = "return-plan"
        case prescribe
        case withdrawSignature = "withdraw-signature"
        case outdate
        case recordTreatment = "record-treatment"
        case verify
        case nextCourse = "next-course"
    }

    package let from: CaseState
    package let act: Act
    package let to: CaseState
    /// `nil` where the program itself acts, because something changed upstream.
    package let right: Right?

    init(_ from: CaseState, _ act: Act, _ to: CaseState, _ right: Right?) {
        (self.from, self.act, self.to, self.right) = (from, act, to, right)
    }

    /// The one table of states and who moves them; what is not here is refused.
    package static let table: [CaseMove] = [
        CaseMove(.referred, .receiveImages, .quarantined, .prepareCase),
        CaseMove(.quarantined, .confirmIdentity, .ready, .matchIdentity),
        CaseMove(.referred, .confirmIdentity, .ready, .matchIdentity),
        CaseMove(.ready, .signPlan, .planned, .signPlan),
        CaseMove(.planned, .signCheck, .checked, .signPlan),
        CaseMove(.planned, .returnPlan, .ready, .signPlan),
        CaseMove(.checked, .prescribe, .prescribed, .prescribe),
        CaseMove(.checked, .returnPlan, .ready, .prescribe),
        CaseMove(.planned, .withdrawSignature, .ready, .signPlan),
        CaseMove(.checked, .withdrawSignature, .ready, .signPlan),
        CaseMove(.prescribed, .withdrawSignature, .ready, .prescribe),
        CaseMove(.planned, .outdate, .ready, nil),
        CaseMove(.checked, .outdate, .ready, nil),
        CaseMove(.prescribed, .outdate, .ready, nil),
        CaseMove(.prescribed, .recordTreatment, .delivered, .recordTreatment),
        CaseMove(.delivered, .verify, .verified, .plan),
        CaseMove(.delivered, .nextCourse, .ready, .plan),
        CaseMove(.verified, .nextCourse, .ready, .plan),
    ]

    /// Returns where an act leads from a state, or `nil` when it is not allowed there.
    package static func move(from state: CaseState, by act: Act) -> CaseMove? {
        table.first { $0.from == state && $0.act == act }
    }
}

extension CaseState {
    /// What brings a case that is here one step further; `nil` at the end of the way.
    package var nextAct: CaseMove.Act? {
        switch self {
        case .referred: .receiveImages
        case .quarantined: .confirmIdentity
        case .ready: .signPlan
        case .planned: .signCheck
        case .checked: .prescribe
        case .prescribed: .recordTreatment
        case .delivered: .verify
        case .verified: nil
        }
    }
}
