import DICOM
import Quantities
import Therapy

/// How long after administration an image's values are meant, and who says so.
struct ImageTiming {
    /// `nil` when neither a person nor the image tells.
    let hours: Double?
    let source: String
    let hoursInHeader: Double?
    let findings: [Finding]
    private let decayCorrection: String?

    /// Takes a person's word before the image's, and compares them.
    ///
    /// - Parameters:
    ///   - typedHours: What the delivery file or the option says; `nil` without it.
    ///   - image: What the header says.
    ///   - rails: What is worth a word.
    ///   - option: Where a person gives the hours, for sentences.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the image alone tells and it was
    ///   taken before administration.
    init(
        typedHours: Double?, image: ImageSeries, rails: GuardRails,
        option: String = "hoursAfterAdministration"
    ) throws {
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
                    "By its header the image was taken before administration; check the clocks and give '\(option)'."
            )
        }
        // Values corrected to administration are rightly 0 h away from it.
        if let hours, agent?.decayCorrection != "ADMIN" {
            findings += rails.check(.hoursAfterAdministration, hours, subject: "image")
        }
        if typedHours == nil, header != nil, agent?.decayCorrection == nil,
            image.quantity == .becquerelsPerML
        {
            findings.append(
                Finding(
                    "times.decay-correction-assumed", .warning,
                    "The image does not state whether its values are corrected for decay; they were taken as those of the acquisition. Check it and give '\(option)'.",
                    subject: "image"))
        }
        self.hours = hours
        source = typedHours != nil ? "delivery file" : header != nil ? "image header" : "unknown"
        hoursInHeader = header
        decayCorrection = agent?.decayCorrection
        self.findings = findings
    }

    /// Why an image that nobody gave hours for is refused.
    func missing(option: String) -> String {
        "The activity image does not say how long after administration its values hold"
            + (decayCorrection == nil
                ? " (it does not state whether they are corrected for decay)" : "")
            + "; give '\(option)'."
    }
}
