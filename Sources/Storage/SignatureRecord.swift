package import Pathway

/// One move of a case as it was kept.
package struct CaseMoveRecord: Hashable, Sendable {
    package let from: CaseState
    package let act: CaseMove.Act
    package let to: CaseState
    /// `nil` where the program itself or the command line acted.
    package let account: Int64?
    package let actor: String
    /// The plan that it was about.
    package let plan: String?
    package let reason: String
    /// ISO 8601, UTC.
    package let movedAt: String
}

/// An entitlement to prescribe, as an administrator entered it.
package struct EntitlementRecord: Hashable, Sendable {
    package let id: Int64
    package let account: Int64
    package let entitlement: Entitlement
    /// Why it was ended before its last day; `nil` while it was not.
    package let endedReason: String?
}

/// A signature on a plan.
package struct SignatureRecord: Hashable, Sendable {
    /// How a signature came to count no more.
    package struct Ending: Hashable, Sendable {
        package let act: CaseMove.Act
        package let actor: String
        package let reason: String
        package let endedAt: String
    }

    package let id: Int64
    package let plan: String
    /// SHA-256 of the canonical plan JSON that was signed.
    package let digest: ObjectDigest
    package let meaning: SignatureMeaning
    package let account: Int64
    /// Name and role as they were at signing.
    package let fullName: String
    package let role: Role
    /// Of a prescription; `nil` else.
    package let entitlement: EntitlementRecord?
    /// ISO 8601, UTC.
    package let signedAt: String
    /// `nil` while the signature counts.
    package let ending: Ending?
}

/// What somebody wants to sign.
package struct SigningRequest: Hashable, Sendable {
    package let patient: Int64
    package let plan: String
    /// What the page showed.
    package let digest: ObjectDigest
    package let meaning: SignatureMeaning
    package let account: Int64
    /// Used up with the signature.
    package let proof: SigningProof
    /// What an entitlement must be for.
    package let procedure: Procedure

    package init(
        patient: Int64, plan: String, digest: ObjectDigest, meaning: SignatureMeaning,
        account: Int64, proof: SigningProof, procedure: Procedure
    ) {
        (self.patient, self.plan, self.digest) = (patient, plan, digest)
        (self.meaning, self.account, self.proof) = (meaning, account, proof)
        self.procedure = procedure
    }
}
