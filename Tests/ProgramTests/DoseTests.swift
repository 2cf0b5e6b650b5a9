import Foundation
import Testing
import _TestSupport

/// `grevy dose` from maps of activity, density and medium.
@Suite("Doses from maps")
struct DoseTests {
    /// Runs `grevy dose` on files of a fresh folder, which is removed.
    static func inFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
        let folder = try ReferenceFiles.scratch("dose")
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    static func dose(
        _ arguments: [String], engine: String = "local", out: String = "dose.nii", in folder: URL
    ) throws -> [String: Any] {
        let outcome = try Program.run(
            ["dose"] + arguments + [
                "--nuclide", "Y-90", "--engine", engine, "--out",
                folder.appending(path: out).path, "--json",
            ])
        try #require(outcome.exitCode == 0, "\(outcome.errorText)")
        return try outcome.json()
    }

    static func electronJoules(_ nuclide: String) throws -> Double {
        let data = try Program.run(["nuclide", nuclide, "--json"]).json()
        return try number(data, "electronKeVPerDecay") * 1.602_176_634e-16
    }

    /// Activity in the middle of 4 x 4 x 2 mm voxels; lung below soft tissue.
    private static let tia = TestMap(shape: [9, 8, 10], spacingMM: [4, 4, 2]) { i, j, k in
        (3 ..< 6).contains(i) && (2 ..< 6).contains(j) && (3 ..< 7).contains(k)
            ? Float(1000 * (1 + i + j * k)) : 0
    }
    private static let density = TestMap(shape: [9, 8, 10], spacingMM: [4, 4, 2]) { _, _, k in
        k < 4 ? 0.26 : 1.04
    }
    private static let medium = TestMap(shape: [9, 8, 10], spacingMM: [4, 4, 2]) { _, _, k in
        k < 4 ? 1 : 2
    }

    private static func maps(_ ending: String, in folder: URL) throws -> [String] {
        [
            "--tia", try tia.write("tia.\(ending)", in: folder), "--density",
            try density.write("density.\(ending)", in: folder), "--medium",
            try medium.write("medium.\(ending)", in: folder),
        ]
    }

    @Test(
        "NIfTI, NRRD and detached NRRD files give the same doses, bit for bit",
        arguments: [["--engine", "local"], ["--engine", "montecarlo", "--histories", "4000"]])
    func formats(engine: [String]) throws {
        try Self.inFolder { folder in
            var written: [Data] = []
            for ending in ["nii", "nrrd", "nhdr"] {
                let out = folder.appending(path: "dose-\(ending).nii")
                let outcome = try Program.run(
                    ["dose"] + Self.maps(ending, in: folder) + engine + [
                        "--nuclide", "Lu-177", "--out", out.path, "--json",
                    ])
                try #require(outcome.exitCode == 0, "\(outcome.errorText)")
                let file = try Data(contentsOf: out)
                #expect(file.count == 352 + 4 * 720)
                // The header has 0 or -0 beside the diagonal, as RAS is turned to LPS or not.
                written.append(Data(file.dropFirst(352)))
            }
            #expect(written[1] == written[0] && written[2] == written[0])
        }
    }

    @Test("Monte Carlo keeps every joule, and one thread gives the bytes of two")
    func balance() throws {
        try Self.inFolder { folder in
            let maps = try Self.maps("nii", in: folder)
            let uncertainty = folder.appending(path: "u.nii").path
            func run(_ threads: String, _ out: String) throws -> [String: Any] {
                try Self.dose(
                    maps + [
                        "--threads", threads, "--histories", "20000", "--uncertainty-out",
                        uncertainty,
                    ], engine: "montecarlo", out: out, in: folder)
            }
            let result = try run("2", "two.nii")
            let emitted = try number(result, "emittedJ")
            let kept = try number(result, "depositedJ") + number(result, "escapedJ")
            #expect(emitted > 0 && abs(kept / emitted - 1) < 1e-9)
            #expect(try number(result, "histories") == 20000)
            let relative = try TestMap.voxels(URL(filePath: uncertainty))
            #expect(relative.contains { $0 > 0 } && relative.allSatisfy { $0 >= 0 && $0.isFinite })
            let again = try run("1", "one.nii")
            #expect(try number(again, "emittedJ") == emitted)
            func file(_ name: String) throws -> Data {
                try Data(contentsOf: folder.appending(path: name))
            }
            #expect(try file("one.nii") == file("two.nii"))
        }
    }

