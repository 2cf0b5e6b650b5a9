/// Why a DICOM file, object or series was refused.
///
/// No case carries patient data.
package enum DicomError: Error, Hashable {
    case notDicom
    case unreadable(reason: String)
    case malformed(reason: String)
    case unsupported(what: String)
    case limitExceeded(what: String)
    case workerDied(reason: String)
    case missing(attribute: String, object: String)
    case refused(code: String, reason: String)
    /// Another DICOM node could not be reached or broke off.
    case peerFailed(reason: String)
    /// Another DICOM node answered that it did not do what it was asked to.
    case peerRefused(DimseStatus)
}

extension DicomError: CustomStringConvertible {
    /// One sentence for a person: what is wrong, and what to do where that can be known.
    package var description: String {
        switch self {
        case .notDicom: "This is not a DICOM file."
        case .unreadable(let reason): "A DICOM file cannot be read: \(reason)."
        case .malformed(let reason): "A DICOM file is malformed: \(reason)."
        case .unsupported(let what): "Grevy does not read this kind of DICOM data: \(what)."
        case .limitExceeded(let what):
            "A DICOM file claims more than Grevy reads: \(what)."
        case .workerDied(let reason):
            "The process that reads DICOM files failed: \(reason)."
        case .missing(let attribute, let object):
            "\(attribute) is missing in the \(object), which cannot be used without it."
        case .refused(let code, let reason):
            "Refused (\(code)): \(reason)."
        case .peerFailed(let reason): "The DICOM peer failed: \(reason)."
        case .peerRefused(let status): "The DICOM peer answered \(status)."
        }
    }
}
