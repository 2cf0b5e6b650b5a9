/// A time of a document as people read it.
package enum ReadableTime {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    /// Returns `Sun 11 Jan 2026 12:00 UTC−05:00` for `2026-01-11T12:00:00-05:00`.
    ///
    /// Seconds are left out. Date and time each hold together by no-break spaces. A text of
    /// another form is returned as it is.
    package static func text(_ time: String) -> String {
        guard
            let match = time.wholeMatch(
                of: /(\d{4})-(\d{2})-(\d{2})T(\d{2}:\d{2})(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})/),
            let year = Int(match.1), let month = Int(match.2), let day = Int(match.3),
            (1 ... 12).contains(month), (1 ... 31).contains(day)
        else { return time }
        let offset = String(match.7)
        let zone =
            offset == "Z" || offset.hasSuffix("00:00")
            ? "UTC" : "UTC" + offset.replacing("-", with: "−")
        let name = days[weekday(year, month, day)]
        return "\(name)\u{a0}\(day)\u{a0}\(months[month - 1])\u{a0}\(year) \(match.4)\u{a0}\(zone)"
    }

    /// Day of the week of the Gregorian calendar, 0 for Sunday (Sakamoto's congruence).
    private static func weekday(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifts = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]
        let y = month < 3 ? year - 1 : year
        // With a year of 0 and January, y is -1: 7 whole weeks keep the remainder positive.
        return (y + y / 4 - y / 100 + y / 400 + shifts[month - 1] + day + 7) % 7
    }
}
