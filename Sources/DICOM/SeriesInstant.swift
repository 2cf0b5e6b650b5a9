/// A point in time as DICOM dates and times give it, in seconds on one local clock.
///
/// Only differences have a meaning. Old forms (`1993.11.24`, `09:53:00`) are read too.
struct SeriesInstant: Hashable, Sendable, Comparable {
    /// Seconds since 1970-01-01 00:00:00 of the local clock.
    let seconds: Double
    /// The offset from UTC that was written with it, in seconds, when nothing says to which clock it
    /// had to be moved: ``seconds`` are then of the clock that it was written on.
    let ownOffset: Double?

    static let secondsPerDay = 86400.0

    init(seconds: Double, ownOffset: Double? = nil) {
        (self.seconds, self.ownOffset) = (seconds, ownOffset)
    }

    /// Reads a date (DA) and a time (TM); `nil` when either is unreadable.
    init?(date: String?, time: String?) {
        guard let date, let time, let day = Self.day(date), let clock = Self.clock(time) else {
            return nil
        }
        self.init(seconds: Double(day) * Self.secondsPerDay + clock)
    }

    /// Reads a date and time (DT); a time-zone suffix is moved to `localOffset`.
    ///
    /// `localOffset` is Timezone Offset From UTC of the object, `+0100`; without one the suffix
    /// becomes ``ownOffset``.
    init?(dateTime: String?, localOffset: String? = nil) {
        guard let dateTime else { return nil }
        var text = Substring(dateTime)
        var zone: Substring?
        if let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            zone = text[sign...]
            text = text[..<sign]
        }
        guard text.count >= 8,
            let instant = SeriesInstant(
                date: String(text.prefix(8)), time: String(text.dropFirst(8)))
        else { return nil }
        let written = zone.flatMap { Self.offset(String($0)) }
        if let written, let local = localOffset.flatMap(Self.offset) {
            (seconds, ownOffset) = (instant.seconds + local - written, nil)
        } else {
            (seconds, ownOffset) = (instant.seconds, written)
        }
    }

    static func < (a: SeriesInstant, b: SeriesInstant) -> Bool { a.seconds < b.seconds }

    /// Seconds from `other` to this instant; own offsets count when both have one.
    func since(_ other: SeriesInstant) -> Double {
        guard let ownOffset, let offset = other.ownOffset else { return seconds - other.seconds }
        return seconds - ownOffset - (other.seconds - offset)
    }

    /// Seconds since midnight; missing minutes and seconds count as zero.
    static func clock(_ text: String) -> Double? {
        let plain = text.filter { $0 != ":" && $0 != " " }
        let parts = plain.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.count <= 2, [2, 4, 6].contains(whole.count),
            whole.allSatisfy(\.isNumber)
        else { return nil }
        let digits = whole.compactMap(\.wholeNumberValue)
        func pair(_ n: Int) -> Int { digits.count > n + 1 ? digits[n] * 10 + digits[n + 1] : 0 }
        let (hour, minute, second) = (pair(0), pair(2), pair(4))
        guard hour < 24, minute < 60, second <= 60 else { return nil }
        var fraction = 0.0
        if parts.count == 2, !parts[1].isEmpty {
            guard let value = Double("0.\(parts[1])") else { return nil }
            fraction = value
        }
        return Double(hour * 3600 + minute * 60 + second) + fraction
    }

    /// Days since 1970-01-01.
    static func day(_ text: String) -> Int? {
        let digits = text.filter { $0 != "." && $0 != "-" && $0 != " " }
        guard digits.count == 8, let number = Int(digits), number > 0 else { return nil }
        let (year, month, day) = (number / 10000, number / 100 % 100, number % 100)
        guard (1 ... 12).contains(month), (1 ... 31).contains(day) else { return nil }
        // Civil calendar to days, years from March (H. Hinnant, days_from_civil).
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146097 + dayOfEra - 719468
    }

    private static func offset(_ text: String) -> Double? {
        guard let sign = text.first, sign == "+" || sign == "-", text.count == 5,
            let number = Int(text.dropFirst())
        else { return nil }
        let seconds = Double(number / 100 * 3600 + number % 100 * 60)
        return sign == "-" ? -seconds : seconds
    }
}
