package import DICOM
import Foundation
package import Storage

/// Scenes of images that belong to no plan: one or more series or doses of a case.
package struct ImagesScene: Sendable {
    private let reader: CaseReader
    private let source: any DicomSource
    private let patient: PatientRecord

    package init(_ reader: CaseReader, source: any DicomSource, patient: PatientRecord) {
        (self.reader, self.source, self.patient) = (reader, source, patient)
    }

    /// Two scenes side by side and how their points correspond.
    package struct Pair: Encodable, Sendable {
        package let left: WorkspaceScene
        package let right: WorkspaceScene
        /// From left to right, LPS mm, 4 x 4; missing where both lie in one frame of reference.
        package let matrixLPS: [Double]?
        /// Whether a point of one has a place in the other.
        package let isLinked: Bool
        /// What links them, or why nothing does.
        package let sentence: String
    }

    /// A scene.
    ///
    /// - Parameter ids: Series (`se-…`) or doses (`dose-…`, `delivered-dose-…`); the first is below
    ///   the others.
    /// - Returns: The scene, without structures.
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package func scene(_ ids: [String]) async throws -> WorkspaceScene {
        var layers: [WorkspaceScene.Layer] = []
        for id in ids { layers.append(try await layer(id)) }
        guard let first = layers.first else {
            throw WorkflowError.notFound(kind: "image", name: "")
        }
        return WorkspaceScene(
            patient: WorkspaceScene.Patient(patient.identity),
            plan: "", frameOfReferenceUID: first.frameOfReferenceUID, base: first.id,
            layers: layers, structures: [],
            registrations: try await CaseRegistrations(reader).ways(),
            isodoseLevelsGy: [], outdated: "")
    }

    /// Two scenes and what links them.
    package func pair(_ left: [String], _ right: [String]) async throws -> Pair {
        let (a, b) = (try await scene(left), try await scene(right))
        let (from, to) = (a.frameOfReferenceUID, b.frameOfReferenceUID)
        if !from.isEmpty, from == to {
            return Pair(
                left: a, right: b, matrixLPS: nil, isLinked: true,
                sentence: "Linked: both lie in one frame of reference.")
        }
        let ways = a.registrations.filter { $0.from == from && $0.to == to }
        if let way = ways.first(where: \.accepted) {
            return Pair(
                left: a, right: b, matrixLPS: way.matrixLPS, isLinked: true,
                sentence: "Linked by \(way.id), which is accepted.")
        }
        return Pair(
            left: a, right: b, matrixLPS: nil, isLinked: false,
            sentence: ways.isEmpty
                ? "Not linked: they lie in different frames of reference and are not registered."
                : "Not linked: nobody has accepted their registration yet.")
    }

    private func layer(_ id: String) async throws -> WorkspaceScene.Layer {
        let base = "/cases/\(patient.id)"
        if let series = try await reader.series().first(where: { $0.shortID == id }) {
            let role =
                switch series.description.modality {
                case "CT": "ct"
                case "MR": "mr"
                default: "activity"
                }
            return try await SceneWorkflow(reader, patient: patient)
                .layer(
                    series.description.seriesUID, role, base,
                    SeriesLibrary(folder: reader.folder, source: source))
        }
        let kinds = ["dose": "dose", "delivered-dose": "delivered"]
        let record = try await reader.record(id)
        guard let role = kinds[record.draft.kind] else {
            throw WorkflowError.notFound(kind: "image", name: id)
        }
        return WorkspaceScene.Layer(
            id: id, role: role, label: "\(record.id): \(record.draft.name)", modality: "RTDOSE",
            date: String(record.createdAt.prefix(10)), unit: "Gy", url: "\(base)/volumes/\(id)",
            frameOfReferenceUID: try await planningFrame(of: record), windowLow: 0, windowHigh: 0,
            colourMap: "inferno")
    }

    /// A dose lies in the frame of its planning CT, named by itself or by its plan.
    private func planningFrame(of record: DerivedRecord) async throws -> String {
        for role in ["planning", "ct"] {
            if case .series(let uid, _)? = record.draft.inputs.source(role) {
                return try await reader.series(uid: uid).description.frameOfReferenceUID
            }
        }
        for input in record.draft.inputs {
            guard case .derived(let id) = input.source, id != record.id else { continue }
            let frame = try await planningFrame(of: reader.record(id))
            if !frame.isEmpty { return frame }
        }
        return ""
    }
}
