/// What an export holds, file by file; `manifest.json` in it.
package struct ExportManifest: Codable, Hashable, Sendable {
    package struct File: Codable, Hashable, Sendable {
        /// From the archive's top.
        package var path: String
        package var sha256: String
        package var byteCount: Int
        /// Whether the DICOMDIR lists it; `nil` for what is no DICOM object.
        package var isInDirectory: Bool?
    }

    /// What the case holds and the export does not.
    package struct LeftOut: Codable, Hashable, Sendable {
        package var what: String
        package var reason: String
    }

    package var schema = "grevy-export/1"
    package var software: String
    /// `kept` or `removed`.
    package var identity: String
    /// `moved` or `kept`; `nil` where the identity is kept.
    package var dates: String?
    package var project: String?
    /// The name that stands for the patient; `nil` where the identity is kept.
    package var pseudonym: String?
    /// The case's and the person's number; `nil` where the identity is removed.
    package var caseID: String?
    package var exportedBy: String?
    /// ISO 8601, UTC.
    package var exportedAt: String
    package var files: [File]
    package var leftOut: [LeftOut]
}

/// `README.txt` of an export.
enum ExportReadMe {
    private static let kept = """
        This archive holds a patient's case as Grevy had it: images byte for byte as they came, what was
        computed from them, and signed plans. It names the patient: keep it as you keep the record.
        """

    private static let removed = """
        This archive holds a case without the patient's identity (DICOM PS3.15 annex E, Basic Application
        Level Confidentiality Profile with the options Clean Descriptors, Clean Structured Content and
        Retain Longitudinal Temporal Information). Identifiers are other ones, the same throughout the
        archive; private attributes are gone; pixels are decoded and otherwise as they were. Faces, rare
        findings and the like may still tell who somebody is: pass it on as your rules for such data say.
        Plans are JSON without names; their reports (PDF) and signatures are left out, because they name
        patient and staff or would not hold any more. Of comments and minutes those words are left that
        are known to describe images; who wrote, decided or took part is not said.
        """

    static func text(_ manifest: ExportManifest) -> String {
        let isRemoved = manifest.identity == "removed"
        var lines = [
            "\(manifest.software)", "", isRemoved ? removed : kept, "",
            "DICOMDIR       directory of the DICOM objects, for viewers that ask for one",
            "DICOM/         images, structures, segmentations, doses, reports",
            "plans/         plans as JSON" + (isRemoved ? "" : ", reports as PDF, signatures"),
            "comments.json  what was written on the case, with its places on the images",
            "meetings/      minutes of team meetings, as far as they are of this case",
            "manifest.json  every file with its SHA-256, and what was left out",
            "manifest.json.sig  the server's signature: grevy verify manifest.json --key PUBLIC-KEY",
            "",
        ]
        switch manifest.dates {
        case "moved":
            lines.append("All dates are moved by the same number of days; times of day stay.")
        case "kept": lines.append("Dates and times are as they were.")
        default: break
        }
        lines.append("Files are dated 1980 so that the same export gives the same bytes.")
        if !manifest.leftOut.isEmpty {
            lines += ["", "Left out:"]
            lines += manifest.leftOut.map { "- \($0.what): \($0.reason)" }
        }
        lines += ["", "Not a medical device.", ""]
        return lines.joined(separator: "\n").replacing("\n", with: "\r\n")
    }
}
