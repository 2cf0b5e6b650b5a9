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

    var transform: RigidTransform {
        let rows = rotationRows.map { Vector3($0[0], $0[1], $0[2]) }
        return RigidTransform(
            rotation: Matrix3(rows: rows[0], rows[1], rows[2]),
            translationMM: Vector3(translationMM[0], translationMM[1], translationMM[2]))
    }
}

extension Matrix3 {
    var rowArrays: [[Double]] {
        [rows.x, rows.y, rows.z].map { [$0.x, $0.y, $0.z] }
    }
}
