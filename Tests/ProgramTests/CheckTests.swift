import DICOM
import Foundation
import Imaging
import Testing
import _TestSupport

/// `grevy check`, from files to the sentence that a person reads.
@Suite("Second checks by the program")
struct CheckTests {
    private static let activity = TestMap { i, j, k in
        (2 ..< 6).contains(i) && (2 ..< 5).contains(j) && (2 ..< 6).contains(k)
            ? Float(1e9 * Double(1 + i + j * k)) : 0
    }

    /// Writes the voxels of a map as the RTDOSE of another system.
    private static func rtdose(
        _ map: TestMap, frame: String, in folder: URL
    ) throws -> String {
        let grid = try VolumeGeometry(
            shape: Vector3(map.shape[0], map.shape[1], map.shape[2]),
            spacingMM: Vector3(map.spacingMM[0], map.spacingMM[1], map.spacingMM[2]),
            originMM: Vector3(map.originMM[0], map.originMM[1], map.originMM[2]))
        let series = SeriesContext(
            study: StudyContext(
                patientName: "SYNTHETIC^NOBODY", patientID: "GREVY-TEST",
                studyInstanceUID: "2.25.1"),
            seriesInstanceUID: "2.25.101", seriesNumber: 1, seriesDescription: "",
            date: "20260105", time: "090000", equipment: Equipment(softwareVersions: "test"))
        let object = try DoseWriter(series: series, planUID: "2.25.60").compose(
            DoseObject(
                dose: DoseMap(grays: try Volume(voxels: map.values, geometry: grid)),
                frameOfReferenceUID: frame), instanceUID: "2.25.61")
        let url = folder.appending(path: "plan.dcm")
        try DicomWriter.write(object.dataSets[0], path: url.path)
        return url.path
    }

    /// The arguments of a check whose plan is the local dose times a factor.
    private static func arguments(factor: Double, in folder: URL) throws -> [String] {
        let tia = try activity.write("tia.nii", in: folder)
        let ct = try TestMap { _, _, _ in 60 }.write("ct.nii", in: folder)
        _ = try DoseTests.dose(["--tia", tia, "--ct", ct], in: folder)
        var map = TestMap { _, _, _ in 0 }
        map.values = try TestMap.voxels(folder.appending(path: "dose.nii")).map {
            Float(factor * Double($0))
        }
        return [
            "check", "--plan-dose", try rtdose(map, frame: "2.25.7", in: folder), "--activity", tia,
            "--ct", ct, "--nuclide", "Y-90",
        ]
    }

    @Test("a factor of 1.05 is told as scale, to people and as JSON")
    func scale() throws {
        try DoseTests.inFolder { folder in
            let arguments =
                try Self.arguments(factor: 1.05, in: folder) + ["--engine", "local"]
            let json = try Program.run(arguments + ["--json"]).json()
            let causes = try #require(json["causes"] as? [[String: Any]])
            #expect(causes.count == 1 && causes[0]["code"] as? String == "scale")
            let evidence = try #require(causes[0]["evidence"] as? [String: Any])
            // Single precision of doses.
            #expect(abs(try number(evidence, "scale") - 1.05) < 1e-5)
            let inputs = try #require(json["inputs"] as? [String: String])
            #expect(Set(inputs.keys) == ["planDose", "activity", "ct"])
            let shown = try Program.run(arguments)
            #expect(shown.exitCode == 0)
            let text = String(decoding: shown.output, as: UTF8.self)
            #expect(text.hasPrefix("The plan dose looks like the recomputed one times 1.0500"))
            #expect(shown.errorText.contains("check.no-frame-of-reference"))
        }
    }

    @Test("an equal dose passes everywhere and the default engine is Monte Carlo")
    func equal() throws {
        try DoseTests.inFolder { folder in
            let arguments = try Self.arguments(factor: 1, in: folder)
            let local = try Program.run(arguments + ["--engine", "local", "--json"]).json()
            let gamma = try #require(local["gamma"] as? [String: Any])
            #expect(try number(gamma, "globalPassPercent") == 100)
            #expect(try number(gamma, "localPassPercent") == 100)
            #expect(gamma["reference"] as? String == "recomputed")
            let transported = try Program.run(arguments + ["--histories", "4000", "--json"]).json()
            #expect(transported["engine"] as? String == "montecarlo")
            #expect(try number(transported, "histories") == 4000)
        }
    }

