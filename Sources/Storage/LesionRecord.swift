package import Pathway

/// A target lesion of a patient, the same from meeting to meeting.
package struct LesionRecord: Hashable, Sendable {
    package let id: Int64
    package let target: TargetLesion
    /// As people call it.
    package let name: String
    /// `2.25.…`, the same in every report of it.
    package let trackingUID: String
    package let account: Int64
    /// Who chairs the meeting that chose it.
    package let chair: Int64
}

/// How large a lesion was on the images of one day.
package struct LesionReadingRecord: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case measured
        /// Seen, and too small to be measured: 5 mm by RECIST 1.1.
        case tooSmall = "too-small"
        case gone
        /// What was read before of that day does not count.
        case notRead = "not-read"

        /// What counts when nothing is measured, in mm.
        package var diameterMM: Double? {
            switch self {
            case .measured, .notRead: nil
            case .tooSmall: 5
            case .gone: 0
            }
        }
    }

    package let lesion: Int64
    /// `YYYY-MM-DD`, of the images.
    package let day: String
    package let kind: Kind
    package let diameterMM: Double?
    package let measurement: Int64?
    /// Who read it.
    package let account: Int64
    /// ISO 8601, UTC.
    package let createdAt: String
}

/// The target lesions of a patient, with what counts of each day.
package struct LesionRecords: Hashable, Sendable {
    package let lesions: [LesionRecord]
    /// One of each lesion and day.
    package let readings: [LesionReadingRecord]
    /// Days on whose images a new lesion is seen.
    package let daysOfNewLesions: Set<String>
}

/// What a measurement is a reading of.
package enum TargetChoice: Hashable, Sendable {
    /// A target of the patient, by its number.
    case known(Int)
    /// A lesion that is a target from now on, called as the measurement is.
    case new(LesionSite)
}
