/// What a person says by signing a plan.
package enum SignatureMeaning: String, Hashable, Sendable, CaseIterable, Codable {
    /// I made this plan and answer for it.
    case made
    /// I have checked it and found nothing against it.
    case checked
    /// I prescribe this treatment.
    case prescribed

    /// What signing does to the case.
    package var act: CaseMove.Act {
        switch self {
        case .made: .signPlan
        case .checked: .signCheck
        case .prescribed: .prescribe
        }
    }

    /// As people read it.
    package var title: String {
        switch self {
        case .made: "Made"
        case .checked: "Checked"
        case .prescribed: "Prescribed"
        }
    }
}

/// A kind of treatment that a practitioner may be entitled to.
package enum Procedure: String, Hashable, Sendable, CaseIterable, Codable {
    case sirt
    case prrt
    case mibg

    /// As people read it.
    package var title: String {
        switch self {
        case .sirt: "Selective internal radiation therapy"
        case .prrt: "Peptide receptor radionuclide therapy"
        case .mibg: "I-131 mIBG therapy"
        }
    }
}

/// That a physician may prescribe a procedure at a site, for some time.
package struct Entitlement: Hashable, Sendable {
    package let procedure: Procedure
    /// The organisation whose cases it is for, by its name.
    package let site: String
    package let licenceNumber: String
    /// First and last day, `YYYY-MM-DD`, both included; days begin and end by UTC.
    package let validFrom: String
    package let validTo: String

    package init(
        procedure: Procedure, site: String, licenceNumber: String, validFrom: String,
        validTo: String
    ) {
        (self.procedure, self.site, self.licenceNumber) = (procedure, site, licenceNumber)
        (self.validFrom, self.validTo) = (validFrom, validTo)
    }

    /// Whether it holds on a day, `YYYY-MM-DD`.
    package func isCurrent(on day: String) -> Bool { validFrom <= day && day <= validTo }

    /// Whether it is for the cases of an organisation; case and spacing of the name do not count.
    package func isFor(site name: String) -> Bool {
        func words(_ text: String) -> [String] {
            text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        }
        return words(site) == words(name)
    }
}

/// Why a signature, a move of a case or a treatment is refused.
package enum SigningRefusal: Error, Hashable {
    /// The plan is not the one that the page showed.
    case changed
    case outdated(reason: String)
    /// The table of states knows no such move.
    case notInState(CaseState, CaseMove.Act)
    /// The person's role lacks the right that the move takes.
    case right
    case samePerson
    case noEntitlement
    /// The one-time code has been taken before.
    case codeTaken
    /// There is no fresh sign-in for exactly this signature.
    case notSignedInAgain
    /// Only a signer withdraws.
    case notSigner
    /// Who signed withdraws; somebody else returns.
    case signerReturns
    /// Another plan of the case is being signed or was prescribed.
    case otherPlan
    /// The plan carries signatures of an earlier course.
    case given
    /// A signed plan rests on what was to be changed.
    case signedGround(plan: String)

    /// Whether what the page showed is not what is stored now.
    package var isConflict: Bool {
        switch self {
        case .changed, .outdated, .notInState, .otherPlan, .given: true
        default: false
        }
    }

    /// What happened and what to do next; holds no patient data.
    package var sentence: String {
        switch self {
        case .changed:
            "The plan is not the one that this page showed. Nothing was signed; open the plan again."
        case .outdated(let reason):
            "The plan is outdated (\(reason)). Nothing was signed; make the plan again."
        case .notInState(let state, let act):
            "This cannot be done while the case is \(state.rawValue) (\(act.rawValue)). "
                + "Open the case again to see what it waits for."
        case .right: "Your role does not allow this; an administrator can change roles."
        case .samePerson:
            "You have signed this plan already; three signatures are three persons."
        case .noEntitlement:
            "There is no entitlement of yours to prescribe this procedure today for the "
                + "organisation whose case this is; its administrator can enter one."
        case .codeTaken:
            "This code has been used; wait for the next one of the authenticator."
        case .notSignedInAgain:
            "You have not signed in again for this signature, or it was more than five minutes "
                + "ago. Sign in again, then sign."
        case .notSigner: "Only who has signed the plan can withdraw the signature."
        case .signerReturns:
            "You have signed this plan: withdraw your signature instead of returning the plan."
        case .given:
            "This plan was signed for an earlier course; the next one takes a plan of its own."
        case .signedGround(let plan):
            "\(plan) is signed and rests on this. Changing it would end the signatures: that is for "
                + "who may sign plans. Ask one of them."
        case .otherPlan: "Another plan of this case carries the signatures; open that one."
        }
    }
}
