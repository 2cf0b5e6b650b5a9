import Foundation

/// Which images an organisation sees: the one rule for everything that finds or hands out images to
/// programs (DICOMweb, the DICOM node).
///
/// An organisation sees the series in use of the patients that it owns, unless a person has still to
/// say whose they are, and those that shares show which let it take them out
/// (``ShareStore/isForPrograms(at:)``). Emergencies show programs nothing: they are one person's.
/// What is seen for another reason is to be added here and nowhere else, to ``patients`` and to
/// ``series`` alike. For one case ``ShareStore/access(to:for:as:)`` says the same.
struct VisibleImages: Sendable {
    let organisation: Int64
    /// By which shares are over or not, in seconds since 1970.
    private let now: Double

    init(to organisation: Int64, at moment: Date) {
        (self.organisation, now) = (organisation, moment.timeIntervalSince1970)
    }

    /// SQL that lists the patients of whom something may be seen, as `patient`.
    ///
    /// It may list too many, never too few: where they are few, only theirs are looked at.
    var patients: String {
        """
        SELECT patient FROM ownership WHERE organisation = \(organisation)
        UNION ALL
        SELECT DISTINCT patient FROM share
        WHERE recipient = \(organisation) AND expiresAt > \(now)
        """
    }

    /// SQL that holds for a row of `series` whose `study` is at hand.
    var series: String {
        """
        ((\(isOwn) OR EXISTS (SELECT 1 \(shares)))
        AND NOT EXISTS (SELECT 1 FROM tombstone WHERE tombstone.series = series.id))
        """
    }

    /// SQL that holds for a row of `study` of which a series is seen.
    var study: String {
        "EXISTS (SELECT 1 FROM series WHERE series.study = study.id AND \(series))"
    }

    /// SQL that gives the number of the first share by which a series is seen; NULL of an own one.
    var share: String {
        "CASE WHEN \(isOwn) THEN NULL ELSE (SELECT min(share.id) \(shares)) END"
    }

    private var isOwn: String {
        """
        (EXISTS (SELECT 1 FROM ownership
            WHERE ownership.patient = study.patient AND organisation = \(organisation))
        AND NOT EXISTS (SELECT 1 FROM quarantine
            WHERE quarantine.patient = study.patient AND state = 'waiting'))
        """
    }

    /// The shares that show a row of `series` whose `study` is at hand, from `FROM` on.
    ///
    /// Few are of one patient; without being told SQLite walks all that an organisation has got.
    private var shares: String {
        """
        FROM share INDEXED BY sharePatient
        WHERE share.patient = study.patient AND share.recipient = \(organisation)
        AND \(ShareStore.isForPrograms(at: "\(now)")) AND \(ShareStore.showsSeries)
        """
    }
}
