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
        func input(_ role: String) -> DerivedInput? {
            reading.derivedInputs.first { $0.role == role }
        }
        guard let planning = input("planning"), let activity = input("activity") else {
            throw WorkflowError.refused(sentence: "A plan needs a CT and an activity image.")
        }
        return try await EmissionRegistration(folder: folder, actor: actor).run(
            caseID: caseID, planning: (reading.planning, planning),
            emission: (
                reading.activity.volume, reading.activityFrameOfReferenceUID, activity
            ),
            companion: reading.activityCT.flatMap { ct in input("activityCT").map { (ct, $0) } },
            companionKey: "images.activityCT", choice: spec.registration, stage: stage)
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
