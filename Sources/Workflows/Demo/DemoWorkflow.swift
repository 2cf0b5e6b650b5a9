import DICOM
package import Foundation
import Phantom
import Storage

/// The whole way of one synthetic patient, held against the truth it was made from.
package struct DemoWorkflow: Sendable {
    private let folder: URL
    private let isHalfSize: Bool

    /// Works in `folder`; `isHalfSize` makes a patient of a quarter of the pixels, for tests.
    package init(folder: URL, isHalfSize: Bool = false) {
        self.folder = folder
        self.isHalfSize = isHalfSize
    }

    package struct Outcome: Sendable {
        package let kept: PlanWorkflow.Kept
        package let table: DemoTable
        package let engines: DemoEngines
        package let files: [String]
    }

    /// Makes the patient unless it is there, imports, plans, writes, compares.
    ///
    /// - Throws: What the workflows throw.
    package func run(
        pdf: Bool, stage: @escaping @Sendable (String) -> Void
    ) async throws -> Outcome {
        let patient = folder.appending(path: "patient")
        let options = PhantomOptions(seed: 1, isHalfSize: isHalfSize)
        let truth = try await phantom(at: patient, options: options, stage: stage)
        stage("importing")
        let source = DicomReader()
        let data = try DataFolder.open(at: folder.appending(path: "data"), create: true)
        let imported = try await ImportWorkflow(folder: data, source: source, actor: "demo").run(
            paths: [patient.appending(path: "dicom")])
        try Self.refuseGaps(in: imported)
        let spec = DemoSpec.plan(truth)
        try Data(spec.utf8).write(to: folder.appending(path: "plan.yaml"), options: .atomic)
        let kept = try await PlanWorkflow(folder: data, source: source, actor: "demo").run(
            yaml: spec, specFolder: folder, stage: stage)
        stage("writing report and DICOM")
        let written = try await PlanOutputs(folder: data, actor: "demo").write(
            kept, to: folder.appending(path: "plan"), pdf: pdf)
        let delivery = DemoSpec.delivery(truth, planID: kept.planID)
        try Data(delivery.utf8).write(
            to: folder.appending(path: "delivered.yaml"), options: .atomic)
        let delivered = try await DeliveredWorkflow(folder: data, source: source, actor: "demo")
            .run(yaml: delivery, stage: stage)
        stage("writing what was delivered")
        _ = try await DeliveredOutputs(folder: data, actor: "demo").write(
            delivered, to: folder.appending(path: "delivered"), pdf: pdf)
        stage("comparing with the truth")
        var table = try DemoComparison(truth: truth, options: options, plan: kept.result).table()
        try DemoDelivered(truth: truth, options: options, delivered: delivered.result)
            .add(to: &table)
        try CanonicalJSON.encoded(table).write(
            to: folder.appending(path: "against-truth.json"), options: .atomic)
        let engines = try await DemoEngines(
            plan: kept.result.document, truth: truth, folder: folder, data: data, source: source,
            stage: stage)
        try CanonicalJSON.encoded(engines).write(
            to: folder.appending(path: "engines.json"), options: .atomic)
        return Outcome(kept: kept, table: table, engines: engines, files: written.files)
    }

    /// Every file of the patient must have come in: a plan on a part of them proves nothing.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` with the import's reasons and first files.
    package static func refuseGaps(in summary: ImportSummary) throws {
        let missing = summary.files - summary.stored - summary.alreadyStored
        guard missing > 0 || summary.files == 0 else { return }
        let reasons = summary.reasons.map { reason in
            let first = reason.examples.first.map { ", first \($0.path)" } ?? ""
            return
                "\(reason.count) \(reason.outcome) (\(reason.reason)): \(reason.sentence)\(first)"
        }
        throw WorkflowError.refused(
            sentence: "\(missing) of \(summary.files) files of the synthetic patient were not "
                + "taken in; remove the folder and start again. "
                + reasons.joined(separator: "; "))
    }

    private func phantom(
        at patient: URL, options: PhantomOptions, stage: @escaping @Sendable (String) -> Void
    ) async throws -> PhantomTruth {
        let file = patient.appending(path: "truth.json")
        if let bytes = try? Data(contentsOf: file),
            let truth = try? JSONDecoder().decode(PhantomTruth.self, from: bytes),
            truth.isHalfSize == isHalfSize, truth.seed == options.seed
        {
            stage("the synthetic patient is there already")
            return truth
        }
        return try await SyntheticPatient.write(
            .sirtNet, options: options, to: patient,
            progress: { stage("making the patient: \(Int(100 * $0.fraction)) %, \($0.step)") })
    }
}
