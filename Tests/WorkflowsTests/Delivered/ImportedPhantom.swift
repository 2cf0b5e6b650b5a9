import DICOM
import Foundation
import Phantom
import Storage
import Workflows
import _TestSupport

/// A half-size synthetic patient in a data folder of its own, with a kept plan.
struct ImportedPhantom {
    let work: URL
    let folder: DataFolder
    let truth: PhantomTruth
    let planID: String
    private let source = InProcessSource()
    private let seriesIDs: [String: String]

    init() async throws {
        work = try ReferenceFiles.scratch("delivered")
        let patient = work.appending(path: "patient")
        truth = try await SyntheticPatient.write(
            .sirtNet, options: PhantomOptions(isHalfSize: true), to: patient)
        folder = try DataFolder.open(at: work.appending(path: "data"), create: true)
        let dicom = patient.appending(path: "dicom")
        var seriesIDs: [String: String] = [:]
        for name in ["ct-diagnostic", "rtstruct", "nm-spect", "ct-pet", "pet"] {
            let summary = try await ImportWorkflow(
                folder: folder, source: source, actor: "test"
            ).run(paths: [dicom.appending(path: name)])
            seriesIDs[name] = summary.series.first?.id
        }
        self.seriesIDs = seriesIDs
        // The SPECT need not lie right: only the image after treatment is under test.
        let kept = try await PlanWorkflow(folder: folder, source: source, actor: "test").run(
            yaml: """
                name: phantom
                device: glass
                profile: eanm2022
                evidence: {basis: synthetic, recordedBy: test}
                images:
                  planning: \(seriesIDs["ct-diagnostic"] ?? "")
                  activity: \(seriesIDs["nm-spect"] ?? "")
                registration: {kind: identity}
                structures:
                  from: \(seriesIDs["rtstruct"] ?? "")
                  liver: Liver
                  lungs: Lungs
                  tumours: [Tumour 4, Tumour 5]
                territories:
                  - {name: right, structure: Territory right, injectedActivityGBq: 2.574}
                  - {name: left, structure: Territory left, injectedActivityGBq: 1.089}
                lungShunt: {use: typed, fraction: 0.055}
                residualFraction: 0.01
                limits:
                  - {structure: right, meanDoseGy: 100, source: test}
                  - {structure: right, hottestPercent: 95, doseGy: 100, source: test}
                """, specFolder: work)
        planID = kept.planID
    }

    func remove() { try? FileManager.default.removeItem(at: work) }

    /// Runs the verification with what the truth says was injected, times `scale`.
    func delivered(
        scale: Double = 1, more: String = "", stasis: Bool = false,
        territories: [String] = ["right", "left"], plan: String? = nil, image: String = "pet",
        acceptedBy: String? = "test"
    ) async throws -> DeliveredWorkflow.Kept {
        let given = territories.map { name in
            let injected =
                truth.treatment.injections.first { $0.territory == "Territory \(name)" }?
                .deliveredInjectedActivityGBq ?? 1
            return
                "  - {name: \(name), injectedActivityGBq: \(scale * injected), stasis: \(stasis)}"
        }
        return try await DeliveredWorkflow(folder: folder, source: source, actor: "test").run(
            yaml: """
                plan: \(plan ?? planID)
                image: \(seriesIDs[image] ?? image)
                imageCT: \(seriesIDs["ct-pet"] ?? "")
                registration: {kind: rigid-ct\(acceptedBy.map { ", acceptedBy: \($0)" } ?? "")}
                \(more)
                territories:
                \(given.joined(separator: "\n"))
                """)
    }
}
