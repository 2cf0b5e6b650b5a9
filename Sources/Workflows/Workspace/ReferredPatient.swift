import Foundation
package import Storage

/// What somebody types of a patient whose images have not come.
package struct ReferredPatient: Sendable {
    /// The longest identifier and the longest part of a name that DICOM knows (LO, PN), characters.
    package static let longest = 64

    package let identity: PatientIdentity

    /// Checks what was typed.
    ///
    /// A date of birth is `YYYY-MM-DD` and not after `today`; a sex is `M`, `F` or `O`.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` naming the first thing that is wrong.
    package init(
        family: String, given: String, birthDate: String, sex: String, patientID: String,
        issuer: String, today: String = String(Date().ISO8601Format().prefix(10))
    ) throws {
        func text(_ value: String, _ name: String, isNeeded: Bool) throws -> String {
            let value = value.trimmingCharacters(in: .whitespacesAndNewlines)
            let isPlain = value.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control && !"^=\\".unicodeScalars.contains($0)
            }
            guard !(isNeeded && value.isEmpty), value.count <= Self.longest, isPlain else {
                throw WorkflowError.refused(
                    sentence: "Give the \(name): up to \(Self.longest) characters, without "
                        + "'^', '=' and '\\'.")
            }
            return value
        }
        let names = [
            try text(family, "family name", isNeeded: true),
            try text(given, "given name", isNeeded: false),
        ]
        guard Self.isDay(birthDate), birthDate <= today else {
            throw WorkflowError.refused(
                sentence: "Give the date of birth, not later than today.")
        }
        guard ["M", "F", "O"].contains(sex) else {
            throw WorkflowError.refused(sentence: "Choose the sex.")
        }
        identity = PatientIdentity(
            patientID: try text(patientID, "identifier", isNeeded: true),
            issuer: try text(issuer, "issuer of the identifier", isNeeded: false),
            name: names.filter { !$0.isEmpty }.joined(separator: "^"),
            birthDate: birthDate.replacing("-", with: ""), sex: sex)
    }

    /// Whether a text is a day of the calendar, `YYYY-MM-DD`.
    private static func isDay(_ text: String) -> Bool {
        let format = Date.ISO8601FormatStyle().year().month().day()
        guard text.count == 10, let day = try? format.parse(text) else { return false }
        return day.formatted(format) == text
    }
}
