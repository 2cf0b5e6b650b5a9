import Foundation
import Testing
import _TestSupport

/// `grevy dose --ct`: density and media from CT numbers.
@Suite("Doses in a CT")
struct DoseCTTests {
    /// Activity in 4 x 4 x 4 voxels of 4 mm, labelled 1.
    private static func isOrgan(_ i: Int, _ j: Int, _ k: Int) -> Bool {
        [i, j, k].allSatisfy { (2 ..< 6).contains($0) }
    }

    private static func activity(in folder: URL) throws -> [String] {
        [
            "--tia", try TestMap { Self.isOrgan($0, $1, $2) ? 1e9 : 0 }.write("t.nii", in: folder),
            "--labels", try TestMap { Self.isOrgan($0, $1, $2) ? 1 : 0 }.write("l.nii", in: folder),
        ]
    }

    /// A CT of 2 mm voxels that covers the activity's grid and more.
    private static func ct(
        _ hu: (_ i: Int, _ j: Int, _ k: Int) -> Float, in folder: URL
    ) throws -> [String] {
        let map = TestMap(
            shape: [20, 20, 20], spacingMM: [2, 2, 2], originMM: [-5, -5, -5], hu)
        return ["--ct", try map.write("ct.nrrd", in: folder)]
    }

    private static func label(_ result: [String: Any], _ n: Int = 1) throws -> [String: Any] {
        let rows = try #require(result["labels"] as? [[String: Any]])
        return try #require(rows.first { $0["label"] as? Int == n })
    }

    private static func codes(_ result: [String: Any]) throws -> [String] {
        let findings = try #require(result["findings"] as? [[String: Any]])
        return findings.compactMap { $0["code"] as? String }
    }

