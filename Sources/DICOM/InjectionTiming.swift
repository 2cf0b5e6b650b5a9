import Foundation
import Quantities

/// The share of an activity that is left.
enum DecayFactor {
    /// 2^(−t / T½); times in seconds.
    static func remaining(_ seconds: Double, halfLife: Double) -> Double {
        exp2(-seconds / halfLife)
    }
}

/// When the activity was injected and to which instant the voxel values are corrected.
struct InjectionTiming {
    private(set) var radiopharmaceutical: Radiopharmaceutical
    private(set) var findings: [Finding] = []
    /// Why there is no time from injection to reference; `nil` when there is one.
    private(set) var missing: String?

    /// Reads the headers of all slices of a series.
    init(headers: [DataSet]) {
        let first = headers.first ?? DataSet()
        let agent = first.firstItem(.radiopharmaceuticalInformationSequence) ?? DataSet()
        let correction = first.term(.decayCorrection) ?? Self.enhancedCorrection(first)
        radiopharmaceutical = Radiopharmaceutical(
            nuclide: agent.codeMeaning(.radionuclideCodeSequence)
                ?? agent.string(.radiopharmaceutical),
            injectedBecquerels: Self.injectedBecquerels(agent, modality: first.term(.modality)),
            halfLifeSeconds: Self.positive(agent, .radionuclideHalfLife),
            secondsFromInjectionToReference: nil, decayCorrection: correction,
            patientWeightKg: Self.positive(first, .patientWeight))
        if correction == "ADMIN" {
            radiopharmaceutical.secondsFromInjectionToReference = 0
            return
        }
        // PET must state it (type 1, PS3.3 C.8.9.1); guessed wrongly, all decay to the image is lost
        // or counted twice.
        guard correction != nil || first.term(.modality) == "NM" else {
            missing = "no statement whether the values are corrected for decay"
            return
        }
        guard let reference = reference(headers, correction: correction) else {
            missing = "no date and time of series or acquisition"
            return
        }
        guard let injection = injection(agent, header: first, reference: reference) else {
            missing = "no injection time"
            return
        }
        radiopharmaceutical.secondsFromInjectionToReference = reference.since(injection)
        if (injection.ownOffset == nil) != (reference.ownOffset == nil) {
            findings.append(
                Finding(
                    "nuclear.zone-not-stated", .warning,
                    "One of the times of injection and images carries an offset from UTC, the "
                        + "other none, and there is no Timezone Offset From UTC (0008,0201): both "
                        + "were taken as of one clock. Another clock shifts the time between them "
                        + "by its hours.", subject: first.seriesSubject))
        }
    }

    /// PET states the activity in becquerels, NM in megabecquerels (PS3.3 C.8.9.2 and C.8.4.10).
    ///
    /// Some cameras write becquerels in NM too; nobody is given 100 GBq, so larger numbers are
    /// those.
    private static func injectedBecquerels(_ agent: DataSet, modality: String?) -> Double? {
        let largestMegabecquerels = 1e5
        guard let value = positive(agent, .radionuclideTotalDose) else { return nil }
        return modality == "NM" && value <= largestMegabecquerels ? value * 1e6 : value
    }

    /// The instant of decay correction: the series time, unless an acquisition began before it
    /// (a series that was made later); without decay correction, when the acquisition began.
    private mutating func reference(
        _ headers: [DataSet], correction: String?
    ) -> SeriesInstant? {
        let first = headers.first ?? DataSet()
        let acquisitions = headers.compactMap(Self.acquisition)
        let earliest = acquisitions.min()
        if correction == "NONE" || first.term(.modality) == "NM" {
            if let latest = acquisitions.max(), let earliest, latest > earliest {
                findings.append(
                    Finding(
                        "nuclear.several-acquisition-times", .warning,
                        "Slices were acquired over \(shown(latest.since(earliest))) s without "
                            + "decay correction; the earliest time stands for all.",
                        subject: first.seriesSubject))
            }
            return earliest ?? Self.series(first)
        }
        let enhanced = SeriesInstant(
            dateTime: first.string(.decayCorrectionDateTime),
            localOffset: first.string(.timezoneOffsetFromUTC))
        if let enhanced { return enhanced }
        guard let series = Self.series(first) else { return earliest }
        guard let earliest, earliest < series else { return series }
        findings.append(
            Finding(
                "pet.reference-acquisition", .note,
                "The series time lies \(shown(series.since(earliest))) s after the first "
                    + "acquisition; values count as decay-corrected to the acquisition.",
                subject: first.seriesSubject))
        return earliest
    }

    private mutating func injection(
        _ agent: DataSet, header: DataSet, reference: SeriesInstant
    ) -> SeriesInstant? {
        if let instant = SeriesInstant(
            dateTime: agent.string(.radiopharmaceuticalStartDateTime),
            localOffset: header.string(.timezoneOffsetFromUTC))
        {
            return instant
        }
        guard let time = agent.string(.radiopharmaceuticalStartTime),
            let clock = SeriesInstant.clock(time)
        else { return nil }
        let day = SeriesInstant.secondsPerDay
        let midnight = (reference.seconds / day).rounded(.down) * day
        let sameDay = SeriesInstant(seconds: midnight + clock, ownOffset: reference.ownOffset)
        guard sameDay > reference else {
            findings.append(
                Finding(
                    "nuclear.injection-date-assumed", .note,
                    "The injection has a time but no date; the day of the images was taken.",
                    subject: header.seriesSubject))
            return sameDay
        }
        findings.append(
            Finding(
                "nuclear.injection-date-assumed", .warning,
                "The injection has a time but no date, and it lies after the images' time of "
                    + "day; the day before was taken.", subject: header.seriesSubject))
        return SeriesInstant(seconds: sameDay.seconds - day, ownOffset: reference.ownOffset)
    }

    private static func acquisition(_ header: DataSet) -> SeriesInstant? {
        SeriesInstant(
            date: header.string(.acquisitionDate) ?? header.string(.seriesDate),
            time: header.string(.acquisitionTime))
            ?? SeriesInstant(
                dateTime: header.string(.acquisitionDateTime),
                localOffset: header.string(.timezoneOffsetFromUTC))
    }

    private static func series(_ header: DataSet) -> SeriesInstant? {
        SeriesInstant(date: header.string(.seriesDate), time: header.string(.seriesTime))
    }

    private static func enhancedCorrection(_ header: DataSet) -> String? {
        switch header.term(.decayCorrected) {
        case "YES": "START"
        case "NO": "NONE"
        default: nil
        }
    }

    private static func positive(_ data: DataSet, _ attribute: Attribute) -> Double? {
        // Zero means unknown: anonymisers and consoles write it.
        data.decimal(attribute).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
    }
}