    @Test(
        "what makes no sense is refused with a sentence",
        arguments: [
            (["--plan-dose", "/nowhere.dcm"], Int32(1), "cannot be opened"),
            (["--activity", "/nowhere.nii"], 1, "cannot be opened"),
            (["--structures", "/nowhere.dcm"], 1, "cannot be opened"),
            (["--plan-dose", "TIA"], 1, "DICOM"),
            (["--nuclide", "Y-91"], 1, "Known are"),
            (["--hours", "3"], 1, "go with a series in Bq/mL"),
            (["--difference-out", "d.txt"], 1, ".nii"),
            (["--activity", "NEGATIVE"], 1, "not negative"),
            (["--engine", "montecalro"], 2, "engine"),
            (["--injected-gbq=-1"], 2, "above 0"), (["--injected-gbq", "0"], 2, "above 0"),
            (["--hours=-1"], 2, "0 or more"),
            (["--hours", "1", "--injected-gbq", "1"], 2, "not both"),
            (["--gamma-dose-percent", "0"], 2, "--gamma-dose-percent"),
            (["--gamma-mm=-2"], 2, "--gamma-mm"),
            (["--histories", "4000"], 2, "'--histories' goes with '--engine montecarlo'"),
        ])
    func refusals(change: [String], exitCode: Int32, part: String) throws {
        try DoseTests.inFolder { folder in
            var arguments = try Self.arguments(factor: 1, in: folder)
            if !change.contains("--engine") { arguments += ["--engine", "local"] }
            let files = [
                "TIA": folder.appending(path: "tia.nii").path,
                "NEGATIVE": try TestMap { i, _, _ in i == 3 ? -1 : 1 }
                    .write("n.nii", in: folder),
            ]
            var given = change.map { files[$0] ?? $0 }
            if given[0] != "--engine", let place = arguments.firstIndex(of: given[0]) {
                arguments[place + 1] = given[1]
                given = Array(given.dropFirst(2))
            }
            let outcome = try Program.run(arguments + given)
            #expect(outcome.exitCode == exitCode, "\(outcome.errorText)")
            #expect(outcome.output.isEmpty)
            #expect(outcome.errorText.contains(part), "\(outcome.errorText)")
        }
    }

    /// Closed form: C is the energy of the electrons times the mean life; 15.87 is the convention's.
    @Test("a check prints each convention's constant over the physical one")
    func conventions() throws {
        try DoseTests.inFolder { folder in
            func told(_ nuclide: String) throws -> [String: Double] {
                let arguments =
                    try Self.arguments(factor: 1, in: folder)
                    + ["--engine", "local", "--json"]
                let place = try #require(arguments.firstIndex(of: "Y-90"))
                var named = arguments
                named[place] = nuclide
                let result = try Program.run(named).json()
                let conventions = try #require(result["conventions"] as? [String: Any])
                let data = try Program.run(["nuclide", nuclide, "--json"]).json()
                let physical =
                    try number(data, "electronKeVPerDecay") * 1.602_176_634e-7
                    * number(data, "halfLifeSeconds") / 0.693_147_180_559_945
                #expect(abs(try number(conventions, "physicalGyKgPerGBq") / physical - 1) < 1e-9)
                let rows = try #require(conventions["profiles"] as? [[String: Any]])
                return try rows.reduce(into: [:]) { ratios, row in
                    let name = try #require(row["name"] as? String)
                    ratios[name] = try number(row, "overPhysical")
                    let constant = try number(row, "doseConstantGyKgPerGBq")
                    #expect(abs(constant / physical / (ratios[name] ?? 0) - 1) < 1e-9)
                }
            }
            let yttrium = try told("Y-90")
            #expect(yttrium.count > 1 && yttrium.values.allSatisfy { abs($0 - 1) < 0.01 })
            // 15.42 in the facts, with electrons of 691.4 keV.
            let holmium = try told("Ho-166")
            #expect(holmium.values.contains { abs($0 - 15.87 / 15.42) < 0.002 })
        }
    }

    @Test("series of a data folder are checked in their frame, and refused in another")
    func series() throws {
        try DoseTests.inFolder { folder in
            let data = try Program.importPhantom(in: folder)
            // A box of soft tissue and liver in the middle of the trunk.
            var map = TestMap(originMM: [-60, 0, -80]) { i, _, _ in Float(1 + i) }
            func check(
                _ frame: String, _ image: String, _ more: [String]
            ) throws
                -> Program.Outcome
            {
                try Program.run(
                    [
                        "check", "--plan-dose", Self.rtdose(map, frame: frame, in: folder),
                        "--activity", image, "--ct", "CT low dose PET, simulated", "--data", data,
                        "--nuclide", "Y-90", "--engine", "local", "--json",
                    ] + more)
            }
            let pet = "Y-90 PET, simulated"
            let other = try check("2.25.7", pet, [])
            #expect(other.exitCode == 1 && other.errorText.contains("different frames"))
            let counts = try check("", "MAA SPECT no AC, simulated", [])
            #expect(counts.exitCode == 1 && counts.errorText.contains("'--injected-gbq'"))
            let unknown = try check("", "se-0000000000", [])
            #expect(unknown.exitCode == 1 && unknown.errorText.contains("There is no series"))
            // The header tells the hours; given ones count instead, by the law of decay.
            #expect(try number(check("", pet, []).json(), "decays") > 0)
            let decays = try ["0", "24"].map {
                try number(check("", pet, ["--hours", $0]).json(), "decays")
            }
            let halfLife = try number(
                Program.run(["nuclide", "Y-90", "--json"]).json(), "halfLifeSeconds")
            // Single precision of voxels.
            #expect(abs(decays[1] / decays[0] / exp2(86_400 / halfLife) - 1) < 1e-6)
            map.values = map.values.map { _ in 0 }
            let empty = try check("", pet, [])
            #expect(empty.exitCode == 1 && empty.errorText.contains("0 in every voxel"))
        }
    }
}
