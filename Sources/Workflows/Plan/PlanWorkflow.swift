package import DICOM
package import Foundation
import Imaging
import Physics
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
    ///   - onlyCase: The case that the plan must be of; `nil` for any.
    ///   - stage: Told the name of each stage as it begins.
    /// - Returns: The plan and the records that keep it.
    /// - Throws: ``WorkflowError`` and what the layers below throw; nothing is kept then but a
    ///   registration that was computed on the way.
    package func run(
        yaml: String, specFolder: URL, onlyCase: Int64? = nil,
        stage: @Sendable @escaping (String) -> Void = { _ in }
    ) async throws -> Kept {
        stage("reading images")
        return try await run(
            PlanSource(yaml: yaml, specFolder: specFolder, folder: folder, onlyCase: onlyCase),
            stage: stage)
    }

    /// Makes a plan from the images of a kept one and a changed plan file.
    ///
    /// - Parameters:
    ///   - planID: The kept plan, which must be of the case.
    ///   - yaml: The changed plan file's text.
    ///   - patient: The case.
    ///   - stage: Told the name of each stage as it begins.
    /// - Returns: The plan and the records that keep it.
    /// - Throws: ``WorkflowError`` when the plan or an image has changed meanwhile; what the layers
    ///   below throw.
    package func run(
        changing planID: String, to yaml: String, patient: Int64,
        stage: @Sendable @escaping (String) -> Void = { _ in }
    ) async throws -> Kept {
        stage("reading images")
        let record = try await folder.records.derived(id: planID)
        guard record.draft.caseID == "patient-\(patient)" else {
            throw WorkflowError.notFound(kind: "plan", name: planID)
        }
        try await refuseUnlessReplaceable(planID)
        return try await run(
            PlanSource(record: record, changedTo: yaml, folder: folder), replacing: planID,
            stage: stage)
    }

    /// Somebody may have signed or replaced the plan since the change was asked for.
    private func refuseUnlessReplaceable(_ planID: String) async throws {
        let record = try await folder.records.derived(id: planID)
        guard record.state == .current else {
            throw WorkflowError.refused(
                sentence:
                    "\(planID) is outdated: \(record.state.reason ?? ""). Change the current plan.")
        }
        let signatures = try await folder.records.signatures(plan: planID)
        guard signatures.allSatisfy({ $0.ending != nil }) else {
            throw WorkflowError.refused(
                sentence: "\(planID) was signed meanwhile; a new version would end that.")
        }
    }

    private func run(
        _ plan: PlanSource, replacing planID: String? = nil,
        stage: @Sendable @escaping (String) -> Void
    ) async throws -> Kept {
        let reading = try await PlanInputsReader(
            folder: folder, library: SeriesLibrary(folder: folder, source: source), source: plan
        ).read()
        try plan.spec.refuseUnknownStructures(known: reading.outlines.keys)
        let caseID = "patient-\(reading.patient)"
        let registration = try await registration(
            of: plan, reading: reading, caseID: caseID, stage: stage)
        stage("computing the plan")
        let made = try await MadePlan(
            plan, reading: reading, registration: registration, stage: stage)
        stage("keeping the plan")
        if let planID { try await refuseUnlessReplaceable(planID) }
        return try await keep(made, of: plan, registration: registration, caseID: caseID)
    }

    private func registration(
        of plan: PlanSource, reading: PlanInputsReader.Reading, caseID: String,
        stage: @Sendable (String) -> Void
    ) async throws -> PlanRegistration {
        let (accepted, inputs, findings) = try await EmissionRegistration(
            folder: folder, actor: actor
        ).run(
            caseID: caseID, planning: (reading.planning, try plan.input("planning")),
            emission: (
                reading.activity.volume, reading.activityFrameOfReferenceUID,
                try plan.input("activity")
            ),
            companion: try reading.activityCT.map { ($0, try plan.input("activityCT")) },
            companionKey: "images.activityCT", choice: plan.spec.registration, stage: stage)
        return PlanRegistration(accepted: accepted, inputs: inputs, findings: findings)
    }

    private func keep(
        _ made: MadePlan, of plan: PlanSource, registration: PlanRegistration, caseID: String
    ) async throws -> Kept {
        let doseObject = try await folder.objects.put(made.doseBytes)
        let planObject = try await folder.objects.put(made.planBytes)
        var samples: [DerivedInput] = []
        if let bytes = made.sampleBytes {
            let object = try await folder.objects.put(bytes)
            samples = [DerivedInput(PlanSamplesWorkflow.role, .object(object))]
        }
        let versions = ["conventionProfile": made.result.profile.name]
        let inputs = plan.inputs + registration.inputs
        let dose = try await folder.records.save(
            DerivedDraft(
                caseID: caseID, kind: "dose", name: plan.spec.name, content: doseObject,
                mediaType: "application/x-metaimage", inputs: inputs,
                softwareVersion: Software.version, dataVersions: versions), by: actor)
        let record = try await folder.records.save(
            DerivedDraft(
                caseID: caseID, kind: "plan", name: plan.spec.name, content: planObject,
                mediaType: "application/json",
                inputs: inputs + [DerivedInput("dose", .derived(dose.id))] + samples,
                parametersJSON: try PlanParameters(registration, plan).json,
                softwareVersion: Software.version, dataVersions: versions), by: actor)
        return Kept(
            planID: record.id, doseID: dose.id, result: made.result,
            context: try await PlanContext(
                patient: made.patient, planID: record.id, records: folder.records, draft: record))
    }
}