    /// Closed form: energy per mass.
    ///
    /// Of Y-90's beta energy 0.29 % is absorbed more than 5 cm away
    /// in water (PENELOPE), which is as far as the edge is.
    @Test("uniform activity in a big box of water gives energy per mass")
    func uniform() throws {
        try Self.inFolder { folder in
            let shape = [24, 24, 24]
            let inner = 8 ..< 16
            let arguments = [
                "--tia", try TestMap(shape: shape) { _, _, _ in 1e6 }.write("t.nii", in: folder),
                "--density", try TestMap(shape: shape) { _, _, _ in 1 }.write("d.nii", in: folder),
                "--medium", try TestMap(shape: shape) { _, _, _ in 7 }.write("m.nii", in: folder),
                "--labels",
                try TestMap(shape: shape) {
                    inner.contains($0) && inner.contains($1) && inner.contains($2) ? 1 : 0
                }.write("l.nii", in: folder),
            ]
            func label(_ result: [String: Any]) throws -> [String: Any] {
                let rows = try #require(result["labels"] as? [[String: Any]])
                return try #require(rows.first { $0["label"] as? Int == 1 })
            }
            let kg = 64e-6
            let expected = try 1e6 * Self.electronJoules("Y-90") / kg
            let local = try label(Self.dose(arguments, in: folder))
            // Single precision of the map.
            #expect(abs(try number(local, "meanGy") / expected - 1) < 1e-6)
            #expect(abs(try number(local, "massKg") / (512 * kg) - 1) < 1e-9)
            let followed = try label(
                Self.dose(
                    arguments + ["--histories", "400000"], engine: "montecarlo", in: folder))
            let sigma = try number(followed, "relativeUncertainty")
            #expect(sigma > 0 && sigma < 0.01)
            // 0.1 % for the integral of the escaping share, which the source gives to that.
            let ratio = try number(followed, "meanGy") / (expected * (1 - 0.0029))
            #expect(abs(ratio - 1) < 3 * sigma + 0.001)
        }
    }

    /// What a command changes of a good run, and what it must be told.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let what: String
        let exitCode: Int32
        let sentence: String
        let testDescription: String

