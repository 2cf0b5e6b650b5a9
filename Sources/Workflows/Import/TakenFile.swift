import DICOM
package import Storage

/// What became of one file of an import.
package struct TakenFile: Hashable, Sendable {
    package enum Result: Hashable, Sendable {
        case listed(RegistrationOutcome)
        case refused(ImportRefusal)
    }

    /// Which instance it is; also of one that was not taken.
    package struct Identity: Hashable, Sendable {
        package let studyUID: String
        package let seriesUID: String
        package let sopInstanceUID: String
        package let sopClassUID: String
    }

    package let result: Result
    /// `nil` for a file that could not be read.
    package let identity: Identity?

    init(_ result: Result, _ summary: ObjectSummary?) {
        self.result = result
        identity = summary.map {
            Identity(
                studyUID: $0.study.studyInstanceUID, seriesUID: $0.seriesInstanceUID,
                sopInstanceUID: $0.sopInstanceUID, sopClassUID: $0.sopClassUID)
        }
    }
}

/// Why one file was not taken in.
package struct ImportRefusal: Error, Hashable {
    let code: String
    let sentence: String
    /// What the file says that it is, where it could be read.
    let summary: ObjectSummary?

    init(code: String, sentence: String, summary: ObjectSummary? = nil) {
        (self.code, self.sentence, self.summary) = (code, sentence, summary)
    }

    init(_ error: any Error) {
        switch error {
        case let refusal as ImportRefusal: self = refusal
        case DicomError.notDicom:
            self.init(code: "not-dicom", sentence: "The file is no DICOM file.")
        case DicomError.unreadable(let reason):
            self.init(code: "unreadable", sentence: "The file cannot be read: \(reason).")
        case DicomError.malformed(let reason):
            self.init(code: "malformed", sentence: "The DICOM coding is broken: \(reason).")
        case DicomError.unsupported(let what):
            self.init(code: "unsupported", sentence: "Not supported: \(what).")
        case DicomError.limitExceeded(let what):
            self.init(code: "limit", sentence: "A limit was exceeded: \(what).")
        case DicomError.workerDied(let reason):
            self.init(
                code: "worker-died", sentence: "Reading the file ended its worker: \(reason).")
        case DicomError.missing(let attribute, let object):
            self.init(code: "incomplete", sentence: "\(object) without \(attribute).")
        case DicomError.refused(let code, let reason):
            self.init(code: code, sentence: reason)
        default:
            self.init(code: "unreadable", sentence: "The file cannot be read: \(error).")
        }
    }

    func setAside(_ name: String) -> SetAsideFile {
        SetAsideFile(
            path: name, outcome: code == "not-dicom" ? .skipped : .refused, reason: code,
            sentence: sentence)
    }
}
