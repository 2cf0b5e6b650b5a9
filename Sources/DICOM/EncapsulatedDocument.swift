import Quantities

/// A document inside a DICOM object.
package struct EncapsulatedDocument: Hashable, Sendable {
    /// MIME type as written, `application/pdf`.
    package var mimeType: String
    package var title: String
    /// The document without the byte that pads it to even length.
    package var bytes: [UInt8]

    /// Reads an encapsulated document.
    ///
    /// Its length is Encapsulated Document Length where present; else a single NUL at the end of
    /// a PDF or text is padding; other kinds may end with one.
    ///
    /// - Throws: ``DicomError/missing(attribute:object:)`` without a document.
    package static func read(header: DataSet) throws -> Reading<EncapsulatedDocument> {
        guard var bytes = header.bytes(.encapsulatedDocument), !bytes.isEmpty else {
            throw DicomError.missing(
                attribute: "Encapsulated Document", object: "encapsulated document")
        }
        var findings: [Finding] = []
        let mimeType = header.string(.mimeTypeOfEncapsulatedDocument) ?? ""
        if let length = header.integer(.encapsulatedDocumentLength), length > 0 {
            if length <= bytes.count {
                bytes = Array(bytes.prefix(length))
            } else {
                findings.append(
                    Finding(
                        "document.length", .warning,
                        "The document says \(length) bytes and has \(bytes.count).",
                        subject: header.seriesSubject))
            }
        } else if bytes.last == 0, mimeType == "application/pdf" || mimeType.hasPrefix("text/") {
            bytes.removeLast()
        }
        if mimeType == "application/pdf", !bytes.starts(with: Array("%PDF-".utf8)) {
            findings.append(
                Finding(
                    "document.not-pdf", .warning,
                    "The document says PDF and does not begin like one.",
                    subject: header.seriesSubject))
        }
        return Reading(
            EncapsulatedDocument(
                mimeType: mimeType, title: header.string(.documentTitle) ?? "", bytes: bytes),
            findings: findings)
    }
}
