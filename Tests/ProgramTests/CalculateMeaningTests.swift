import Foundation
import Testing

@Suite("Calculate, rules")
struct CalculateMeaningTests {
    @Test(
        "the resin reduction steps at 10, 15 and 20 %",
        arguments: [
            (0.0, 0.0), (0.0999999999, 0), (0.10, 0.20), (0.1499999999, 0.20), (0.15, 0.40),
            (0.20, 0.40), (0.2000000001, 1), (0.5, 1),
        ])
    func reduction(shunt: Double, removed: Double) throws {
        let result = try Program.calculate(
            "bsa",
            """
            {"heightCM": 170, "weightKg": 70, "tumourVolumeML": 300, "liverVolumeML": 1800,
             "lungShuntFraction": \(shunt)}
            """)
        #expect(try number(result, "reductionFraction") == removed)
        let unreduced = try number(result, "unreducedActivityGBq")
        // The share prints as a decimal, so the product may differ in the last place.
        #expect(
            abs(try number(result, "activityGBq") - (1 - removed) * unreduced) <= unreduced * 1e-15)
        let codes = try #require(result["findings"] as? [[String: Any]]).map {
            $0["code"] as? String
        }
        #expect(codes.contains("bsa.lung-shunt-too-high") == (removed == 1))
    }

    @Test("each aim of the partition is met, and the others agree with it")
    func partitionAims() throws {
        let rest = #"""
            "tumours": [{"volumeML": 20, "tumourToNormalRatio": 6},
            {"volumeML": 60, "tumourToNormalRatio": 3}], "normalVolumeML": 700,
            "lungShuntFraction": 0.06, "residualFraction": 0.02, "liverVolumeML": 1900,
            "otherTumourVolumeML": 40
            """#
        let aims: [(String, ([String: Any]) throws -> Double)] = [
            (
                "targetTumourDoseGy",
                {
                    let doses = try numbers($0, "tumourDosesGy")
                    return (doses[0] * 20 + doses[1] * 60) / 80
                }
            ),
            ("targetNormalDoseGy", { try number($0, "normalDoseGy") }),
            ("targetWholeLiverNormalDoseGy", { try number($0, "wholeLiverNormalDoseGy") }),
            ("vialActivityGBq", { try number($0, "vialActivityGBq") }),
        ]
        for (aim, value) in aims {
            let result = try Program.calculate("partition", "{\"\(aim)\": 42, \(rest)}")
            // Rounding of a few products only.
            #expect(abs(try value(result) - 42) < 1e-11, "\(aim)")
            let whole = try number(result, "normalDoseGy") * 700 / (1900 - 80 - 40)
            #expect(abs(try number(result, "wholeLiverNormalDoseGy") / whole - 1) < 1e-12)
        }
    }

    @Test("the waste is corrected for decay and background")
    func residual() throws {
        let result = try Program.calculate(
            "residual",
            """
            {"readingBefore": 101, "readingBeforeTime": "2026-03-10T10:00:00+01:00",
             "readingsAfter": [2, 4, 3, 3], "readingAfterTime": "2026-03-12T01:06:00-00:00",
             "backgroundReading": 1, "halfLifeHours": 40.1}
            """)
        // 40.1 h later, one half-life: (3 − 1) · 2 / (101 − 1).
        #expect(abs(try number(result, "hoursBetweenReadings") - 40.1) < 1e-9)
        #expect(abs(try number(result, "residualFraction") - 0.04) < 1e-12)
    }

    @Test("the input may be a file, and without --json a table comes out")
    func fileInput() throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "grevy-calculate-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(
            #"{"doseGy": 40, "alphaBetaGy": 2.5, "repairHalfTimeHours": 2.5, "effectiveHalfLifeHours": 64.2}"#
                .utf8
        )
        .write(to: file)
        let table = try Program.run(["calculate", "bed", "--input", file.path])
        #expect(table.exitCode == 0)
        #expect(String(decoding: table.output, as: UTF8.self).contains("63.988"))
        let json = try Program.run(["calculate", "bed", "--json", "--input", file.path]).json()
        #expect(json["kind"] as? String == "bed")
    }
}
