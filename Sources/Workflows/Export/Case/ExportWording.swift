import DICOM
import Pathway
import Storage

/// How what leaves names people, says what somebody typed, and when: as it is, or as PS3.15 has it.
struct ExportWording: Sendable {
    /// `nil` where the identity stays.
    let pseudonym: Pseudonym?

    /// As it is.
    static let plain = ExportWording(pseudonym: nil)

    var isPlain: Bool { pseudonym == nil }

    /// What somebody typed; without the identity, the words of it that describe images and no people.
    func text(_ typed: String) -> String {
        guard let pseudonym else { return typed }
        return DescriptorWords.cleaned(typed, identity: pseudonym.identity.all)
    }

    /// A person's name, an organisation's or a digest; nothing without the identity.
    func identifying(_ name: String) -> String { isPlain ? name : "" }

    /// ISO 8601, moved as all dates of the export are; its time of day stays.
    func moment(_ text: String) -> String { pseudonym?.moved(text) ?? text }

    func uid(_ uid: String) throws -> String { try pseudonym?.uid(uid) ?? uid }

    /// The patient on one line.
    func heading(_ identity: PatientIdentity) -> String {
        pseudonym?.label
            ?? "\(ReadableIdentity.name(identity.name)), "
            + "\(ReadableIdentity.date(identity.birthDate)), \(identity.patientID) "
            + identity.issuer
    }
}

extension Pseudonym {
    /// Returns a date or an instant of ISO 8601 as the export has it; empty for what is none.
    func moved(_ text: String) -> String {
        guard let match = text.prefixMatch(of: /([0-9]{4})-([0-9]{2})-([0-9]{2})(?=$|T)/) else {
            return ""
        }
        guard case .moved(let shift) = dates else { return text }
        let moved = shift.moved("\(match.1)\(match.2)\(match.3)")
        guard moved.count == 8 else { return "" }
        return "\(moved.prefix(4))-\(moved.dropFirst(4).prefix(2))-\(moved.suffix(2))"
            + text[match.range.upperBound...]
    }
}
