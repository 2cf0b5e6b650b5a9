import DICOM
import Imaging
import Quantities
import Storage

/// Brings an emission image into the planning CT's frame, by a person's word or by registration.
struct EmissionRegistration {
    let folder: DataFolder
    let actor: String

    /// Finds the transform from planning positions to the emission image's frame.
    ///
    /// - Parameters:
    ///   - caseID: The case that a registration is kept with.
    ///   - planning: The planning CT, with its place in the record.
    ///   - emission: The emission image, its frame of reference, and its place in the record.
    ///   - companion: The CT of the same machine, for `rigid-ct`.
    ///   - companionKey: What a file calls the companion.
    ///   - choice: Kind, start, and who accepts the result.
    ///   - stage: Told when a registration begins.
    /// - Returns: The transform, the records it rests on, and what a person should know.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the companion is missing;
    ///   ``ImagingError/registrationFailed(reason:)``, ``StorageError``.
    func run(
        caseID: String, planning: (image: ImageSeries, input: DerivedInput),
        emission: (volume: Volume<Float>, frameOfReferenceUID: String?, input: DerivedInput),
        companion: (image: ImageSeries, input: DerivedInput)?, companionKey: String,
        choice: PlanSpec.RegistrationChoice, stage: @Sendable (String) -> Void
    ) async throws -> (AcceptedRegistration, [DerivedInput], [Finding]) {
        let moving: (Volume<Float>, DerivedInput)
        let frames = Self.frameFindings(
            choice.kind, acceptedBy: choice.acceptedBy, emission: emission.frameOfReferenceUID,
            planning: planning.image.frameOfReferenceUID,
            companion: companion?.image.frameOfReferenceUID)
        switch choice.kind {
        case .identity:
            return (.identity(acceptedBy: choice.acceptedBy), [], frames)
        case .kept:
            let kept = try await kept(
                caseID: caseID, planning: planning.input,
                emission: (emission.frameOfReferenceUID, emission.input),
                companion: companion?.input, choice: choice)
            return Self.result(kept, choice.kind, frames)
        case .rigidCT:
            guard let companion else {
                throw WorkflowError.refused(
                    sentence: "'registration.kind: rigid-ct' needs '\(companionKey)'.")
            }
            moving = (companion.image.volume, companion.input)
        case .rigidActivity: moving = (emission.volume, emission.input)
        }
        stage("registering")
        let kept = try await RegistrationWorkflow(folder: folder, actor: actor).run(
            caseID: caseID, fixed: planning, moving: moving, choice: choice)
        return Self.result(kept, choice.kind, frames)
    }

    private static func result(
        _ kept: RegistrationWorkflow.Kept, _ kind: PlanSpec.RegistrationChoice.Kind,
        _ frames: [Finding]
    ) -> (AcceptedRegistration, [DerivedInput], [Finding]) {
        let accepted = AcceptedRegistration(
            kind: kind, transform: kept.transform, spreadMM: kept.spreadMM,
            acceptedBy: kept.acceptedBy)
        return (
            accepted, [DerivedInput("registration", .derived(kept.recordID))],
            frames + kept.findings
        )
    }

    /// A registration that the case keeps, if it joins the plan's images.
    private func kept(
        caseID: String, planning: DerivedInput, emission: (frameUID: String?, input: DerivedInput),
        companion: DerivedInput?, choice: PlanSpec.RegistrationChoice
    ) async throws -> RegistrationWorkflow.Kept {
        let id = choice.record ?? ""
        let (kept, fixed, moving) = try await RegistrationWorkflow(folder: folder, actor: actor)
            .kept(id, caseID: caseID, choice: choice)
        let movingFrame = try await folder.records.series(uid: moving).description
            .frameOfReferenceUID
        let joinsEmission =
            [emission.input, companion].compactMap { $0?.source.seriesUID }.contains(moving)
            || (!movingFrame.isEmpty && movingFrame == emission.frameUID)
        guard planning.source.seriesUID == fixed, joinsEmission else {
            throw WorkflowError.refused(
                sentence: "'registration.record' names \(id), which moves "
                    + "\(SeriesName.short(moving)) onto \(SeriesName.short(fixed)); the plan needs "
                    + "one of the activity image, or of its CT, onto the planning CT.")
        }
        return kept
    }

    /// What frames of reference alone tell of a registration; a UID is `nil` when it is not known.
    static func frameFindings(
        _ kind: PlanSpec.RegistrationChoice.Kind, acceptedBy: String?, emission: String?,
        planning: String?, companion: String?
    ) -> [Finding] {
        switch kind {
        case .identity: identityFindings(emission, planning, acceptedBy: acceptedBy)
        case .rigidCT: companionFindings(emission, companion)
        case .rigidActivity, .kept: []
        }
    }

    /// Two frames of reference that were never registered may still be one by the user's word.
    ///
    /// Without a word that somebody looked they are no ground for a dose.
    private static func identityFindings(
        _ emission: String?, _ planning: String?, acceptedBy: String?
    ) -> [Finding] {
        guard let emission, emission != planning else { return [] }
        let frames =
            "The activity image lies in another frame of reference than the planning CT, and the plan says that they coincide"
        return [
            acceptedBy == nil
                ? Finding(
                    "registration.identity-across-frames", .error,
                    "\(frames); nobody has checked that. Look at both together and name who accepts it ('registration.acceptedBy'), or register the images.",
                    subject: "activity")
                : Finding(
                    "registration.identity-across-frames", .warning,
                    "\(frames), on the word of the one who accepted it.", subject: "activity")
        ]
    }

    /// A companion CT speaks for the emission image only where both share one frame.
    private static func companionFindings(_ emission: String?, _ companion: String?) -> [Finding] {
        guard let emission, let companion, emission != companion else { return [] }
        return [
            Finding(
                "registration.companion-in-other-frame", .warning,
                "The activity image and its CT lie in different frames of reference; the registration of the CT counts for both only if they coincide, and nobody has checked that.",
                subject: "activity")
        ]
    }
}

extension AcceptedRegistration {
    /// The images lie in one frame, by their headers or by a person's word.
    static func identity(acceptedBy: String?) -> AcceptedRegistration {
        AcceptedRegistration(
            kind: .identity, transform: .identity, spreadMM: nil, acceptedBy: acceptedBy)
    }

    /// Whether somebody has looked at how an emission image lies, or one frame of reference tells.
    ///
    /// A registration of the image's CT speaks for the image in one frame alone.
    ///
    /// - Parameters:
    ///   - emission: The emission image's frame of reference; `nil` or empty when it names none.
    ///   - planning: The planning CT's.
    ///   - moving: That of the image which the registration moves.
    /// - Returns: Whether a result on it may verify a treatment.
    package func isChecked(emission: String?, planning: String?, moving: String?) -> Bool {
        func isOne(_ frame: String?) -> Bool { emission?.isEmpty == false && emission == frame }
        return switch kind {
        case .identity: acceptedBy != nil || isOne(planning)
        case .rigidCT, .kept: acceptedBy != nil && isOne(moving)
        case .rigidActivity: acceptedBy != nil
        }
    }

    /// A registration that nobody looked at is no ground for a dose.
    var findings: [Finding] {
        guard kind != .identity, acceptedBy == nil else { return [] }
        return [
            Finding(
                "registration.not-accepted", .error,
                "Nobody has accepted the registration of the activity image; look at it and name who accepts it before this result is used.",
                subject: "activity")
        ]
    }
}
