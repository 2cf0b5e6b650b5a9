public import Foundation
public import Quantities

/// An instant together with the offset from UTC in which a person wrote or reads it.
///
/// Two are equal when they are the same instant and read the same.
public struct ZonedTime: Hashable, Sendable {
    public let instant: Date
    public let secondsFromUTC: Int

    public init(instant: Date, secondsFromUTC: Int) {
        self.instant = instant
        self.secondsFromUTC = secondsFromUTC
    }

    /// Reads `2026-03-10T10:00[:00[.0]]` followed by `Z`, `±hh:mm`, `±hhmm` or `±hh`.
    ///
    /// A time without zone is refused: read in the wrong zone it moves a vial by hours.
    ///
    /// The refusal calls it `key`.
    ///
    /// - Throws: ``TherapyError/noInstant(key:)``.
    public init(iso8601 text: String, key: String) throws {
        guard let (seconds, offset) = Self.parsed(text) else {
            throw TherapyError.noInstant(key: key)
        }
        self.init(instant: Date(timeIntervalSince1970: seconds), secondsFromUTC: offset)
    }

    /// Hours from `earlier` to this instant.
    public func since(_ earlier: ZonedTime) -> TimeSpan {
        TimeSpan(seconds: instant.timeIntervalSince(earlier.instant))
    }

    /// The instant `hours` later, read in the same offset.
    public func adding(hours: Double) -> ZonedTime {
        ZonedTime(
            instant: instant.addingTimeInterval(hours * 3600), secondsFromUTC: secondsFromUTC)
    }

    /// `2026-03-10T10:00:00-04:00`, fractions of a second rounded away; `Z` for UTC.
    public var iso8601: String {
        let local = Int((instant.timeIntervalSince1970 + Double(secondsFromUTC)).rounded())
        let days = (local - Self.floorMod(local, 86_400)) / 86_400
        let second = Self.floorMod(local, 86_400)
        let date = CivilDate(daysSince1970: days)
        let clock = [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }
        let day =
            "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))"
            + "-\(Self.padded(date.day, 2))"
        return "\(day)T\(clock.joined(separator: ":"))\(zone)"
    }

    private var zone: String {
        guard secondsFromUTC != 0 else { return "Z" }
        let minutes = abs(secondsFromUTC) / 60
        return (secondsFromUTC < 0 ? "-" : "+")
            + "\(Self.padded(minutes / 60, 2)):\(Self.padded(minutes % 60, 2))"
    }

    private static func floorMod(_ value: Int, _ divisor: Int) -> Int {
        let remainder = value % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension ZonedTime {
    /// Seconds since 1970 and offset in seconds, or `nil` when the text is no such instant.
    private static func parsed(_ text: String) -> (Double, Int)? {
        var rest = Digits(text)
        guard let year = rest.number(4), rest.take("-"), let month = rest.number(2),
            rest.take("-"), let day = rest.number(2), rest.take("T"),
            let hour = rest.number(2), rest.take(":"), let minute = rest.number(2)
        else { return nil }
        var second = 0.0
        if rest.take(":") {
            guard let whole = rest.number(2) else { return nil }
            second = Double(whole)
            if rest.take(".") || rest.take(",") {
                guard let fraction = rest.fraction() else { return nil }
                second += fraction
            }
        }
        guard let offset = offset(&rest), rest.isEmpty,
            let date = CivilDate(year: year, month: month, day: day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let local = Double(date.daysSince1970 * 86_400 + hour * 3600 + minute * 60) + second
        return (local - Double(offset), offset)
    }

    private static func offset(_ rest: inout Digits) -> Int? {
        if rest.take("Z") { return 0 }
        let sign: Int
        if rest.take("+") { sign = 1 } else if rest.take("-") { sign = -1 } else { return nil }
        guard let hours = rest.number(2), hours <= 14 else { return nil }
        if rest.isEmpty { return sign * hours * 3600 }
        _ = rest.take(":")
        guard let minutes = rest.number(2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}

/// A day of the Gregorian calendar, by arithmetic alone.
///
/// Source: Howard Hinnant, "chrono-compatible low-level date algorithms" (civil and days).
struct CivilDate: Hashable {
    let year: Int
    let month: Int
    let day: Int

    /// Years outside this range are a slip of the pen in a treatment date.
    static let years = 1900 ... 2200

    init?(year: Int, month: Int, day: Int) {
        guard Self.years.contains(year), (1 ... 12).contains(month), day >= 1 else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[month - 1] else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    init(daysSince1970 days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * ofYear + 2) / 153
        day = ofYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear
            - 719_468
    }
}

/// Reads fixed-width ASCII digits from the front of a text.
private struct Digits {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isEmpty: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func number(_ width: Int) -> Int? {
        let digits = rest.prefix(width)
        guard digits.count == width, digits.allSatisfy({ (0x30 ... 0x39).contains($0) }) else {
            return nil
        }
        rest = rest.dropFirst(width)
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    mutating func fraction() -> Double? {
        let digits = rest.prefix { (0x30 ... 0x39).contains($0) }
        guard (1 ... 9).contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        let scale = digits.reduce(1.0) { value, _ in value * 10 }
        return digits.reduce(0.0) { $0 * 10 + Double($1 - 0x30) } / scale
    }
}
