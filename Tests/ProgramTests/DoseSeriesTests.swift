import Foundation
import Testing

/// `grevy dose` on series of the synthetic patient.
@Suite("Doses of series")
struct DoseSeriesTests {
    private static let planningCT = "CT portal venous, simulated"
    private static let petCT = "CT low dose PET, simulated"
    private static let pet = "Y-90 PET, simulated"
    private static let outlines = "Structures from shapes, simulated"

    private static func dose(
        _ records: SyntheticRecords, _ arguments: [String], exitCode: Int32 = 0
    ) throws -> Program.Outcome {
        let outcome = try Program.run(
            ["dose"] + arguments + [
                "--data", records.data.path, "--nuclide", "Y-90", "--engine", "local", "--out",
                records.path("dose.nii"), "--json",
            ])
        try #require(outcome.exitCode == exitCode, "\(arguments): \(outcome.errorText)")
        return outcome
    }

    private static func rows(_ result: [String: Any]) throws -> [String: [String: Any]] {
        let rows = try #require(result["labels"] as? [[String: Any]])
        return Dictionary(
            try rows.map { (try #require($0["name"] as? String), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    private static func codes(_ result: [String: Any]) throws -> [String: String] {
        let findings = try #require(result["findings"] as? [[String: Any]])
        return Dictionary(
            findings.compactMap { finding in
                (finding["code"] as? String).map { ($0, finding["sentence"] as? String ?? "") }
            }, uniquingKeysWith: { first, _ in first })
    }

    @Test("a PET in Bq/mL, structures as RTSTRUCT and SEG, and what does not go together")
    func phantom() throws {
        let records = try SyntheticRecords("dose-series")
        defer { records.remove() }
        try records.json(["import", records.path("patient/dicom")])
        try pet(records)
        try structures(records)
        try refusals(records)
    }

    /// Law of decay.
    private func pet(_ records: SyntheticRecords) throws {
        func result(_ more: [String]) throws -> [String: Any] {
            try Self.dose(records, ["--tia", Self.pet, "--ct", Self.petCT] + more).json()
        }
        let stated = try result([])
        let codes = try Self.codes(stated)
        #expect(codes["activity.decays-assumed"]?.contains("by its header") == true)
        #expect(codes["dose.no-frame-of-reference"] == nil)
        let inputs = try #require(stated["inputs"] as? [String: String])
        #expect(Set(inputs.keys) == ["tia", "ct"])
        let halfLife = try number(
            Program.run(["nuclide", "Y-90", "--json"]).json(), "halfLifeSeconds")
        let hours = try ["0", "24"].map { try result(["--hours", $0]) }
        let decays = try hours.map { try number($0, "decays") }
        // Single precision of voxels.
        #expect(abs(decays[1] / decays[0] / exp2(86_400 / halfLife) - 1) < 1e-6)
        // Noise keeps its sign, so empty places hold nothing: none of it is in air.
        #expect(codes["dose.activity-in-air"] == nil)
        #expect(codes["activity.negative-values"] == nil)
        // All of the activity is spread over what the CT shows.
        let all = 2e9 * halfLife / 0.693_147_180_559_945
        let spread = try result(["--injected-gbq", "2"])
        #expect(abs(try number(spread, "decays") / all - 1) < 1e-6)
        try noise(records, stated: number(stated, "decays"))
        let counts = try Self.dose(
            records,
            [
                "--tia", "MAA SPECT no AC, simulated", "--ct", "CT low dose SPECT, simulated",
                "--injected-gbq", "2",
            ]
        ).json()
        #expect(abs(try number(counts, "decays") / all - 1) < 1e-6)
        #expect(
            try Self.codes(counts)["activity.decays-assumed"]?.contains("All of 2 GBq") == true)
    }

    /// Law: what Monte Carlo starts of a noisy image are the decays of its signed sum.
    private func noise(_ records: SyntheticRecords, stated: Double) throws {
        let outcome = try Program.run([
            "dose", "--tia", Self.pet, "--ct", Self.petCT, "--data", records.data.path,
            "--nuclide", "Y-90", "--engine", "montecarlo", "--histories", "4000", "--out",
            records.path("dose.nii"), "--json",
        ])
        let result = try outcome.json()
        #expect(abs(try number(result, "decays") / stated - 1) < 1e-6)
        let codes = try Self.codes(result)
        #expect(codes["activity.negative-values"]?.contains("the sum stays") == true)
        // Energy of the decays that were started, by the energies of the nuclide file.
        let local = try Self.dose(records, ["--tia", Self.pet, "--ct", Self.petCT]).json()
        // The mean energy of 4000 decays scatters by less than 1 %.
        #expect(abs(try number(result, "emittedJ") / number(local, "emittedJ") - 1) < 0.04)
    }

    /// Closed form: decays spread evenly, so energy over mass of each structure.
    private func structures(_ records: SyntheticRecords) throws {
        let even = TestMap(
            shape: [56, 48, 60], spacingMM: [5, 5, 5], originMM: [-170, -110, -170]
        ) { _, _, _ in 1e6
        }
        let tia = try even.write("even.nii", in: records.work)
        func result(_ labels: String, _ more: [String] = []) throws -> [String: Any] {
            try Self.dose(
                records, ["--tia", tia, "--ct", Self.planningCT, "--labels", labels] + more
            ).json()
        }
        let set = try result(Self.outlines)
        // Exact overlap: the sum stays to single precision of voxels, here of another grid.
        let coarse = try result(Self.outlines, ["--grid-mm", "7"])
        #expect(abs(try number(coarse, "decays") / number(set, "decays") - 1) < 1e-6)
        #expect(try Self.codes(set)["dose.no-frame-of-reference"]?.contains("activity") == true)
        let byContours = try Self.rows(set)
        let byMasks = try Self.rows(result("Segments from shapes, simulated"))
        #expect(byContours.keys.sorted() == byMasks.keys.sorted())
        let joules = try 1e6 * DoseTests.electronJoules("Y-90")
        let voxelML = 0.125
        let truth =
            try JSONSerialization.jsonObject(
                with: records.bytes("patient/truth.json")) as? [String: Any]
        let known = try #require(truth?["structures"] as? [[String: Any]])
        var compared = 0
        for (name, row) in byContours {
            let voxels = try number(row, "meanGy") * number(row, "massKg") / joules
            let volume = try number(
                try #require(known.first { $0["name"] as? String == name }), "volumeML")
            // A voxel belongs as a whole or not: of the surface about a tenth of a voxel remains at
            // random, too much for small tumours. Lungs and stomach reach beyond the grid.
            guard volume > 30, !["Lungs", "Stomach"].contains(name) else { continue }
            compared += 1
            #expect(abs(voxels * voxelML / volume - 1) < 0.05, "\(name): \(voxels) voxels")
            let mask = try #require(byMasks[name])
            #expect(
                abs(try number(mask, "meanGy") / number(row, "meanGy") - 1) < 0.01, "\(name)")
            #expect(
                abs(try number(mask, "massKg") / number(row, "massKg") - 1) < 0.05, "\(name)")
        }
        #expect(compared == 5)
        // Tumours lie in the liver: an override of the liver reaches them too.
        let liver = try #require(byContours["Liver"]?["label"] as? Int)
        let heavy = try Self.rows(result(Self.outlines, ["--override", "\(liver)=:2.12"]))
        for name in ["Liver", "Tumour 5"] {
            let row = try #require(heavy[name])
            let kg = try number(row, "massKg")
            let voxels = try number(row, "meanGy") * kg / joules
            // Single precision of density and dose.
            #expect(abs(kg / (voxels * voxelML * 2.12e-3) - 1) < 1e-5, "\(name)")
        }
    }

    /// Closed form: a series of images whose every value is 2 is 2 g/mL of medium 2.
    @Test("density and media are read from series of images, media from structures too")
    func maps() throws {
        let records = try SyntheticRecords("dose-series-maps")
        defer { records.remove() }
        let folder = records.work.appending(path: "patient/dicom/ct-pet")
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            try Self.fill(folder.appending(path: file), with: 2)
        }
        try records.json(["import", records.path("patient/dicom")])
        let image = try #require(
            (records.json(["show", Self.petCT])["images"] as? [[String: Any]])?.first)
        let grid = try (
            shape: numbers(image, "shape").map { Int($0) }, spacingMM: numbers(image, "spacingMM"),
            originMM: numbers(image, "originMM")
        )
        func even(_ value: Float) -> TestMap {
            TestMap(shape: grid.shape, spacingMM: grid.spacingMM, originMM: grid.originMM) {
                $0 == 9 && $1 == 9 && $2 == 9 ? value : 0
            }
        }
        let tia = try even(1e6).write("point.nii", in: records.work)
        let labels = try even(3).write("labels.nii", in: records.work)
        let result = try Self.dose(
            records,
            [
                "--tia", tia, "--labels", labels, "--density", Self.petCT, "--medium", Self.petCT,
                "--dose-to-water",
            ]
        ).json()
        let inputs = try #require(result["inputs"] as? [String: String])
        #expect(inputs["density"] == inputs["medium"] && inputs["density"]?.count == 64)
        let codes = try Self.codes(result)
        #expect(codes["dose.to-water"]?.contains("soft-tissue") == true)
        #expect(codes["dose.no-frame-of-reference"] != nil)
        let rows = try #require(result["labels"] as? [[String: Any]])
        let row = try #require(rows.first { $0["label"] as? Int == 3 })
        let kilograms = 2e-6 * grid.spacingMM.reduce(1, *)
        #expect(abs(try number(row, "massKg") / kilograms - 1) < 1e-6)
        for (density, medium, sentence) in [
            (Self.planningCT, Self.petCT, "lie on different grids"),
            (Self.petCT, "Segments from shapes, simulated", "must not overlap"),
            (Self.petCT, "nothing", "There is no series"),
        ] {
            let outcome = try Self.dose(
                records, ["--tia", tia, "--density", density, "--medium", medium], exitCode: 1)
            #expect(outcome.errorText.contains(sentence), "\(outcome.errorText)")
        }
    }

    /// Sets every voxel of an uncompressed object whose Pixel Data come last.
    private static func fill(_ file: URL, with value: UInt8) throws {
        var bytes = [UInt8](try Data(contentsOf: file))
        let size = 128 * 128 * 2
        let start = bytes.count - size
        try #require(Array(bytes[start - 12 ..< start - 8]) == [0xe0, 0x7f, 0x10, 0x00])
        for n in stride(from: start, to: bytes.count, by: 2) {
            (bytes[n], bytes[n + 1]) = (value, 0)
        }
        try Data(bytes).write(to: file)
    }

    private func refusals(_ records: SyntheticRecords) throws {
        for (arguments, sentence) in [
            (
                ["--tia", Self.pet, "--ct", Self.petCT, "--labels", Self.outlines],
                "different frames of reference"
            ),
            (["--tia", Self.pet, "--ct", Self.planningCT], "different frames of reference"),
            (
                ["--tia", "MAA SPECT no AC, simulated", "--ct", Self.petCT], "'--injected-gbq'"
            ),
            (["--tia", Self.pet, "--ct", Self.petCT, "--labels", Self.petCT], "holds"),
            (["--tia", Self.pet, "--ct", Self.pet], "no CT numbers"),
            (["--tia", "se-0000000000", "--ct", Self.petCT], "There is no series"),
        ] {
            let outcome = try Self.dose(records, arguments, exitCode: 1)
            #expect(outcome.errorText.contains(sentence), "\(outcome.errorText)")
            #expect(outcome.output.isEmpty)
        }
    }
}
