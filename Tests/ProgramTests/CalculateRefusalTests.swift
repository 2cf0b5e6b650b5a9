import Foundation
import Testing

/// One input that must be refused, and the key that the refusal must name.
struct Refusal: Sendable, CustomTestStringConvertible {
    let kind: String
    let input: String
    let key: String

    var testDescription: String { "\(kind): \(key)" }

    /// A valid input with one key replaced, or removed when `value` is `nil`.
    init(_ kind: String, _ key: String, _ value: String?, named: String? = nil) {
        var members = Self.valid[kind] ?? [:]
        members[key] = value
        self.init(kind, members: members, key: named ?? key)
    }

    init(_ kind: String, members: [String: String], key: String) {
        self.init(
            kind,
            input: "{" + members.map { "\"\($0)\": \($1)" }.sorted().joined(separator: ", ") + "}",
            key: key)
    }

    init(_ kind: String, input: String, key: String) {
        (self.kind, self.input, self.key) = (kind, input, key)
    }

    static let valid: [String: [String: String]] = [
        "single": [
            "targetDoseGy": "120", "perfusedVolumeML": "1000", "lungShuntFraction": "0.05",
            "residualFraction": "0.02",
        ],
        "partition": [
            "targetNormalDoseGy": "40", "normalVolumeML": "800", "lungShuntFraction": "0.05",
            "tumours": #"[{"volumeML": 50, "tumourToNormalRatio": 4}]"#,
            "residualFraction": "0.02",
        ],
        "bsa": [
            "heightCM": "170", "weightKg": "70", "tumourVolumeML": "300", "liverVolumeML": "1800",
        ],
        "lung-shunt": [
            "lungAnteriorCounts": "52000", "lungPosteriorCounts": "61000",
            "liverAnteriorCounts": "910000", "liverPosteriorCounts": "720000",
        ],
        "residual": [
            "readingBefore": "100", "readingBeforeTime": "\"2026-03-10T10:00:00Z\"",
            "readingsAfter": "[2, 2, 2, 2]", "readingAfterTime": "\"2026-03-10T12:00:00Z\"",
        ],
        "vials": [
            "device": "\"glass\"", "neededActivityGBq": "2.4",
            "treatmentTime": "\"2026-03-10T10:00:00Z\"",
        ],
        "bed": [
            "doseGy": "40", "alphaBetaGy": "2.5", "repairHalfTimeHours": "2.5",
            "effectiveHalfLifeHours": "64.2",
        ],
        "voxel-local": ["concentrationMBqPerML": "1", "hoursAfterAdministration": "20"],
    ]

    /// For each kind and each key it needs: missing, and every wrong type.
    static var types: [Refusal] {
        valid.flatMap { kind, members in
            members.keys.sorted().flatMap { key -> [Refusal] in
                [nil, "null", "true", "{}", "\"12 mL\"", "\"\"", "NaN", "Infinity", "1e999"].map {
                    Refusal(kind, key, $0)
                }
            }
        }
    }

