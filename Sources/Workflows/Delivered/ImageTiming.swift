import DICOM
import Quantities
import Therapy

/// How long after administration an image's values are meant, and who says so.
struct ImageTiming {
    /// `nil` when neither the delivery file nor the image tells.
    let hours: Double?
    let source: String
    let hoursInHeader: Double?
    let findings: [Finding]

    /// Takes the delivery file's word before the image's, and compares them.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the image alone tells and it was
    ///   taken before administration.
    init(typedHours: Double?, image: ImageSeries, rails: GuardRails) throws {
        let agent = image.radiopharmaceutical
        let header = agent?.secondsFromInjectionToReference.map { $0 / 3600 }
        var findings: [Finding] = []
        if let typedHours, let header {
            findings += rails.check(
                .injectionTimeDifferenceMinutes, abs(typedHours - header) * 60, subject: "image")
        }
        let hours = typedHours ?? header
        guard hours.map({ $0 >= 0 }) ?? true else {
            throw WorkflowError.refused(
                sentence:
                    "By its header the image was taken before administration; check the clocks and give 'hoursAfterAdministration'."
            )
        }
        // Values corrected to administration are rightly 0 h away from it.
        if let hours, agent?.decayCorrection != "ADMIN" {
            findings += rails.check(.hoursAfterAdministration, hours, subject: "image")
        }
        self.hours = hours
        source = typedHours != nil ? "delivery file" : header != nil ? "image header" : "unknown"
        hoursInHeader = header
        self.findings = findings
    }
}