    /// Closed form: 64 voxels of 0.064 mL at the curve's density, all electrons local.
    @Test("a uniform CT on another grid gives the curve's density, and energy per mass as dose")
    func uniform() throws {
        try DoseTests.inFolder { folder in
            let arguments = try Self.activity(in: folder)
            // 60 HU is a point of the default curve: 1.06 g/mL.
            let result = try DoseTests.dose(
                arguments + Self.ct({ _, _, _ in 60 }, in: folder), in: folder)
            let label = try Self.label(result)
            let kg = 64 * 0.064 * 1.06e-3
            // Single precision of density and dose.
            #expect(abs(try number(label, "massKg") / kg - 1) < 1e-6)
            let joules = try 64e9 * DoseTests.electronJoules("Y-90")
            #expect(abs(try number(label, "meanGy") / (joules / kg) - 1) < 1e-6)
            #expect(try Self.codes(result) == ["ct.resampled", "density.generic-curve"])
            let curve = try #require(result["densityCurve"] as? [String: Any])
            #expect((curve["source"] as? String)?.contains("Schneider") == true)
            // Monte Carlo in the maps that the CT stands for gives the same bytes as in the CT.
            let maps = [
                "--density", try TestMap { _, _, _ in 1.06 }.write("d.nii", in: folder),
                "--medium", try TestMap { _, _, _ in 2 }.write("m.nii", in: folder),
            ]
            for (name, matter) in [("a.nii", ["--ct", folder.path + "/ct.nrrd"]), ("b.nii", maps)] {
                _ = try DoseTests.dose(
                    arguments + matter + ["--histories", "2000"], engine: "montecarlo", out: name,
                    in: folder)
            }
            #expect(
                try Data(contentsOf: folder.appending(path: "a.nii"))
                    == Data(contentsOf: folder.appending(path: "b.nii")))
        }
    }

    @Test("a site's curve is used and told; voxels outside it are counted")
    func curve() throws {
        try DoseTests.inFolder { folder in
            let file = folder.appending(path: "scanner.csv")
            try Data("hu,densityGPerML\n-1000,0.001\n0,1\n100,1.2\n".utf8).write(to: file)
            let arguments = try Self.activity(in: folder) + ["--ct-curve", file.path]
            let result = try DoseTests.dose(
                arguments + Self.ct({ i, _, _ in i == 0 ? 300 : 50 }, in: folder), in: folder)
            #expect(
                abs(try number(Self.label(result), "massKg") / (64 * 0.064 * 1.1e-3) - 1) < 1e-6)
            #expect(try Self.codes(result) == ["ct.resampled", "density.outside-curve"])
            let inputs = try #require(result["inputs"] as? [String: String])
            #expect(Set(inputs.keys) == ["tia", "labels", "ct", "ctCurve"])
        }
    }

    @Test("contrast medium is suspected, and an override ends it and is recorded")
    func contrast() throws {
        try DoseTests.inFolder { folder in
            let arguments = try Self.activity(in: folder) + Self.ct({ _, _, _ in 110 }, in: folder)
            let suspected = try DoseTests.dose(arguments, in: folder)
            #expect(try Self.codes(suspected).contains("ct.contrast-suspected"))
            let told = try DoseTests.dose(
                arguments + ["--override", "1=soft-tissue:1.06"], in: folder)
            #expect(
                try Self.codes(told) == ["ct.resampled", "density.generic-curve", "dose.override"])
            #expect(
                abs(try number(Self.label(told), "massKg") / (64 * 0.064 * 1.06e-3) - 1) < 1e-6)
            let overrides = try #require(told["overrides"] as? [[String: Any]])
            #expect(overrides.count == 1 && overrides[0]["medium"] as? String == "soft-tissue")
            #expect(try number(overrides[0], "densityGPerML") == 1.06)
        }
    }

    @Test("metal, and activity in air and in thin matter, are told")
    func oddities() throws {
        try DoseTests.inFolder { folder in
            let arguments = try Self.activity(in: folder)
            func codes(_ hu: (Int, Int, Int) -> Float) throws -> [String] {
                try Self.codes(DoseTests.dose(arguments + Self.ct(hu, in: folder), in: folder))
            }
            let base = ["ct.resampled", "density.generic-curve"]
            // The first CT column lies beside the organ, columns 6 to 14 in it.
            #expect(try codes { i, _, _ in i == 0 ? 2500 : 40 } == base + ["ct.metal"])
            #expect(
                try codes { i, _, _ in i < 12 ? -1000 : 40 }
                    == base + [
                        "dose.activity-in-air", "dose.activity-in-thin-matter",
                        "dose.density-floor", "dose.gas-left-out",
                    ])
            #expect(
                try codes { i, _, _ in i < 12 ? -700 : 40 }
                    == base + ["dose.activity-in-thin-matter"])
        }
    }

    @Test(
        "what makes no sense is refused with a sentence",
        arguments: [
            (["--override", "7=liver"], Int32(1), "No voxel has label 7"),
            (["--override", "1=jam"], 1, "There is no material 'jam'"),
            (["--override", "1=:99"], 1, "outside"), (["--override", "1"], 2, "--override"),
            (["--override", "1=liver", "--override", "1=:1.0"], 2, "label twice"),
            (["--ct-curve", "/nowhere.csv"], 1, "cannot be opened"),
            (["--ct-curve", "FALLING"], 1, "the density falls at point 3"),
            (["--ct", "SMALL"], 1, "of the activity lie outside the CT"),
            (["--ct", "NAN"], 1, "it must be finite"),
            (["--ct", "absent"], 1, "cannot be opened"),
        ])
    func refusals(arguments: [String], exitCode: Int32, part: String) throws {
        try DoseTests.inFolder { folder in
            let falling = folder.appending(path: "f.csv")
            try Data("hu,densityGPerML\n-1000,0.001\n100,1.12\n101,1.08\n".utf8).write(to: falling)
            let files = [
                "FALLING": falling.path,
                "SMALL": try TestMap(shape: [4, 8, 8]) { _, _, _ in 0 }.write("s.nii", in: folder),
                "NAN": try TestMap { i, _, _ in i == 3 ? .nan : 0 }.write("n.nii", in: folder),
            ]
            let given = arguments.map { files[$0] ?? $0 }
            let ct = given.contains("--ct") ? [] : try Self.ct({ _, _, _ in 40 }, in: folder)
            let outcome = try Program.run(
                ["dose"] + Self.activity(in: folder) + ct + given + [
                    "--nuclide", "Y-90", "--engine", "local", "--out",
                    folder.appending(path: "dose.nii").path,
                ])
            #expect(outcome.exitCode == exitCode)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errorText.contains(part), "\(outcome.errorText)")
        }
    }

    @Test("a CT of the data folder is found by its name and gives the dose of its voxels")
    func series() throws {
        try DoseTests.inFolder { folder in
            let data = try Program.importPhantom("ct-spect", in: folder)
            // In the middle of the trunk, where there is soft tissue.
            let tia = try TestMap(originMM: [-60, 0, -80]) { _, _, _ in 1e6 }
                .write("t.nii", in: folder)
            let arguments = ["--tia", tia, "--ct", "CT low dose SPECT, simulated"]
            let result = try DoseTests.dose(arguments + ["--data", data], in: folder)
            let inputs = try #require(result["inputs"] as? [String: String])
            #expect(inputs["ct"]?.count == 64)
            let doses = try TestMap.voxels(folder.appending(path: "dose.nii"))
            let water = try 1e6 * DoseTests.electronJoules("Y-90") / 64e-6
            // Soft tissue is from 0.93 to 1.2 g/mL.
            #expect(doses.allSatisfy { (1 / 1.2 ... 1 / 0.93).contains(Double($0) / water) })
            let unknown = try Program.run(
                ["dose"] + arguments.dropLast() + [
                    "se-0000000000", "--data", data, "--nuclide", "Y-90", "--engine", "local",
                    "--out", folder.appending(path: "x.nii").path,
                ])
            #expect(unknown.exitCode == 1 && unknown.errorText.contains("There is no series"))
        }
    }
}
