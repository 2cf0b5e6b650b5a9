package import DICOM
import Foundation
package import Storage

/// Makes a kept plan again from its record alone and compares the bytes.
///
/// Series come by the UIDs in the record, without files that came later, and must still have the
/// digests that stand there; the registration is read, not repeated; no file outside the data folder is
/// touched.
package struct PlanRecomputation: Sendable {
    private let folder: DataFolder
    private let source: any DicomSource

    package init(folder: DataFolder, source: any DicomSource) {
        self.folder = folder
        self.source = source
    }

    /// Whether a plan came out as it is kept, for people and scripts.
    package struct Answer: Codable, Hashable, Sendable {
        package var planID: String
        package var identical: Bool
        /// What differs, in words; empty when nothing does.
        package var differences: [String]
        /// `current` or `outdated`.
        package var state: String
        package var outdatedReason: String?
        package var keptPlanDigest: String
        package var recomputedPlanDigest: String?
        package var keptDoseDigest: String
        package var recomputedDoseDigest: String?
        package var keptBySoftwareVersion: String
        package var recomputedBySoftwareVersion: String
    }

    /// Recomputes a plan.
    ///
    /// - Parameters:
    ///   - planID: The plan's id in the record, `plan-12`.
    ///   - stage: Told the name of each stage as it begins.
    /// - Returns: The comparison, and the plan as recomputed; `nil` when an input has changed.
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when there is no such plan; what the
    ///   layers below throw.
    package func run(
        planID: String, stage: @Sendable @escaping (String) -> Void = { _ in }
    ) async throws -> (answer: Answer, plan: PlanWorkflow.Kept?) {
        let record = try await ComputedName.resolve(planID, in: folder.records)
        let plan = try await PlanSource(record: record, folder: folder)
        guard case .derived(let doseID)? = record.draft.inputs.source("dose") else {
            throw WorkflowError.refused(sentence: "The record of the plan names no dose.")
        }
        let dose = try await folder.records.derived(id: doseID)
        var answer = Answer(record, doseDigest: dose.draft.content)
        answer.differences = try await plan.changes(in: folder.records)
        guard answer.differences.isEmpty else { return (answer, nil) }
        stage("reading images")
        let reading = try await PlanInputsReader(
            folder: folder,
            library: SeriesLibrary(folder: folder, source: source, asOf: plan.seriesDigests),
            source: plan
        ).read()
        stage("computing the plan")
        let made = try await MadePlan(
            plan, reading: reading,
            registration: try await registration(of: record, plan: plan, reading: reading),
            stage: stage)
        stage("comparing")
        try answer.compare(
            made, with: try await folder.objects.bytes(of: record.draft.content))
        answer.compareSamples(made, with: record)
        let kept = PlanWorkflow.Kept(
            planID: planID, doseID: doseID, result: made.result,
            context: try await PlanContext(
                patient: made.patient, planID: planID, folder: folder, draft: record))
        return (answer, kept)
    }

    /// The registration as the plan found it.
    private func registration(
        of record: DerivedRecord, plan: PlanSource, reading: PlanInputsReader.Reading
    ) async throws -> PlanRegistration {
        let acceptedBy = try PlanParameters(json: record.draft.parametersJSON)
            .registrationAcceptedBy
        let kind = plan.spec.registration.kind
        let frames = EmissionRegistration.frameFindings(
            kind, acceptedBy: acceptedBy, emission: reading.activityFrameOfReferenceUID,
            planning: reading.planning.frameOfReferenceUID,
            companion: reading.activityCT?.frameOfReferenceUID)
        guard case .derived(let id)? = record.draft.inputs.source("registration") else {
            return PlanRegistration(
                accepted: .identity(acceptedBy: acceptedBy), inputs: [], findings: frames)
        }
        let content = try await RegistrationContent(
            bytes: folder.objects.bytes(
                of: folder.records.derived(id: id).draft.content))
        return PlanRegistration(
            accepted: AcceptedRegistration(
                kind: kind, transform: try content.transform(), spreadMM: content.spreadAtCentreMM,
                acceptedBy: acceptedBy),
            inputs: [DerivedInput("registration", .derived(id))],
            findings: frames + content.findings)
    }
}

extension PlanRecomputation.Answer {
    fileprivate init(_ record: DerivedRecord, doseDigest: ObjectDigest) {
        planID = record.id
        identical = false
        differences = []
        state = record.state.name
        outdatedReason = record.state.reason
        keptPlanDigest = record.draft.content.hex
        keptDoseDigest = doseDigest.hex
        keptBySoftwareVersion = record.draft.softwareVersion
        recomputedBySoftwareVersion = Software.version
    }

    fileprivate mutating func compare(_ made: MadePlan, with kept: [UInt8]) throws {
        let planDigest = ObjectDigest(of: made.planBytes).hex
        let doseDigest = ObjectDigest(of: made.doseBytes).hex
        recomputedPlanDigest = planDigest
        recomputedDoseDigest = doseDigest
        identical = planDigest == keptPlanDigest && doseDigest == keptDoseDigest
        guard !identical else { return }
        if doseDigest != keptDoseDigest { differences.append("the dose of at least one voxel") }
        differences += try JSONDifference.paths(made.planBytes, kept).map { "plan key '\($0)'" }
        if differences.isEmpty { differences.append("the spelling of the plan document") }
    }
}

extension PlanRecomputation.Answer {
    /// Holds against the record what the plan panel computes with.
    fileprivate mutating func compareSamples(_ made: MadePlan, with record: DerivedRecord) {
        guard case .object(let kept)? = record.draft.inputs.source(PlanSamplesWorkflow.role),
            made.sampleBytes.map({ ObjectDigest(of: $0) }) != kept
        else { return }
        identical = false
        differences.append("the dose samples of the plan panel")
    }
}

extension DerivedRecord.State {
    /// `current` or `outdated`.
    var name: String { self == .current ? "current" : "outdated" }

    var reason: String? {
        if case .outdated(let reason) = self { reason } else { nil }
    }
}

/// How people name a computed object.
package enum ComputedName {
    /// Returns the computed object with an id.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package static func resolve(
        _ id: String, in records: RecordStore
    ) async throws -> DerivedRecord {
        do {
            return try await records.derived(id: id)
        } catch StorageError.notFound {
            throw WorkflowError.notFound(kind: "computed object", name: id)
        }
    }
}
