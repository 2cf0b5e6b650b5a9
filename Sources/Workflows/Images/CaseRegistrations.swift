import DICOM
import Foundation
import Imaging
import Quantities
package import Storage

/// The kept registrations of one case: how frames of reference lie to each other, and by whose word.
package struct CaseRegistrations: Sendable {
    private let reader: CaseReader

    package init(_ reader: CaseReader) { self.reader = reader }

    /// A kept registration of two series.
    package struct Kept: Sendable {
        package let record: DerivedRecord
        /// Points of the fixed frame to points of the moving one.
        let transform: RigidTransform
        /// `se-…` of the series that stays.
        package let fixed: String
        /// `se-…` of the series that is moved onto it.
        package let moving: String
        package let fixedFrameUID: String
        package let movingFrameUID: String
        package let findings: [String]

        /// Points of the moving frame to points of the fixed one, LPS mm, 4 x 4, row by row.
        package var movingToFixedLPS: [Double] { transform.inverse.matrixRows }
        /// The reverse.
        package var fixedToMovingLPS: [Double] { transform.matrixRows }
        package var isAccepted: Bool { record.acceptance != nil }
    }

    /// All that are in use and current, the latest first.
    ///
    /// - Throws: ``StorageError``, `DecodingError` when a kept document is damaged.
    package func current() async throws -> [Kept] {
        let records = try await reader.derived(kind: "registration")
        var kept: [Kept] = []
        for record in records.reversed() where record.state == .current {
            guard case .series(let fixed, _)? = record.draft.inputs.source("fixed"),
                case .series(let moving, _)? = record.draft.inputs.source("moving")
            else { continue }
            let content = try await RegistrationContent(
                bytes: reader.folder.objects.bytes(of: record.draft.content))
            let frames = try await (frame(fixed), frame(moving))
            kept.append(
                Kept(
                    record: record, transform: try content.transform(),
                    fixed: SeriesName.short(fixed), moving: SeriesName.short(moving),
                    fixedFrameUID: frames.0, movingFrameUID: frames.1,
                    findings: content.findings.map(\.sentence)))
        }
        return kept
    }

    /// Ways between frames of reference, there and back, for a viewer.
    ///
    /// Images without a frame of reference are not known to lie anywhere.
    package func ways() async throws -> [WorkspaceScene.Registration] {
        try await current().filter {
            !$0.movingFrameUID.isEmpty && !$0.fixedFrameUID.isEmpty
        }.flatMap { kept in
            [
                WorkspaceScene.Registration(
                    id: kept.record.id, from: kept.movingFrameUID, to: kept.fixedFrameUID,
                    accepted: kept.isAccepted, matrixLPS: kept.movingToFixedLPS),
                WorkspaceScene.Registration(
                    id: kept.record.id, from: kept.fixedFrameUID, to: kept.movingFrameUID,
                    accepted: kept.isAccepted, matrixLPS: kept.fixedToMovingLPS),
            ]
        }
    }

    private func frame(_ uid: String) async throws -> String {
        try await reader.series(uid: uid).description.frameOfReferenceUID
    }
}

extension RigidTransform {
    /// Sixteen numbers, row by row.
    package var matrixRows: [Double] {
        let shift = translationMM
        return zip(rotation.rowArrays, [shift.x, shift.y, shift.z]).flatMap { $0 + [$1] }
            + [0, 0, 0, 1]
    }

    /// Further than any two images of one patient lie apart, in millimetres.
    private static let farthestMM = 1e4

    /// Reads sixteen numbers, row by row.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when they are no turn followed by a shift, or
    ///   the shift is longer than 10 m.
    init(matrixRows m: [Double]) throws {
        let refused = WorkflowError.refused(
            sentence: "The position is no turn and shift; load the page again.")
        guard m.count == 16, m.allSatisfy(\.isFinite), Array(m[12...]) == [0, 0, 0, 1] else {
            throw refused
        }
        let rotation = Matrix3(
            rows: Vector3(m[0], m[1], m[2]), Vector3(m[4], m[5], m[6]), Vector3(m[8], m[9], m[10]))
        let product = rotation * rotation.transposed
        let off = [
            product.rows.x - [1, 0, 0], product.rows.y - [0, 1, 0], product.rows.z - [0, 0, 1],
        ].map(\.length).reduce(0, +)
        // Rounding of a browser's own arithmetic is far below this.
        guard off < 1e-9, rotation.determinant > 0 else { throw refused }
        let shift = Vector3(m[3], m[7], m[11])
        guard shift.length <= Self.farthestMM else {
            throw WorkflowError.refused(
                sentence: "The image was moved by more than 10 m; load the page again.")
        }
        self.init(rotation: rotation, translationMM: shift)
    }
}