        init(_ what: String, _ sentence: String, exitCode: Int32 = 1) {
            (self.what, self.exitCode, self.sentence) = (what, exitCode, sentence)
            testDescription = what
        }
    }

    @Test(
        "what makes no sense is refused with a sentence, and nothing is written",
        arguments: [
            Refusal("tia missing.nii", "cannot be opened"),
            Refusal("density other-grid.nii", "lie on different grids"),
            Refusal("labels other-grid.nii", "lie on different grids"),
            Refusal("tia nan.nii", "must be finite and not negative"),
            Refusal("density negative.nii", "must be finite and not negative"),
            Refusal("density medium-99.nii", "must be in g/mL, at most 25"),
            Refusal("density zeros.nii", "its density is 0"),
            Refusal("tia zeros.nii", "0 in every voxel"),
            Refusal("medium medium-99.nii", "`grevy materials` lists them"),
            Refusal("medium half.nii", "must be a whole number"),
            Refusal("labels half.nii", "must be a whole number"),
            Refusal("tia text.nii", "neither a NIfTI-1 nor an NRRD file"),
            Refusal("out tia.nii", "named twice"),
            Refusal("out dose.nrrd", "must end in .nii"),
            Refusal("out nowhere/dose.nii", "is not there"),
            Refusal("uncertainty-out dose.nii", "named twice"),
            Refusal("checkpoint dose.nii", "named twice"),
            Refusal("nuclide P-32", "Known are Y-90"),
            Refusal("ct tia.nii", "either '--ct' or both", exitCode: 2),
            Refusal("medium ", "either '--ct' or both", exitCode: 2),
            Refusal("density ", "either '--ct' or both", exitCode: 2),
            Refusal("ct-curve curve.csv", "goes with '--ct'", exitCode: 2),
            Refusal("data nowhere", "not a Grevy data folder"),
            Refusal("hours 3", "go with a series in Bq/mL"),
            Refusal("injected-gbq 0", "above 0", exitCode: 2),
            Refusal("grid-mm 30", "from 0.5 to 20", exitCode: 2),
            Refusal("grid-mm 3", "lie on different grids"),
            Refusal("checkpoint-seconds 0", "from 0.01", exitCode: 2),
            Refusal("override 1=liver", "needs '--labels'", exitCode: 2),
            Refusal("engine guess", "guess", exitCode: 2),
        ])
    func refusals(_ refusal: Refusal) throws {
        try Self.inFolder { folder in
            func path(_ name: String) -> String { folder.appending(path: name).path }
            var options = [
                "--tia": path("tia.nii"), "--density": path("density.nii"),
                "--medium": path("medium.nii"), "--nuclide": "Y-90", "--engine": "local",
                "--out": path("dose.nii"),
            ]
            _ = try Self.maps("nii", in: folder)
            try Self.odd.write("nan.nii", in: folder)
            for (name, value) in [
                ("negative", -1), ("zeros", 0), ("medium-99", 99), ("half", Float(0.5)),
            ] {
                var map = Self.density
                map.values = map.values.map { _ in value }
                try map.write("\(name).nii", in: folder)
            }
            var moved = Self.density
            moved.originMM[0] = 1
            try moved.write("other-grid.nii", in: folder)
            try Data("no image".utf8).write(to: URL(filePath: path("text.nii")))
            let words = refusal.what.split(separator: " ", omittingEmptySubsequences: false)
            if ["uncertainty-out", "checkpoint"].contains(words[0]) {
                options["--engine"] = "montecarlo"
            }
            let isPath = words[1].contains(".")
            options["--\(words[0])"] =
                words[1].isEmpty ? nil : isPath ? path(String(words[1])) : String(words[1])
            let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            let outcome = try Program.run(
                ["dose", "--json"] + options.sorted { $0.key < $1.key }.flatMap { [$0, $1] })
            #expect(outcome.exitCode == refusal.exitCode)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errorText.contains(refusal.sentence), "\(outcome.errorText)")
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before)
        }
    }

    @Test(
        "an engine that simulates nothing refuses what only a simulation keeps, and names it",
        arguments: ["local", "kernel"])
    func otherEngines(engine: String) throws {
        try Self.inFolder { folder in
            let notes = folder.appending(path: "notes.txt")
            try Data("mine".utf8).write(to: notes)
            let maps = try Self.maps("nii", in: folder)
            let out = folder.appending(path: "dose.nii").path
            func run(_ more: [String]) throws -> Program.Outcome {
                try Program.run(
                    ["dose"] + maps + ["--nuclide", "Y-90", "--engine", engine, "--out", out]
                        + more)
            }
            for (more, names) in [
                (["--histories", "100"], ["'--histories' goes"]),
                (["--uncertainty", "0.01"], ["'--uncertainty' goes"]),
                (["--seconds", "1"], ["'--seconds' goes"]),
                (["--uncertainty-out", "u.nii"], ["'--uncertainty-out' goes"]),
                (
                    ["--checkpoint", notes.path, "--checkpoint-seconds", "5"],
                    ["'--checkpoint', '--checkpoint-seconds' go"]
                ),
            ] {
                let outcome = try run(more)
                #expect(outcome.exitCode == 2)
                for name in names + ["'--engine montecarlo'", "'\(engine)'"] {
                    #expect(outcome.errorText.contains(name), "\(outcome.errorText)")
                }
            }
            #expect(try Data(contentsOf: notes) == Data("mine".utf8))
            #expect(!FileManager.default.fileExists(atPath: out))
            // Whatever they are, the result is the same.
            let plain = try run([])
            let file = try Data(contentsOf: URL(filePath: out))
            let seeded = try run(["--seed", "7", "--threads", "1"])
            #expect(plain.exitCode == 0 && seeded.exitCode == 0, "\(seeded.errorText)")
            #expect(try Data(contentsOf: URL(filePath: out)) == file)
        }
    }

    private static let odd: TestMap = {
        var map = tia
        map.values[7] = .nan
        return map
    }()
}
