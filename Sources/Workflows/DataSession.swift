import DICOM
package import Foundation
import Storage

/// One data folder opened for one actor, with the workers that read untrusted files.
///
/// What the command line can do with a data folder, each as one call.
package struct DataSession: Sendable {
    let folder: DataFolder
    let source: any DicomSource
    let actor: String

    /// Opens the folder.
    ///
    /// - Throws: ``StorageError``.
    package init(path: String, create: Bool = false, actor: String) throws {
        folder = try DataFolder.open(at: URL(filePath: path), create: create)
        source = DicomReader()
        self.actor = actor
    }

    /// Takes files and folders in; see ``ImportWorkflow``.
    package func importFiles(
        _ paths: [URL], patientIDForUnnamed: String?,
        progress: @Sendable (_ done: Int, _ all: Int) -> Void
    ) async throws -> ImportSummary {
        try await ImportWorkflow(
            folder: folder, source: source, actor: actor,
            patientIDForUnnamed: patientIDForUnnamed
        ).run(paths: paths, progress: progress)
    }

    /// What the folder holds.
    package func listing() async throws -> Listing {
        try await Listing(records: folder.records)
    }

    /// Makes and keeps a plan; see ``PlanWorkflow``.
    package func plan(
        yaml: String, specFolder: URL, stage: @Sendable @escaping (String) -> Void
    ) async throws -> PlanWorkflow.Kept {
        try await PlanWorkflow(folder: folder, source: source, actor: actor)
            .run(yaml: yaml, specFolder: specFolder, stage: stage)
    }

    /// Writes a plan out; see ``PlanOutputs``.
    package func write(
        _ kept: PlanWorkflow.Kept, to out: URL, pdf: Bool
    ) async throws -> PlanOutputs.Written {
        try await PlanOutputs(folder: folder, actor: actor).write(kept, to: out, pdf: pdf)
    }
}
