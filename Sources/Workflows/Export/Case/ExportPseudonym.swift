import Cryptography
import DICOM
import Foundation
import Storage

extension Pseudonym {
    /// Pseudonyms of a patient for a project, which nobody can compute or undo without the server's key.
    ///
    /// Identifiers are UUIDs under the root 2.25 out of HMAC-SHA-256 of the old ones. Dates move one to
    /// ten years back.
    ///
    /// - Throws: `CryptographyError`.
    init(
        of patient: PatientRecord, studies: [StudyDescription], options: CaseExportOptions,
        key: SigningKey
    ) throws {
        let person = patient.identity
        let secret = try key.secret(
            for: ["de-identification 1", options.project, person.patientID, person.issuer]
                + (person.patientID.isEmpty ? ["\(patient.id)"] : []))
        func number(_ text: String) throws -> UInt64 {
            try HMAC.sha256(of: Array(text.utf8), key: secret).prefix(8)
                .reduce(0) { $0 << 8 | UInt64($1) }
        }
        let label = try "G-" + Self.letters(number("label"))
        let years = 10, day = 365
        let back = day + Int(try number("dates") % UInt64((years - 1) * day))
        let texts =
            [person.patientID, person.name, person.issuer]
            + studies.flatMap { [$0.accessionNumber, $0.studyID, $0.referringPhysician] }
        self.init(
            label: label,
            dates: options.dates == .kept ? .kept : .moved(DateShift(days: -back)),
            identity: texts.reduce(into: []) { $0.formUnion(Pseudonym.words(of: $1)) }
        ) { old in
            let bytes = try HMAC.sha256(of: Array("uid \(old)".utf8), key: secret)
            return UID.keyed(bytes)
        }
    }

    /// Eight letters and digits that are not mistaken for one another.
    private static func letters(_ number: UInt64) -> String {
        let alphabet = Array("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        var (rest, text) = (number, "")
        for _ in 0 ..< 8 {
            text.append(alphabet[Int(rest % UInt64(alphabet.count))])
            rest /= UInt64(alphabet.count)
        }
        return text
    }
}
