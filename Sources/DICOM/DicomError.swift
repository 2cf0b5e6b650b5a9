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
}
