package import DICOM
import Foundation
import Imaging
import Physics
import Quantities
package import Storage

/// Holds what was delivered against a kept plan, and keeps the result with all it rests on.
package struct DeliveredWorkflow: Sendable {
    private let folder: DataFolder
    private let source: any DicomSource
    private let actor: String

    package init(folder: DataFolder, source: any DicomSource, actor: String) {
        self.folder = folder
        self.source = source
        self.actor = actor
    }

    /// Delivered doses as they were kept.
    package struct Kept: Sendable {
        package let verificationID: String
        package let result: DeliveredResult
        package let context: PlanContext
        /// UIDs of what the plan exported.
        let plannedUIDs: UIDSequence
    }

    /// Computes and keeps delivered doses.
    ///
    /// - Parameters:
    ///   - yaml: The delivery file's text.
    ///   - onlyCase: The case that the plan must be of; `nil` for any.
    ///   - stage: Told the name of each stage as it begins.
    /// - Returns: The doses and the records that keep them.
    /// - Throws: ``WorkflowError`` and what the layers below throw; nothing is kept then but a
    ///   registration that was computed on the way.
    package func run(
        yaml: String, onlyCase: Int64? = nil,
        stage: @Sendable @escaping (String) -> Void = { _ in }
    ) async throws -> Kept {
        let spec = try DeliveredSpec(yaml: yaml)
        stage("reading the plan")
        let library = SeriesLibrary(folder: folder, source: source)
        let seriesNames = SeriesNaming.deliveryFile(yaml)
        let record: DerivedRecord
        do { record = try await KeptPlan.record(spec.plan, in: folder.records) } catch {
            throw seriesNames.unknown("plan", error)
        }
        if let onlyCase, record.draft.caseID != "patient-\(onlyCase)" {
            throw WorkflowError.notFound(kind: "plan", name: spec.plan)
        }
        let plan = try await KeptPlan(record, folder: folder, library: library)
        stage("reading images")
        let reader = NamedSeriesReader(folder: folder, library: library, seriesNames: seriesNames)
        let image = try await reader.image("image", spec.image)
        try seriesNames.refuseTransmission("image", image.image)
        try reader.refuseOtherPatient(image.series, plan.patient, than: "the plan")
        var companion: NamedSeriesReader.NamedImage?
        if let name = spec.imageCT {
            let ct = try await reader.image("imageCT", name)
            try seriesNames.refuseNoCT("imageCT", ct.image)
            try reader.refuseOtherPatient(ct.series, plan.patient, than: "the plan")
            companion = ct
        }
        guard let planning = plan.derivedInputs.first(where: { $0.role == "planning" }) else {
            throw WorkflowError.notFound(kind: "planning CT of plan", name: spec.plan)
        }
        let (registration, registrationInput, found) = try await EmissionRegistration(
            folder: folder, actor: actor
        ).run(
            caseID: plan.record.draft.caseID, planning: (plan.planning, planning),
            emission: (image.image.volume, image.image.frameOfReferenceUID, image.series.input),
            companion: companion.map { ($0.image, $0.series.input) }, companionKey: "imageCT",
            choice: spec.registration, stage: stage)
        stage("computing doses")
        let images = [image] + (companion.map { [$0] } ?? [])
        let inputs = DeliveredInputs(
            plan: plan, image: image.image, registration: registration,
            isOnCheckedRegistration: registration.isChecked(
                emission: image.image.frameOfReferenceUID,
                planning: plan.planning.frameOfReferenceUID,
                moving: try await movingFrame(
                    registration.kind, kept: registrationInput, image: image, companion: companion)),
            sources: plan.sources + images.map(\.series.source),
            findings: images.flatMap(\.image.findings) + EmissionImage.findings(image.image)
                + found)
        let result = try await DeliveredComputation(
            spec: spec, inputs: inputs, stage: stage
        ).run()
        stage("keeping doses")
        let specObject = try await folder.objects.put(Array(yaml.utf8))
        return try await keep(
            result, plan: plan, image: image.series,
            inputs: plan.derivedInputs + images.map(\.series.input) + registrationInput
                + [
                    DerivedInput("plan", .derived(plan.record.id)),
                    DerivedInput("spec", .object(specObject)),
                ])
    }

    /// The frame of reference of what the registration moves; `nil` when it is not known.
    private func movingFrame(
        _ kind: PlanSpec.RegistrationChoice.Kind, kept: [DerivedInput],
        image: NamedSeriesReader.NamedImage, companion: NamedSeriesReader.NamedImage?
    ) async throws -> String? {
        switch kind {
        case .identity, .rigidActivity: return image.image.frameOfReferenceUID
        case .rigidCT: return companion?.image.frameOfReferenceUID
        case .kept:
            guard case .derived(let id)? = kept.source("registration"),
                let moving = try await folder.records.derived(id: id).draft.inputs
                    .source("moving")?.seriesUID
            else { return nil }
            return try await folder.records.series(uid: moving).description.frameOfReferenceUID
        }
    }

    /// What a delivered dose brings beside its plan: the plan was given whether or not it is
    /// outdated since, but what the result was read from must still be what it was.
    private static let brought: Set = ["image", "imageCT", "registration"]

    private func keep(
        _ result: DeliveredResult, plan: KeptPlan, image: NamedSeriesReader.NamedSeries,
        inputs: [DerivedInput]
    ) async throws -> Kept {
        let name = "\(plan.document.name), \(image.source.series)"
        func draft(
            _ kind: String, _ name: String, _ content: ObjectDigest, _ mediaType: String,
            _ more: [DerivedInput]
        ) -> DerivedDraft {
            DerivedDraft(
                caseID: plan.record.draft.caseID, kind: kind, name: name, content: content,
                mediaType: mediaType, inputs: inputs + more, softwareVersion: Software.version,
                dataVersions: ["conventionProfile": result.profile.name])
        }
        var document = result.document
        var doses: [DerivedInput] = []
        func keepDose(_ calibration: String, _ map: Volume<Float>) async throws -> ObjectDigest {
            let object = try await folder.objects.put(Array(MetaImage.encoded(map)))
            let record = try await folder.records.save(
                draft(
                    "delivered-dose", "\(name), \(calibration)", object,
                    "application/x-metaimage", []), by: actor)
            doses.append(DerivedInput("\(calibration)Dose", .derived(record.id)))
            return object
        }
        document.relativeDoseDigest = try await keepDose("relative", result.relative.grays).hex
        if let absolute = result.absolute {
            document.absoluteDoseDigest = try await keepDose("absolute", absolute.grays).hex
        }
        let object = try await folder.objects.put(Array(try CanonicalJSON.encoded(document)))
        let record = try await folder.records.save(
            draft("verification", name, object, "application/json", doses), by: actor,
            verifyingOn: document.isOnCheckedRegistration ? Self.brought : nil)
        var kept = result
        kept.document = document
        return Kept(
            verificationID: record.id, result: kept,
            context: try await PlanContext(
                patient: plan.patient, planID: record.id, folder: folder, draft: record),
            plannedUIDs: plan.uids)
    }
}
