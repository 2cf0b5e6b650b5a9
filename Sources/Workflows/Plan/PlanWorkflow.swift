package import DICOM
package import Foundation
import Imaging
import Physics
import Quantities
package import Storage

/// Makes a plan from a plan file and a data folder, and keeps it with everything it rests on.
package struct PlanWorkflow: Sendable {
    private let folder: DataFolder
    private let source: any DicomSource
    private let actor: String

    package init(folder: DataFolder, source: any DicomSource, actor: String) {
        self.folder = folder
        self.source = source
        self.actor = actor
    }

    /// A plan as it was kept.
    package struct Kept: Sendable {
        package let planID: String
        package let doseID: String
        package let result: PlanResult
        package let context: PlanContext
    }

    /// Makes a plan.
    ///
    /// - Parameters:
    ///   - yaml: The plan file's text.
    ///   - specFolder: Where files that it names are sought.
    ///   - stage: Told the name of each stage as it begins.
    /// - Returns: The plan and the records that keep it.
    /// - Throws: ``WorkflowError`` and what the layers below throw; nothing is kept then but a
    ///   registration that was computed on the way.
    package func run(
        yaml: String, specFolder: URL, stage: @Sendable (String) -> Void = { _ in }
    ) async throws -> Kept {
        let spec = try PlanSpec(yaml: yaml)
        stage("reading images")
        let library = SeriesLibrary(folder: folder, source: source)
        let reading = try await PlanInputsReader(
            folder: folder, library: library, spec: spec, specFolder: specFolder
        ).read()
        let caseID = "patient-\(reading.patient)"
        let (registration, registrationInput, found) = try await registration(
            spec: spec, reading: reading, caseID: caseID, stage: stage)
        stage("computing the plan")
        let inputs = PlanInputs(
            planning: reading.planning, activity: reading.activity, outlines: reading.outlines,
            registration: registration, densityCurve: reading.densityCurve,
            planarShuntFraction: reading.planarShuntFraction, sources: reading.sources,
            findings: reading.findings + found)
        let result = try await PlanComputation(spec: spec, inputs: inputs).run()
        stage("keeping the plan")
        let specObject = try await folder.objects.put(Array(yaml.utf8))
        return try await keep(
            result, spec: spec, caseID: caseID,
            inputs: reading.derivedInputs + registrationInput
                + [DerivedInput("spec", .object(specObject))], patient: reading.patient)
    }

    private func registration(
        spec: PlanSpec, reading: PlanInputsReader.Reading, caseID: String,
        stage: @Sendable (String) -> Void
    ) async throws -> (AcceptedRegistration, [DerivedInput], [Finding]) {
        let choice = spec.registration
        guard choice.kind != .identity else {
            return (
                AcceptedRegistration(
                    kind: .identity, transform: .identity, spreadMM: nil,
                    acceptedBy: choice.acceptedBy), [], Self.identityFindings(reading)
            )
        }
        guard let fixedInput = reading.derivedInputs.first(where: { $0.role == "planning" }),
            let movingInput = reading.derivedInputs.first(where: {
                $0.role == (choice.kind == .rigidCT ? "activityCT" : "activity")
            })
        else {
            throw WorkflowError.refused(
                sentence: "'registration.kind: rigid-ct' needs 'images.activityCT'.")
        }
        stage("registering")
        let moving =
            choice.kind == .rigidCT
            ? reading.activityCT?.volume ?? reading.activity.volume : reading.activity.volume
        let kept = try await RegistrationWorkflow(folder: folder, actor: actor).run(
            caseID: caseID, fixed: (reading.planning, fixedInput), moving: (moving, movingInput),
            choice: choice)
        return (
            AcceptedRegistration(
                kind: choice.kind, transform: kept.transform, spreadMM: kept.spreadMM,
                acceptedBy: kept.acceptedBy),
            [DerivedInput("registration", .derived(kept.recordID))], kept.findings
        )
    }

    /// Two frames of reference that were never registered may still be one by the user's word.
    private static func identityFindings(_ reading: PlanInputsReader.Reading) -> [Finding] {
        guard let frame = reading.activityFrameOfReferenceUID,
            frame != reading.planning.frameOfReferenceUID
        else { return [] }
        return [
            Finding(
                "registration.identity-across-frames", .warning,
                "The activity image lies in another frame of reference than the planning CT, and the plan says that they coincide; nobody has checked that.",
                subject: "activity")
        ]
    }

    private func keep(
        _ result: PlanResult, spec: PlanSpec, caseID: String, inputs: [DerivedInput],
        patient: Int64
    ) async throws -> Kept {
        let doseObject = try await folder.objects.put(
            Array(MetaImage.encoded(result.dose.grays)))
        var document = result.document
        document.dosePerVoxelDigest = doseObject.hex
        let planObject = try await folder.objects.put(
            Array(try CanonicalJSON.encoded(document)))
        let versions = ["conventionProfile": result.profile.name]
        let dose = try await folder.records.save(
            DerivedDraft(
                caseID: caseID, kind: "dose", name: spec.name, content: doseObject,
                mediaType: "application/x-metaimage", inputs: inputs,
                softwareVersion: Software.version, dataVersions: versions), by: actor)
        let plan = try await folder.records.save(
            DerivedDraft(
                caseID: caseID, kind: "plan", name: spec.name, content: planObject,
                mediaType: "application/json",
                inputs: inputs + [DerivedInput("dose", .derived(dose.id))],
                softwareVersion: Software.version, dataVersions: versions), by: actor)
        return Kept(
            planID: plan.id, doseID: dose.id, result: result.with(document),
            context: try await PlanContext(
                patient: patient, planID: plan.id, records: folder.records, draft: plan))
    }
}

extension PlanResult {
    func with(_ document: PlanDocument) -> PlanResult {
        PlanResult(
            document: document, profile: profile, regions: regions, uptake: uptake,
            density: density, territoryMaps: territoryMaps, dose: dose, anatomy: anatomy)
    }
}
