package import DICOM
package import Storage

/// What the editor of volumes of interest shows: a CT and whatever lies over it.
package struct VOIScene: Sendable {
    private let reader: CaseReader
    private let patient: PatientRecord

    package init(_ reader: CaseReader, patient: PatientRecord) {
        (self.reader, self.patient) = (reader, patient)
    }

    /// The scene of a CT (`se-…`) with the emission images of its frame of reference.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when the case has no such CT.
    package func scene(
        on id: String, source: any DicomSource
    ) async throws -> WorkspaceScene {
        let series = try await reader.series()
        guard
            let ct = series.first(where: { $0.shortID == id && $0.description.modality == "CT" })
        else { throw WorkflowError.notFound(kind: "CT", name: id) }
        let scenes = SceneWorkflow(reader, patient: patient)
        let library = SeriesLibrary(folder: reader.folder, source: source)
        let frames = CaseFrames(reader, source: source)
        let base = "/cases/\(patient.id)"
        let frame = ct.description.frameOfReferenceUID
        var layers = [try await scenes.layer(ct.description.seriesUID, "ct", base, library)]
        for other in series
        where ["PT", "NM"].contains(other.description.modality) && !frame.isEmpty
            && other.description.frameOfReferenceUID == frame
        {
            // Planar views may carry the frame, but are no volume.
            if other.description.modality == "NM",
                (try? await frames.series(other).isVolume) != true
            {
                continue
            }
            layers.append(
                try await scenes.layer(other.description.seriesUID, "activity", base, library))
        }
        return WorkspaceScene(
            patient: WorkspaceScene.Patient(patient.identity),
            plan: "", frameOfReferenceUID: frame, base: id, layers: layers, structures: [],
            registrations: [], isodoseLevelsGy: [], outdated: "")
    }
}
