package import Imaging

/// The content of an RTDOSE whose unit is Gy.
package struct DoseObject: Sendable {
    package var dose: DoseMap
    package var frameOfReferenceUID: String
    /// Dose Summation Type, `PLAN` as a rule.
    package var summationType: String
    /// Dose Comment: what made it (engine, profile); empty when none.
    package var comment: String

    package init(
        dose: DoseMap, frameOfReferenceUID: String, summationType: String = "PLAN",
        comment: String = ""
    ) {
        self.dose = dose
        self.frameOfReferenceUID = frameOfReferenceUID
        self.summationType = summationType
        self.comment = comment
    }
}
