/// The words by which the objects of a case name the patient, people, places, devices and orders.
///
/// They are collected over all objects of a case before one of them is cleaned: what is a name in one
/// object may stand in a description of another.
package struct IdentityWords: Hashable, Sendable {
    /// Of the patient's own names and identifiers, lower case.
    package private(set) var patient: Set<String>
    /// Those, and of everybody and everything else that the profile takes out, lower case.
    package private(set) var all: Set<String>

    /// - Parameters:
    ///   - name: The patient's name, as PN has it.
    ///   - patient: The patient's identifiers and other names.
    ///   - others: Those of physicians, orders and the like.
    package init(name: String = "", patient: [String] = [], others: [String] = []) {
        self.patient = patient.reduce(into: Pseudonym.words(ofName: name)) {
            $0.formUnion(Pseudonym.words(of: $1))
        }
        all = others.reduce(into: self.patient) { $0.formUnion(Pseudonym.words(of: $1)) }
    }

    /// Adds the names and identifiers of an object, those within its sequences too.
    package mutating func add(_ data: DataSet) {
        for (tag, element) in data.elements {
            switch element.value {
            case .items(let items): for item in items { add(item) }
            case .bytes(let bytes):
                guard element.vr == .PN || Self.isIdentity(tag, element.vr) else { continue }
                for part in TextValues.parts(of: bytes, isMultiValued: true) {
                    let text = String(decoding: part, as: UTF8.self)
                    let isPatient = tag.group == Self.patientGroup
                    let words =
                        isPatient && element.vr == .PN
                        ? Pseudonym.words(ofName: text) : Pseudonym.words(of: text)
                    all.formUnion(words)
                    if isPatient { patient.formUnion(words) }
                }
            }
        }
    }

    private static let patientGroup: UInt16 = 0x0010

    /// Text of an attribute that the profile takes out whatever the options.
    private static func isIdentity(_ tag: Tag, _ vr: VR) -> Bool {
        guard [.LO, .SH, .ST, .AE].contains(vr), let row = ConfidentialityProfile.standard[tag]
        else { return false }
        return !row.isDescriptor && !row.isTime && row.basic != .keep
    }
}
