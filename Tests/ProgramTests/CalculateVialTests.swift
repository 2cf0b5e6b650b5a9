import Foundation
import Testing

@Suite("Calculate, vials")
struct CalculateVialTests {
    static func options(_ input: String) throws -> [[String: Any]] {
        try #require(try Program.calculate("vials", input)["options"] as? [[String: Any]])
    }

    @Test(
        "V32: each size reaches 2.42 GBq at its hour",
        arguments: [
            (3.0, 19.87), (5.0, 67.11), (7.0, 98.22), (10.0, 131.21), (15.0, 168.70),
            (20.0, 195.31),
        ])
    func v32(size: Double, hours: Double) throws {
        // The hour is printed to 0.01 h, which is 0.011 % of activity at T = 64.1 h.
        let seconds = Int((hours * 3600).rounded())
        let (day, rest) = (1 + seconds / 86_400, seconds % 86_400)
        let clock = [rest / 3600, rest / 60 % 60, rest % 60].map { String(format: "%02d", $0) }
        let options = try Self.options(
            """
            {"device": "glass", "neededActivityGBq": 2.42,
             "calibrationTime": "2026-11-01T00:00:00Z",
             "treatmentTime": "2026-11-\(String(format: "%02d", day))T\(clock.joined(separator: ":"))Z"}
            """)
        #expect(options.count == 35)
        let option = try #require(options.first { ($0["vialGBq"] as? Double) == size })
        #expect(abs(try number(option, "hoursAfterCalibration") - hours) < 1e-9)
        #expect(abs(try number(option, "offTargetFraction")) < 1.2e-4)
        let closest = try number(options[0], "offTargetFraction")
        #expect(try abs(closest) <= abs(number(option, "offTargetFraction")))
    }

    @Test(
        "Sunday noon in New York follows American clock changes, not the hospital's",
        arguments: [
            // Europe on summer time since 29 March, New York since 8 March.
            (
                "2026-03-10T10:00:00+00:00",
                ["2026-03-01T12:00:00-05:00", "2026-03-08T12:00:00-04:00"]
            ),
            // London back on winter time on 25 October, New York a week later.
            ("2026-10-27T09:00:00Z", ["2026-10-18T12:00:00-04:00", "2026-10-25T12:00:00-04:00"]),
            ("2026-11-03T09:00:00Z", ["2026-10-25T12:00:00-04:00", "2026-11-01T12:00:00-05:00"]),
            (
                "2026-06-16T11:00:00+02:00",
                ["2026-06-07T12:00:00-04:00", "2026-06-14T12:00:00-04:00"]
            ),
            // On the instant of a calibration: 0 h counts, and so does the last week's.
            ("2026-01-11T17:00:00Z", ["2026-01-04T12:00:00-05:00", "2026-01-11T12:00:00-05:00"]),
        ])
    func clockChanges(treatment: String, calibrations: [String]) throws {
        let options = try Self.options(
            """
            {"device": "glass", "neededActivityGBq": 2, "treatmentTime": "\(treatment)"}
            """)
        #expect(Set(options.compactMap { $0["calibrationTime"] as? String }) == Set(calibrations))
        #expect(options.count == 35 * calibrations.count)
        let hours = try options.map { try number($0, "hoursAfterCalibration") }
        #expect(hours.allSatisfy { (0 ... 288).contains($0) })
    }

    @Test("the shelf life of 288 h ends at 288 h")
    func shelfLife() throws {
        func ages(_ treatment: String) throws -> Set<Double> {
            Set(
                try Self.options(
                    """
                    {"device": "glass", "neededActivityGBq": 2, "treatmentTime": "\(treatment)"}
                    """
                ).map { try number($0, "hoursAfterCalibration") })
        }
        #expect(try ages("2026-06-19T16:00:00Z") == [288, 120])
        #expect(try ages("2026-06-19T16:00:01Z").count == 1)
    }

    @Test("options are sorted by how far they are off, short ones kept and flagged")
    func sorted() throws {
        let options = try Self.options(
            """
            {"device": "glass", "neededActivityGBq": 2.42,
             "treatmentTime": "2026-03-10T10:00:00Z"}
            """)
        let off = try options.map { abs(try number($0, "offTargetFraction")) }
        #expect(off == off.sorted())
        for option in options {
            let below = try number(option, "activityAtTreatmentGBq") < 2.42
            #expect(option["belowNeed"] as? Bool == below)
        }
        #expect(options.contains { $0["belowNeed"] as? Bool == true })
    }

    @Test("resin: one vial on five days")
    func resin() throws {
        let options = try Self.options(
            """
            {"device": "resin", "neededActivityGBq": 1.8, "treatmentTime": "2026-03-10T10:00:00Z"}
            """)
        let byHour = Dictionary(
            uniqueKeysWithValues: try options.map {
                (try number($0, "hoursAfterCalibration"), try number($0, "activityAtTreatmentGBq"))
            })
        #expect(Set(byHour.keys) == [-72, -48, -24, 0, 24])
        for (hour, printed) in [(-72.0, "6.54"), (-48, "5.04"), (-24, "3.89"), (0, "3.00")] {
            expectPrinted(try #require(byHour[hour]), printed)
        }
    }

    @Test("Ho-166: the custom vial decays to the need; 2 h are 5 %")
    func holmium() throws {
        let options = try Self.options(
            """
            {"device": "holmium", "neededActivityGBq": 6, "treatmentTime": "2026-03-10T10:00:00Z",
             "calibrationTime": "2026-03-10T08:00:00Z"}
            """)
        #expect(options.count == 1)
        expectPrinted(6 / (try number(options[0], "vialGBq")), "0.950")
        #expect(try number(options[0], "activityAtTreatmentGBq") == 6)
        #expect(try number(options[0], "offTargetFraction") == 0)
        #expect(options[0]["belowNeed"] as? Bool == false)
    }
}
