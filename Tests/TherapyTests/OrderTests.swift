import Foundation
import Physics
import Quantities
import Testing
import Therapy

@Suite("Orders")
struct OrderTests {
    @Test(
        "a time reads back as it was written",
        arguments: [
            ("2026-03-10T10:00:00Z", "2026-03-10T10:00:00Z"),
            ("2026-03-10T10:00-04:00", "2026-03-10T10:00:00-04:00"),
            ("2024-02-29T23:59:59.5+0530", "2024-03-01T00:00:00+05:30"),
            ("2000-01-01T00:00:00+14", "2000-01-01T00:00:00+14:00"),
            ("1999-12-31T00:00:00-00:00", "1999-12-31T00:00:00Z"),
        ])
    func zonedTime(text: String, written: String) throws {
        #expect(try ZonedTime(iso8601: text, key: "time").iso8601 == written)
    }

    @Test("days by arithmetic agree with the calendar of the system")
    func calendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "GMT"))
        for day in stride(from: -25_000, to: 84_000, by: 97) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let written = ZonedTime(instant: date, secondsFromUTC: 0).iso8601.prefix(10)
            let expected = String(
                format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
            #expect(written == expected)
            #expect(try ZonedTime(iso8601: "\(written)T00:00Z", key: "").instant == date)
        }
    }

    @Test("a 4 h delay costs 4.2 % of a Y-90 vial, 2 h cost 5.0 % of Ho-166")
    func delay() throws {
        let treatment = try ZonedTime(iso8601: "2026-03-10T10:00:00Z", key: "t")
        let option = try #require(
            try VialSearch.options(
                device: .glass, needed: Activity(gigabecquerels: 2.42), treatment: treatment,
                halfLife: TimeSpan(hours: 64.1)
            ).first)
        let late = option.activity(
            delayedBy: TimeSpan(hours: 4), halfLife: TimeSpan(hours: 64.1))
        #expect(abs(1 - late / option.activityAtTreatment - 0.0423) < 5e-5)
        let ho = Activity(gigabecquerels: 1).decayed(
            over: TimeSpan(hours: 2), halfLife: TimeSpan(hours: 26.8))
        #expect(abs(1 - ho.gigabecquerels - 0.050) < 5e-4)
    }

    @Test("the search keeps to working days and carries doses, late and early")
    func search() throws {
        let treatments = try (6 ... 20).map {
            try ZonedTime(iso8601: "2026-03-\(String(format: "%02d", $0))T10:00:00Z", key: "t")
        }
        let profile = try profile()
        let found = try GlassOrderSearch.options(
            needed: Activity(gigabecquerels: 2.42), treatments: treatments, profile: profile
        ) { [AbsorbedDose(grays: 50 * $0.gigabecquerels)] }
        #expect(!found.isEmpty)
        let weekend = ["2026-03-07", "2026-03-08", "2026-03-14", "2026-03-15"]
        for option in found {
            #expect(!weekend.contains(String(option.treatment.iso8601.prefix(10))))
            #expect(abs(option.option.offTargetFraction) <= 0.10)
            let ratio = option.dosesWhenLate[0] / option.doses[0]
            expectSame(ratio, exp2(-4 / 64.1))
            expectSame(option.dosesWhenEarly[0] / option.doses[0], exp2(4 / 64.1))
        }
    }

    @Test("a resin draw is a share of the vial and of its spheres")
    func resin() throws {
        let treatment = try ZonedTime(iso8601: "2026-03-10T10:00:00Z", key: "t")
        let option = try #require(
            try VialSearch.options(
                device: .resin, needed: Activity(gigabecquerels: 1.5), treatment: treatment,
                calibration: treatment, halfLife: TimeSpan(hours: 64.1)
            ).first)
        let draw = try ResinDraw(needed: Activity(gigabecquerels: 1.5), option: option)
        expectSame(draw.volumeFraction, 0.5)
        expectSame(draw.sphereCount, 22e6)
        #expect(draw.findings.isEmpty)
        let more = try ResinDraw(needed: Activity(gigabecquerels: 3.1), option: option)
        #expect(more.findings.count == 1)
    }
}
