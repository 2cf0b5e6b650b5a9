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
    private let checkpoints: RunCheckpoints?

    /// - Parameters:
    ///   - folder: The data folder.
    ///   - source: What reads images.
    ///   - actor: Who plans.
    ///   - checkpoints: Where long runs leave their states; `nil` for nowhere.
    package init(
        folder: DataFolder, source: any DicomSource, actor: String,
        checkpoints: RunCheckpoints? = nil
    ) {
        self.folder = folder
        self.source = source
        self.actor = actor
        self.checkpoints = checkpoints
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
    ///   - onlyCase: The case that the plan must be of; `nil` for any. With a case, a plan of the
    ///     same name that somebody has signed, also meanwhile, is not replaced.
    ///   - stage: Told the name of each stage as it begins.
    /// - Returns: The plan and the records that keep it.
    /// - Throws: ``WorkflowError`` and what the layers below throw; nothing is kept then but a
    ///   registration that was computed on the way.
    package func run(
        yaml: String, specFolder: URL, onlyCase: Int64? = nil,
        stage: @Sendable @escaping (String) -> Void = { _ in }
    ) async throws -> Kept {
        stage("reading images")
        var reader: CaseReader?
        if let onlyCase {
            reader = try await CaseReader(patient: onlyCase, madeBy: actor, in: folder)
        }
        return try await run(
            PlanSource(
                yaml: yaml, specFolder: specFolder, folder: folder, reader: reader, actor: actor),
            replacing: onlyCase == nil ? .any : .unsigned, stage: stage)
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
        try await folder.shares.checkMaker(actor, changing: record)
        let isSigned = try await folder.records.signatures(plan: planID)
            .contains { $0.ending == nil }
        try Replacement.version(planID).check(record, isSigned)
        return try await run(
            PlanSource(record: record, changedTo: yaml, folder: folder),
            replacing: .version(planID), stage: stage)
    }

    /// Which plan of the same name may be replaced.
    private enum Replacement {
        case any
        case unsigned
        /// This one, while it is current and nobody has signed it.
        case version(String)

        /// Somebody may have signed or replaced the plan since the new one was asked for.
        ///
        /// - Throws: ``WorkflowError/refused(sentence:)``.
        func check(_ before: DerivedRecord, _ isSigned: Bool) throws {
            switch self {
            case .any: return
            // What is outdated already has nothing to lose.
            case .unsigned: guard before.state == .current else { return }
            case .version(let id):
                guard before.id == id, before.state == .current else {
                    throw WorkflowError.refused(
                        sentence:
                            "\(id) is outdated: \(before.state.reason ?? "there is \(before.id)"). "
                            + "Change the current plan.")
                }
            }
            guard !isSigned else {
                throw WorkflowError.refused(
                    sentence: "\(before.id) was signed meanwhile; a new version would end that.")
            }
        }
    }

    private func run(
        _ plan: PlanSource, replacing replacement: Replacement,
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
            plan, reading: reading, registration: registration, checkpoints: checkpoints,
            stage: stage)
        stage("keeping the plan")
        return try await keep(
            made, of: plan, replacing: replacement, registration: registration, caseID: caseID)
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
        _ made: MadePlan, of plan: PlanSource, replacing replacement: Replacement,
        registration: PlanRegistration, caseID: String
    ) async throws -> Kept {
        let objects = try await folder.objects.putMany(
            [made.doseBytes, made.planBytes].map { .bytes($0) }
                + [made.sampleBytes].compactMap { $0.map { .bytes($0) } })
        let (doseObject, planObject) = (objects[0], objects[1])
        let samples = objects.dropFirst(2).map {
            DerivedInput(PlanSamplesWorkflow.role, .object($0))
        }
        let versions = ["conventionProfile": made.result.profile.name]
        let inputs = plan.inputs + registration.inputs
        let parameters = try PlanParameters(registration, plan).json
        let (name, others) = (plan.spec.name, samples)
        let kept = try await folder.records.save(
            dose: DerivedDraft(
                caseID: caseID, kind: "dose", name: name, content: doseObject,
                mediaType: "application/x-metaimage", inputs: inputs,
                softwareVersion: Software.version, dataVersions: versions),
            by: actor, unless: replacement.check
        ) { dose in
            DerivedDraft(
                caseID: caseID, kind: "plan", name: name, content: planObject,
                mediaType: "application/json",
                inputs: inputs + [DerivedInput("dose", .derived(dose))] + others,
                parametersJSON: parameters, softwareVersion: Software.version,
                dataVersions: versions)
        }
        return Kept(
            planID: kept.plan.id, doseID: kept.dose.id, result: made.result,
            context: try await PlanContext(
                patient: made.patient, planID: kept.plan.id, folder: folder, draft: kept.plan))
    }
}
