package import DICOM
import Foundation
package import Imaging
import Pathway
package import Quantities
package import Storage

/// Finds the transform from a planning image to an activity image's frame, keeps it, accepts it.
///
/// A kept registration of the same images with the same start is used again, so what a person
/// accepted is what later plans stand on.
package struct RegistrationWorkflow: Sendable {
    private let folder: DataFolder
    private let actor: String

    package init(folder: DataFolder, actor: String) {
        self.folder = folder
        self.actor = actor
    }

    /// A kept registration with its transform.
    package struct Kept: Sendable {
        package let recordID: String
        package let transform: RigidTransform
        package let spreadMM: Double?
        package let acceptedBy: String?
        package let findings: [Finding]
    }

    /// Registers, or returns what is kept.
    ///
    /// - Parameters:
    ///   - caseID: The case that the registration is kept with.
    ///   - fixed: The planning CT, with its place in the record.
    ///   - moving: The image in the activity's frame.
    ///   - choice: Kind, start, and who accepts the result.
    /// - Returns: The transform from the fixed to the moving frame, with its record.
    /// - Throws: ``ImagingError/registrationFailed(reason:)``, ``StorageError``.
    package func run(
        caseID: String, fixed: (image: ImageSeries, input: DerivedInput),
        moving: (image: Volume<Float>, input: DerivedInput),
        choice: PlanSpec.RegistrationChoice
    ) async throws -> Kept {
        let parameters = RegistrationParameters(choice)
        let draftInputs = [
            DerivedInput("fixed", fixed.input.source), DerivedInput("moving", moving.input.source),
        ]
        let parametersJSON = String(
            decoding: try CanonicalJSON.encoded(parameters), as: UTF8.self)
        if let kept = try await keptRecord(
            caseID: caseID, inputs: draftInputs, parametersJSON: parametersJSON)
        {
            return try await result(of: kept, choice: choice)
        }
        let start = RigidTransform(
            turnDegrees: Vector3(choice.startRotationDegrees),
            aboutMM: fixed.image.volume.geometry.centreMM,
            shiftMM: Vector3(choice.startTranslationMM))
        let found = try await RigidRegistration(
            options: choice.kind == .rigidCT ? .ctToCT : .init()
        ).register(
            fixed: fixed.image.volume, moving: moving.image, start: start)
        let content = RegistrationContent(found)
        let object = try await folder.objects.put(Array(try CanonicalJSON.encoded(content)))
        let record = try await folder.records.save(
            DerivedDraft(
                caseID: caseID, kind: "registration",
                name: try await name(
                    "\(choice.kind.rawValue) of \(moving.input.source.shortName) onto "
                        + fixed.input.source.shortName, caseID),
                content: object, mediaType: "application/json",
                inputs: draftInputs,
                parametersJSON: parametersJSON, softwareVersion: Software.version),
            by: actor)
        return try await result(of: record, choice: choice)
    }

    /// Takes a registration that the case keeps, found by a search or set by hand.
    ///
    /// - Parameters:
    ///   - id: The record (`registration-3`).
    ///   - caseID: The case.
    ///   - choice: Who accepts it, if the file says so.
    /// - Returns: The transform with its record, and the UIDs of the series it joins.
    /// - Throws: ``WorkflowError`` when there is none, or it is outdated.
    func kept(
        _ id: String, caseID: String, choice: PlanSpec.RegistrationChoice
    ) async throws -> (kept: Kept, fixedUID: String, movingUID: String) {
        let record = try await folder.records.derived(caseID: caseID, kind: "registration")
            .first { $0.id == id }
        let sight = try await folder.shares.sightOfMaker(actor, ofCase: caseID)
        guard let record, sight.sees(record: id),
            case .series(let fixed, _)? = record.draft.inputs.source("fixed"),
            case .series(let moving, _)? = record.draft.inputs.source("moving")
        else { throw WorkflowError.notFound(kind: "registration", name: id) }
        if case .outdated(let reason) = record.state {
            throw WorkflowError.refused(
                sentence: "\(id) is outdated: \(reason). Register the images again.")
        }
        return (try await result(of: record, choice: choice), fixed, moving)
    }

    /// A name that no other organisation's registration has, where the case is not the actor's.
    private func name(_ name: String, _ caseID: String) async throws -> String {
        guard try await !folder.shares.sightOfMaker(actor, ofCase: caseID).isOwners,
            let id = AccountRecord.id(ofActor: actor)
        else { return name }
        return "\(name), \(try await folder.accounts.account(id).organisation.name)"
    }

    private func keptRecord(
        caseID: String, inputs: [DerivedInput], parametersJSON: String
    ) async throws -> DerivedRecord? {
        let sight = try await folder.shares.sightOfMaker(actor, ofCase: caseID)
        return try await folder.records.derived(caseID: caseID, kind: "registration").last {
            sight.sees(record: $0.id) && $0.state == .current && $0.draft.inputs == inputs
                && $0.draft.parametersJSON == parametersJSON
                && $0.draft.softwareVersion == Software.version
        }
    }

    private func result(
        of record: DerivedRecord, choice: PlanSpec.RegistrationChoice
    ) async throws -> Kept {
        var acceptedBy = record.acceptance?.acceptedBy
        if acceptedBy == nil, let person = choice.acceptedBy {
            if let withdrawal = record.withdrawal { throw Self.refusal(record.id, withdrawal) }
            try await folder.records.accept(
                record.id, note: "accepted in the plan file", by: person)
            acceptedBy = person
        }
        let content = try await RegistrationContent(
            bytes: folder.objects.bytes(of: record.draft.content))
        return Kept(
            recordID: record.id, transform: try content.transform(),
            spreadMM: content.spreadAtCentreMM,
            acceptedBy: acceptedBy, findings: content.findings)
    }
}

extension RegistrationWorkflow {
    /// A line that stood in a file before the withdrawal is no new word of anybody.
    fileprivate static func refusal(
        _ id: String, _ withdrawal: DerivedRecord.Withdrawal
    ) -> WorkflowError {
        .refused(
            sentence:
                "\(withdrawal.withdrawnBy) withdrew the acceptance of \(id) on \(withdrawal.withdrawnAt) (\(withdrawal.reason)); 'registration.acceptedBy' in a file does not accept it again. Look at it and run `grevy registration accept \(id)`, or register from another start."
        )
    }
}

extension DerivedInput.Source {
    /// Tells the registrations of one case apart: one of other images replaces nothing.
    fileprivate var shortName: String {
        switch self {
        case .series(let uid, _): SeriesName.short(uid)
        case .derived(let id): id
        case .object(let digest): String(digest.hex.prefix(10))
        }
    }
}

/// What a registration was asked with, as it is kept.
private struct RegistrationParameters: Codable {
    var kind: String
    var startTranslationMM: [Double]
    var startRotationDegrees: [Double]

    init(_ choice: PlanSpec.RegistrationChoice) {
        kind = choice.kind.rawValue
        startTranslationMM = choice.startTranslationMM
        startRotationDegrees = choice.startRotationDegrees
    }
}

extension Vector3 where Scalar == Double {
    /// Creates a vector from a list of exactly three numbers.
    fileprivate init(_ components: [Double]) {
        precondition(components.count == 3, "a vector has 3 components, not \(components.count)")
        self.init(components[0], components[1], components[2])
    }
}
