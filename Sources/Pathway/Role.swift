/// What a person of the team does.
package enum Role: String, Hashable, Sendable, CaseIterable, Codable {
    case coordinator
    case nurseSpecialist = "nurse-specialist"
    case radiologist
    case nuclearMedicinePhysician = "nuclear-medicine-physician"
    case physicist
    case oncologist
    case surgeon
    case auditor
    case administrator
    /// A program of the organisation that calls with a token; nobody signs in as one.
    case machine

    /// The roles that people have.
    package static let people = allCases.filter { $0 != .machine }

    /// As people read it.
    package var title: String {
        switch self {
        case .coordinator: "Coordinator"
        case .nurseSpecialist: "Clinical nurse specialist"
        case .radiologist: "Radiologist"
        case .nuclearMedicinePhysician: "Nuclear medicine physician"
        case .physicist: "Medical physicist"
        case .oncologist: "Oncologist"
        case .surgeon: "Surgeon"
        case .auditor: "Auditor"
        case .administrator: "Administrator"
        case .machine: "Machine client"
        }
    }
}
