import Foundation
import Imaging
import Quantities

/// A registration as it is kept: one JSON document.
struct RegistrationContent: Codable {
    var rotationRows: [[Double]]
    var translationMM: [Double]
    /// `nil` where nothing was searched: a person has set it.
    var metricStart: Double?
    var metricEnd: Double?
    var spreadAtCentreMM: Double?
    var spreadAtCornerMM: Double?
    var stopReason: String
    var findings: [Finding]

    init(_ result: RegistrationResult) {
        rotationRows = result.transform.rotation.rowArrays
        let shift = result.transform.translationMM
        translationMM = [shift.x, shift.y, shift.z]
        metricStart = result.metricStart
        metricEnd = result.metricEnd
        spreadAtCentreMM = result.spread.centreMM
        spreadAtCornerMM = result.spread.cornerMM
        stopReason = result.stopReason
        findings = result.findings
    }

    /// Where a person has put the moving image.
    init(byHand transform: RigidTransform) {
        rotationRows = transform.rotation.rowArrays
        let shift = transform.translationMM
        translationMM = [shift.x, shift.y, shift.z]
        stopReason = "set by hand"
        findings = [
            Finding(
                "registration.by-hand", .warning,
                "The registration was set by hand; how far it may be off has not been measured.",
                subject: "activity")
        ]
    }

    /// - Throws: `DecodingError` when the kept document is damaged.
    init(bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    }

    /// Points of the fixed image to points of the moving one.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the kept document is damaged.
    func transform() throws -> RigidTransform {
        try RigidTransform(rotationRows: rotationRows, translationMM: translationMM)
    }
}

extension RigidTransform {
    /// Takes three rows of three numbers and a shift, as documents keep them.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` where there are more or fewer.
    init(rotationRows rows: [[Double]], translationMM shift: [Double]) throws {
        guard rows.count == 3, rows.allSatisfy({ $0.count == 3 }), shift.count == 3 else {
            throw WorkflowError.refused(
                sentence: "A kept registration is damaged; register the images again.")
        }
        let vectors = rows.map { Vector3($0[0], $0[1], $0[2]) }
        self.init(
            rotation: Matrix3(rows: vectors[0], vectors[1], vectors[2]),
            translationMM: Vector3(shift[0], shift[1], shift[2]))
    }
}

extension PlanDocument.Registration {
    /// Points of the planning CT to points of the activity image.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the document is damaged.
    var transform: RigidTransform {
        get throws { try RigidTransform(rotationRows: rotationRows, translationMM: translationMM) }
    }
}

extension Matrix3 {
    var rowArrays: [[Double]] {
        [rows.x, rows.y, rows.z].map { [$0.x, $0.y, $0.z] }
    }
}
