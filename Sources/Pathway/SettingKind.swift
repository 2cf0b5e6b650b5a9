/// What a site keeps under a name and a version.
package enum SettingKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// Limits on doses of structures and lungs.
    case constraintSet = "constraint-set"
    /// CT numbers to density, as calibrated on a scanner.
    case densityCurve = "density-curve"
    /// Recovery by sphere diameter, as measured on a camera.
    case recoveryCurve = "recovery-curve"
    /// Constants of a dose convention.
    case profile
    /// Another DICOM node and what it may do, or another DICOMweb and what we ask of it.
    case dicomPeer = "dicom-peer"

    /// As people read it.
    package var title: String {
        switch self {
        case .constraintSet: "Constraint set"
        case .densityCurve: "HU to density curve"
        case .recoveryCurve: "Recovery curve"
        case .profile: "Convention profile"
        case .dicomPeer: "DICOM peer"
        }
    }
}
