/// Which images an organisation sees: the one rule for everything that finds or hands out images to
/// programs (DICOMweb, the DICOM node).
///
/// An organisation sees the series in use of the patients that it owns, unless a person has still to
/// say whose they are. What it sees for another reason is to be added here and nowhere else, to
/// ``patients`` and to ``series`` alike.
struct VisibleImages: Sendable {
    let organisation: Int64

    init(to organisation: Int64) { self.organisation = organisation }

    /// SQL that lists the patients of whom something may be seen, as `patient`.
    ///
    /// It may list too many, never too few: where they are few, only theirs are looked at.
    var patients: String {
        "SELECT patient FROM ownership WHERE organisation = \(organisation)"
    }

    /// SQL that holds for a row of `series` whose `study` is at hand.
    var series: String {
        """
        (EXISTS (SELECT 1 FROM ownership
            WHERE ownership.patient = study.patient AND organisation = \(organisation))
        AND NOT EXISTS (SELECT 1 FROM quarantine
            WHERE quarantine.patient = study.patient AND state = 'waiting')
        AND NOT EXISTS (SELECT 1 FROM tombstone WHERE tombstone.series = series.id))
        """
    }

    /// SQL that holds for a row of `study` of which a series is seen.
    var study: String {
        "EXISTS (SELECT 1 FROM series WHERE series.study = study.id AND \(series))"
    }
}
