package import DICOM
import Foundation
package import Storage

/// A verification of a case, and its plan's scene with the delivered doses laid over it.
package struct DeliveredScene: Sendable {
    private let reader: CaseReader
    private let patient: PatientRecord

    /// - Parameters:
    ///   - reader: What is seen of the case.
    ///   - patient: Whose case it is.
    package init(_ reader: CaseReader, patient: PatientRecord) {
        (self.reader, self.patient) = (reader, patient)
    }

    /// A verification of the case.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when the case has no such thing.
    package func verification(
        _ id: String
    ) async throws -> (record: DerivedRecord, document: DeliveredDocument) {
        let record = try await reader.record(id, kind: "verification")
        let bytes = try await reader.folder.objects.bytes(of: record.draft.content)
        return (record, try JSONDecoder().decode(DeliveredDocument.self, from: Data(bytes)))
    }

    /// The plan's scene with the delivered doses on top, windowed as the planned one.
    package func scene(_ id: String, source: any DicomSource) async throws -> WorkspaceScene {
        let (record, document) = try await verification(id)
        var scene = try await SceneWorkflow(reader, patient: patient)
            .scene(document.plan, source: source)
        guard let planned = scene.layers.first(where: { $0.role == "dose" }) else { return scene }
        for calibration in ["relative", "absolute"] {
            guard case .derived(let dose)? = record.draft.inputs.source("\(calibration)Dose")
            else { continue }
            var layer = planned
            layer.id = dose
            layer.role = "delivered"
            layer.label = "Delivered dose, \(calibration)"
            layer.date = String(record.createdAt.prefix(10))
            layer.url = "/cases/\(patient.id)/volumes/\(dose)"
            scene.layers.append(layer)
        }
        if let reason = record.state.reason { scene.outdated = reason }
        return scene
    }
}
