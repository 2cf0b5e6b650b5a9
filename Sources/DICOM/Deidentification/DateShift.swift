/// Dates of the standard, moved by whole days or left.
package struct DateShift: Hashable, Sendable {
    /// By how many days, later when above 0.
    package let days: Int

    package init(days: Int) { self.days = days }

    /// Returns a DA (`YYYYMMDD`) or a DT (with time, fraction and offset after it), moved; empty when it
    /// is no date: something else may be in it.
    package func moved(_ text: String) -> String {
        // As it was written before 1993 (PS3.5 §6.2, note of DA).
        let plain = text.replacing(".", with: "", maxReplacements: text.count == 10 ? 2 : 0)
        let (date, rest) = (plain.prefix(8), plain.dropFirst(8))
        guard date.count == 8, date.allSatisfy(\.isDigit), let number = Int(date),
            rest.allSatisfy({ $0.isDigit || ".+-".contains($0) }),
            let day = Self.day(number / 10_000, number / 100 % 100, number % 100)
        else { return "" }
        let (sum, overflows) = day.addingReportingOverflow(days)
        guard !overflows, let moved = Self.text(sum) else { return "" }
        return moved + rest
    }

    /// Returns a TM as it is; empty when it is no time.
    package static func checkedTime(_ text: String) -> String {
        text.allSatisfy { $0.isDigit || ".:".contains($0) } ? text : ""
    }

    /// Days since 1 March of year 0 (proleptic Gregorian); `nil` for what is no date.
    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int? {
        guard (1 ... 9999).contains(year), (1 ... 12).contains(month), (1 ... 31).contains(day)
        else { return nil }
        let (shifted, index) = (month > 2 ? year : year - 1, (month + 9) % 12)
        let number =
            365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * index + 2) / 5
            + day - 1
        // The 31st of a short month is none.
        return Self.text(number) == digits(year * 10_000 + month * 100 + day) ? number : nil
    }

    private static func text(_ number: Int) -> String? {
        guard number >= 0 else { return nil }
        var year = (10_000 * number + 14_780) / 3_652_425
        func start(_ year: Int) -> Int { 365 * year + year / 4 - year / 100 + year / 400 }
        if number < start(year) { year -= 1 }
        let rest = number - start(year)
        let index = (5 * rest + 2) / 153
        let month = (index + 2) % 12 + 1
        let day = rest - (153 * index + 2) / 5 + 1
        let full = year + (month <= 2 ? 1 : 0)
        guard (1 ... 9999).contains(full) else { return nil }
        return digits(full * 10_000 + month * 100 + day)
    }

    private static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 8 - text.count)) + text
    }
}

extension Character {
    fileprivate var isDigit: Bool { ("0" ... "9").contains(self) }
}
