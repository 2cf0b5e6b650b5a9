package import DICOM
import Foundation
import Imaging
import Quantities
package import Storage

/// Registers two series of a case: by a person's hand, or as the automatic job does it.
package struct HandRegistration: Sendable {
    private let folder: DataFolder
    private let source: any DicomSource
    private let patient: Int64

    package init(folder: DataFolder, source: any DicomSource, patient: Int64) {
        (self.folder, self.source, self.patient) = (folder, source, patient)
    }

    /// What was asked for, as it is kept.
    private struct Parameters: Codable {
        var kind = "by-hand"
        var movingToFixedLPS: [Double]
    }

    /// Keeps where a person has put a series; nobody has accepted it then.
    ///
    /// - Parameters:
    ///   - moving: `se-…` of the series that was moved.
    ///   - fixed: `se-…` of the series that stayed.
    ///   - matrixLPS: Points of the moving frame to points of the fixed one, mm, 4 x 4, row by row.
    ///   - actor: Who has moved it.
    /// - Returns: The registration's id.
    /// - Throws: ``WorkflowError``, ``StorageError``.
    package func keep(
        moving: String, onto fixed: String, matrixLPS: [Double], by actor: String
    ) async throws -> String {
        try Self.checkPair(moving, fixed)
        let transform = try RigidTransform(matrixRows: matrixLPS).inverse
        let content = RegistrationContent(byHand: transform)
        let object = try await folder.objects.put(Array(try CanonicalJSON.encoded(content)))
        let inputs = [
            DerivedInput("fixed", try await input(fixed)),
            DerivedInput("moving", try await input(moving)),
        ]
        return try await folder.records.save(
            DerivedDraft(
                caseID: "patient-\(patient)", kind: "registration",
                name: "by hand of \(moving) onto \(fixed)", content: object,
                mediaType: "application/json", inputs: inputs,
                parametersJSON: String(
                    decoding: try CanonicalJSON.encoded(
                        Parameters(movingToFixedLPS: matrixLPS)), as: UTF8.self),
                softwareVersion: Software.version), by: actor
        ).id
    }

    /// Registers one series onto another with the workflow that plans use.
    ///
    /// - Returns: The registration's id.
    /// - Throws: ``WorkflowError``, `DicomError`, `ImagingError`.
    func register(moving: String, onto fixed: String, by actor: String) async throws -> String {
        try Self.checkPair(moving, fixed)
        let library = SeriesLibrary(folder: folder, source: source)
        let still = try await library.image(seriesUID: uid(fixed))
        let moved = try await library.image(seriesUID: uid(moving))
        let isCT = still.modality == "CT" && moved.modality == "CT"
        return try await RegistrationWorkflow(folder: folder, actor: actor).run(
            caseID: "patient-\(patient)",
            fixed: (still, DerivedInput("fixed", try await input(fixed))),
            moving: (moved.volume, DerivedInput("moving", try await input(moving))),
            choice: PlanSpec.RegistrationChoice(
                kind: isCT ? .rigidCT : .rigidActivity, startTranslationMM: [0, 0, 0],
                startRotationDegrees: [0, 0, 0], acceptedBy: nil)
        ).recordID
    }

    /// - Throws: ``WorkflowError/refused(sentence:)`` for a series and itself.
    static func checkPair(_ moving: String, _ fixed: String) throws {
        guard moving != fixed else {
            throw WorkflowError.refused(
                sentence: "A series lies on itself already; choose two different ones.")
        }
    }

    private func uid(_ series: String) async throws -> String {
        try await CaseReader(whole: patient, in: folder).series(series).description.seriesUID
    }

    private func input(_ series: String) async throws -> DerivedInput.Source {
        let uid = try await uid(series)
        return .series(
            uid: uid, digest: try await folder.records.instances(seriesUID: uid).seriesDigest)
    }
}
