import Foundation
import Imaging
import Workflows
import _TestSupport

/// `grevy dose` from maps that a test makes, through files as a user has them.
struct DoseMaps {
    var decays: Volume<Float>
    var density: Volume<Float>
    var medium: Volume<Float>
    var labels: Volume<Float>

    /// Computes the dose of the maps.
    func run(
        nuclide: String, engine: DoseRun.Engine, histories: Int, countsGas: Bool = false
    ) async throws -> (report: DoseReport, dose: Volume<Float>) {
        let folder = try ReferenceFiles.scratch("dose-maps")
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["tia": decays, "density": density, "labels": labels, "medium": medium]
        for (name, volume) in files {
            try NIfTI.write(volume, to: folder.appending(path: name + ".nii"), description: name)
        }
        let report = try await DoseRun(
            sources: DoseSources(
                tia: folder.appending(path: "tia.nii").path,
                matter: .maps(
                    density: folder.appending(path: "density.nii").path,
                    medium: folder.appending(path: "medium.nii").path),
                labels: folder.appending(path: "labels.nii").path),
            nuclide: nuclide, engine: engine,
            run: TransportRun(stop: .histories(histories), seed: 1, threads: 1),
            out: folder.appending(path: "dose.nii"), uncertaintyOut: nil, countsGas: countsGas)()
        return (report, try NIfTI.read(folder.appending(path: "dose.nii")))
    }
}
