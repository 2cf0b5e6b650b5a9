import DICOM
import Foundation
import Phantom
import Storage
import Workflows
import _TestSupport

/// The half-size synthetic patient, made and imported for one test.
enum SmallPatient {
    /// Returns a scratch folder that holds `patient` and `data`, and the opened data folder.
    static func imported(_ name: String) async throws -> (work: URL, folder: DataFolder) {
        let work = try ReferenceFiles.scratch(name)
        _ = try await SyntheticPatient.write(
            .sirtNet, options: PhantomOptions(seed: 1, isHalfSize: true),
            to: work.appending(path: "patient"))
        let folder = try DataFolder.open(at: work.appending(path: "data"), create: true)
        _ = try await ImportWorkflow(folder: folder, source: InProcessSource(), actor: "test")
            .run(paths: [work.appending(path: "patient/dicom")])
        return (work, folder)
    }

    /// A quick plan of the right lobe by local deposition.
    static func rightLobe(
        images: String, registration: String, lungShunt: String
    ) -> String {
        """
        name: right lobe
        device: glass
        profile: eanm2022
        evidence: {basis: synthetic case, recordedBy: test}
        images: {\(images)}
        registration: \(registration)
        structures: {from: "Structures from shapes, simulated", liver: Liver,
          tumours: [Tumour 5]}
        territories:
          - {name: right, structure: Territory right, injectedActivityGBq: 1}
        lungShunt: \(lungShunt)
        residualFraction: 0
        dose: {gridSpacingMM: 6, density: fixed}
        """
    }
}