    static let ranges: [Refusal] = [
        Refusal("single", "targetDoseGy", "0"), Refusal("single", "targetDoseGy", "-1"),
        Refusal("single", "perfusedVolumeML", "0"), Refusal("single", "lungShuntFraction", "1"),
        Refusal("single", "lungShuntFraction", "-0.01"), Refusal("single", "residualFraction", "1"),
        Refusal("single", "residualFraction", "5"), Refusal("single", "vialActivityGBq", "2"),
        Refusal("single", "doseConstantGyKgPerGBq", "0"),
        Refusal("single", "tissueDensityGPerML", "-1"), Refusal("single", "lungMassKg", "0"),
        Refusal("single", "nuclide", "\"Tc-99m\""), Refusal("single", "nuclide", "\"Lu-177\""),
        Refusal("single", "nuclide", "90"), Refusal("single", "halfLifeHours", "64.1"),
        Refusal("single", "targetdosegy", "1"), Refusal("single", "perfusedVolumeML", "1e-323"),
        Refusal("partition", "targetTumourDoseGy", "100"),
        Refusal("partition", "tumours", "[]"),
        Refusal("partition", "tumours", "[3]", named: "tumours[0]"),
        Refusal(
            "partition", "tumours", #"[{"volumeML": 5}]"#,
            named: "tumours[0].tumourToNormalRatio"),
        Refusal(
            "partition", "tumours", #"[{"volumeML": 0, "tumourToNormalRatio": 3}]"#,
            named: "tumours[0].volumeML"),
        Refusal(
            "partition", "tumours",
            #"[{"volumeML": 2, "tumourToNormalRatio": 3}, {"volumeML": 1, "tumourToNormalRatio": 0}]"#,
            named: "tumours[1].tumourToNormalRatio"),
        Refusal(
            "partition", "tumours", #"[{"volumeML": 2, "tumourToNormalRatio": 3, "name": "a"}]"#,
            named: "tumours[0].name"),
        Refusal("partition", "normalVolumeML", "0"), Refusal("partition", "liverVolumeML", "849"),
        Refusal("partition", "liverVolumeML", "0"),
        Refusal("partition", "otherTumourVolumeML", "-1"),
        Refusal("bsa", "heightCM", "1.70"), Refusal("bsa", "weightKg", "0"),
        Refusal("bsa", "tumourVolumeML", "1801"), Refusal("bsa", "lungShuntFraction", "1"),
        Refusal("bsa", "lobeVolumeML", "900", named: "lobeTumourVolumeML"),
        Refusal("bsa", "lobeTumourVolumeML", "90", named: "lobeVolumeML"),
        Refusal("bsa", "nuclide", "\"Y-90\""), Refusal("bsa", "lungMassKg", "1"),
        Refusal("lung-shunt", "lungAnteriorCounts", "-1"),
        Refusal("lung-shunt", "liverPosteriorCounts", "0"),
        Refusal("lung-shunt", "lungMassKg", "1"),
        Refusal(
            "lung-shunt", "lungAnteriorBackgroundCounts", "1",
            named: "lungPosteriorBackgroundCounts"),
        Refusal("residual", "readingBefore", "0"), Refusal("residual", "readingsAfter", "[]"),
        Refusal("residual", "readingsAfter", "[120]"),
        Refusal("residual", "readingsAfter", "[2, true]", named: "readingsAfter[1]"),
        Refusal("residual", "readingAfterTime", "\"2026-03-10T09:00:00Z\""),
        Refusal("residual", "backgroundReading", "100", named: "readingBefore"),
        Refusal("vials", "device", "\"gel\""), Refusal("vials", "neededActivityGBq", "0"),
        Refusal("vials", "nuclide", "\"Ho-166\""), Refusal("vials", "halfLifeHours", "0"),
        Refusal("vials", "doseConstantGyKgPerGBq", "50"),
        Refusal("vials", "treatmentTime", "\"2026-03-10T10:00:00\""),
        Refusal("vials", "treatmentTime", "\"2026-03-10\""),
        Refusal("vials", "treatmentTime", "\"2026-02-29T10:00:00Z\""),
        Refusal("vials", "treatmentTime", "\"2026-03-10T24:00:00Z\""),
        Refusal("vials", "treatmentTime", "\"2026-03-10T10:00:00Z \""),
        Refusal("vials", "treatmentTime", "\"2026-03-10T10:00:00+01:00[Europe/Paris]\""),
        Refusal("vials", "calibrationTime", "\"2026-03-11T12:00:00-04:00\""),
        Refusal("vials", "calibrationTime", "\"2026-02-22T12:00:00-05:00\""),
        Refusal("bed", "doseGy", "-1"), Refusal("bed", "alphaBetaGy", "0"),
        Refusal("bed", "repairHalfTimeHours", "0"), Refusal("bed", "nuclide", "\"Y-90\""),
        Refusal("voxel-local", "hoursAfterAdministration", "-1"),
        Refusal("voxel-local", "lungMassKg", "1"), Refusal("voxel-local", "halfLifeHours", "-3"),
    ]
}

@Suite("Calculate, refusals")
struct CalculateRefusalTests {
    private func expectRefused(_ refusal: Refusal) throws {
        let outcome = try Program.run(
            ["calculate", refusal.kind, "--json"], input: refusal.input)
        #expect(outcome.exitCode == 1, "\(refusal.input) gave \(outcome.exitCode)")
        #expect(outcome.output.isEmpty, "nothing on standard output")
        #expect(outcome.errorText.contains(refusal.key), "\(outcome.errorText)")
    }

    @Test("the inputs that the refusals are made from are accepted", arguments: Refusal.valid.keys)
    func valid(kind: String) throws {
        let refusal = Refusal(kind, members: Refusal.valid[kind] ?? [:], key: "")
        _ = try Program.calculate(kind, refusal.input)
    }

