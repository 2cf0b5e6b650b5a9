/// What a route may ask of whoever calls it.
package enum Right: String, Hashable, Sendable, CaseIterable {
    /// Open a case with its images, plans and doses.
    case readCase
    /// Bring images and documents in, accept registrations, keep volumes of interest.
    case prepareCase
    /// Decide whose data it is that waits in quarantine; merge two records of one patient.
    case matchIdentity
    /// Make and change plans.
    case plan
    /// Sign as the one who made a plan or checked it.
    case signPlan
    /// Sign as practitioner; the entitlement of that person is asked for beside it.
    case prescribe
    /// Fill in the treatment sheet.
    case recordTreatment
    case comment
    /// Share a case with another organisation, send and answer referrals, invite by inbox link.
    case share
    /// Make meetings and their lists, and record what they decide.
    case runMeeting
    /// Chair a meeting and sign what it decided.
    case signDecision
    /// End a job that somebody else of the own organisation started.
    case cancelJobs
    /// Take data out as files.
    case export
    /// Read the audit trail and the access statistics.
    case readAudit
    /// Make, change and disable accounts of the own organisation.
    case manageAccounts
    /// Constraint sets, calibration and recovery curves, convention profiles.
    case manageSettings
}

extension Role {
    /// The one table of what each role may do.
    ///
    /// An administrator has no clinical access and an auditor changes nothing. Signing is only for
    /// who can compute or answer for a dose; prescribing needs a practitioner's entitlement too.
    /// Sharing is for who answers to the patient for a referral or prepares it: doctors, physicists
    /// and coordinators.
    package var rights: Set<Right> {
        switch self {
        case .coordinator:
            [.readCase, .prepareCase, .matchIdentity, .comment, .share, .runMeeting]
        case .nurseSpecialist: [.readCase, .recordTreatment, .comment, .runMeeting]
        case .radiologist:
            [
                .readCase, .prepareCase, .plan, .signPlan, .prescribe, .recordTreatment, .comment,
                .share, .export, .runMeeting, .signDecision,
            ]
        case .nuclearMedicinePhysician:
            [
                .readCase, .prepareCase, .matchIdentity, .plan, .signPlan, .prescribe,
                .recordTreatment, .comment, .share, .cancelJobs, .export, .runMeeting,
                .signDecision,
            ]
        case .physicist:
            [
                .readCase, .prepareCase, .matchIdentity, .plan, .signPlan, .recordTreatment,
                .comment, .share, .cancelJobs, .export, .manageSettings,
            ]
        // Without a second factor they see cases; they need one at the moment of signing.
        case .oncologist, .surgeon:
            [.readCase, .comment, .share, .runMeeting, .signDecision]
        case .auditor: [.readAudit]
        case .administrator: [.manageAccounts, .readAudit, .manageSettings]
        // What its token's scope allows of it.
        case .machine: [.readCase, .prepareCase, .plan]
        }
    }

    /// Whether the role needs a second factor to sign in.
    package var needsSecondFactor: Bool {
        !rights.isDisjoint(with: [.signPlan, .prescribe, .manageAccounts])
    }
}