    @Test("a missing key and a wrong type are refused by name")
    func types() throws {
        for refusal in Refusal.types { try expectRefused(refusal) }
    }

    @Test(
        "a number that nothing can be computed with is refused with its value and the range",
        arguments: ["1e308", "-1e308", "5e-324", "1.1e100", "9e-101"])
    func sizes(value: String) throws {
        for (kind, members) in Refusal.valid {
            for (key, plain) in members where Double(plain) != nil {
                let outcome = try Program.run(
                    ["calculate", kind, "--json"], input: Refusal(kind, key, value).input)
                #expect(outcome.exitCode == 1 && outcome.output.isEmpty)
                let shown = "'\(key)' is \(Double(value) ?? 0);"
                #expect(outcome.errorText.contains(shown), "\(outcome.errorText)")
                #expect(outcome.errorText.contains("from 1e-100 to 1e+100"))
            }
        }
        let listed = Refusal("residual", "readingsAfter", "[2, \(value)]")
        let outcome = try Program.run(["calculate", "residual"], input: listed.input)
        #expect(outcome.errorText.contains("'readingsAfter[1]' is"), "\(outcome.errorText)")
    }

    @Test("an input of more than 1 MiB is refused with the limit, one of 1 MiB is read")
    func length() throws {
        let valid = Refusal("single", members: Refusal.valid["single"] ?? [:], key: "").input
        let file = FileManager.default.temporaryDirectory.appending(
            path: "calculate-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        for (bytes, exitCode) in [(1 << 20, Int32(0)), ((1 << 20) + 1, 1)] {
            let text = valid + String(repeating: " ", count: bytes - valid.utf8.count)
            try Data(text.utf8).write(to: file)
            let outcome = try Program.run(["calculate", "single", "--input", file.path])
            #expect(outcome.exitCode == exitCode)
            #expect(outcome.errorText.contains("larger than 1 MiB") == (exitCode == 1))
        }
    }

    @Test("values out of range and keys of no use are refused by name")
    func ranges() throws {
        for refusal in Refusal.ranges { try expectRefused(refusal) }
    }

    @Test(
        "what is no JSON object is refused",
        arguments: [
            "", "   ", "[]", "3", "null", "{", "{\"targetDoseGy\": 1,}", "{'targetDoseGy': 1}",
            "{} {}", "{\"a\": 01}", "{\"a\": .5}", "{\"a\": +1}", "{\"a\": 1.}", "{\"a\": 0x10}",
            String(repeating: "[", count: 100_000), "{\"a\": \"\u{1}\"}", "{\"a\": \"\\ud800\"}",
            "{\"a\" 1}", "{a: 1}", "// no\n{}",
        ])
    func malformed(input: String) throws {
        try expectRefused(Refusal("single", input: input, key: "grevy: "))
    }

    @Test("a key that stands there twice is refused, escaped or not")
    func duplicates() throws {
        for twin in ["targetDoseGy", "\\u0074argetDoseGy"] {
            try expectRefused(
                Refusal(
                    "single",
                    input: """
                        {"targetDoseGy": 120, "\(twin)": 12, "perfusedVolumeML": 1000,
                         "lungShuntFraction": 0.05, "residualFraction": 0.02}
                        """, key: "targetDoseGy"))
        }
    }

    @Test(
        "wrong use gives exit code 2",
        arguments: [
            ["calculate"], ["calculate", "double"], ["calculate", "single", "--inptu", "x"],
            ["calculate", "single", "extra"], ["calculate", "single", "--input"], ["nonsense"],
        ])
    func wrongUse(arguments: [String]) throws {
        let outcome = try Program.run(arguments, input: "{}")
        #expect(outcome.exitCode == 2)
        #expect(outcome.output.isEmpty)
        #expect(!outcome.errorText.isEmpty)
    }

    @Test("help names every kind and every key, and goes to standard output")
    func help() throws {
        let outcome = try Program.run(["calculate", "--help"])
        #expect(outcome.exitCode == 0)
        let text = String(decoding: outcome.output, as: UTF8.self)
        for (kind, members) in Refusal.valid {
            #expect(text.contains(kind.uppercased()))
            for key in members.keys { #expect(text.contains(key), "\(key)") }
        }
    }
}
