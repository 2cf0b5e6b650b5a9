import Foundation
import Testing

/// `grevy materials`, `sphere` and `kernel` as a user runs them.
@Suite("Engine verbs")
struct EngineTests {
    private func document(_ arguments: [String]) throws -> [String: Any] {
        let outcome = try Program.run(arguments + ["--json"])
        try #require(outcome.exitCode == 0, "\(outcome.errorText)")
        #expect(outcome.errorText.isEmpty)
        return try outcome.json()
    }

    @Test("the media of the reference phantom have its indices, and each says its source")
    func materials() throws {
        let rows = try #require(try document(["materials"])["materials"] as? [[String: Any]])
        #expect(rows.compactMap { $0["index"] as? Int } == Array(rows.indices))
        #expect(
            rows.prefix(8).compactMap { $0["name"] as? String } == [
                "air", "lung", "soft-tissue", "liver", "spongy-bone", "cortical-bone", "adipose",
                "water",
            ])
        #expect(rows.allSatisfy { ($0["source"] as? String)?.isEmpty == false })
        // ICRU 90.
        #expect(try number(rows[7], "meanExcitationEnergyEV") == 78)
    }

    /// Published case: EGSnrc, 1.0297e-10 Gy per decay with 0.085 %; 1 % is the gate of the issue.
    @Test("a sphere of 1 g gets EGSnrc's dose of Y-90")
    func sphere() throws {
        let result = try document([
            "sphere", "--nuclide", "Y-90", "--material", "water-icru37", "--mass-g", "1",
            "--histories", "40001",
        ])
        #expect(abs(try number(result, "sGyPerDecay") / 1.0297e-10 - 1) < 0.01)
        let sigma = try number(result, "relativeUncertainty")
        #expect(sigma > 0 && sigma < 0.005)
        #expect(try number(result, "histories") == 40040, "a multiple of 40 batches")
        // Nearly all of the energy is of betas: 642.7 of 933 keV per decay.
        #expect(abs(try number(result, "electronFraction") / (642.7 / 933.0) - 1) < 0.01)
    }

    /// Closed form: what is absorbed is of positrons but for photons without scatter on their way,
    /// a mean chord of 3/4 R at 0.033 cm²/g (NIST, energy absorption of water at 511 keV).
    @Test("the electron fraction of a positron emitter is of kinetic energy", arguments: [1.0, 10])
    func positrons(massG: Double) throws {
        let decay = try document(["nuclide", "Ga-68"])
        let result = try document([
            "sphere", "--nuclide", "Ga-68", "--mass-g", "\(massG)", "--histories", "100000",
        ])
        let electrons = try number(decay, "electronKeVPerDecay")
        let absorbed = try number(result, "sGyPerDecay") * massG * 1e-3 / 1.602_176_634e-16
        let chordCM = try 0.075 * number(result, "radiusMM")
        let photons = try number(decay, "photonKeVPerDecay") * 0.033 * chordCM
        let expected = (absorbed - photons) / electrons
        // Scattered photons, and electrons of photons that leave: a quarter of the photons' part.
        let allowed = 0.25 * photons / electrons + 0.003
        #expect(abs(try number(result, "electronFraction") - expected) < allowed)
    }

    /// Published case: EGSnrc with 0.07 and 0.06 %; 1 % and 2 % are gates of the issue, and 0.5 %
    /// of the second is left to the statistics of this run.
    @Test("a voxel of 3 mm and its neighbour get EGSnrc's dose of Y-90")
    func kernel() throws {
        let arguments = [
            "kernel", "--nuclide", "y-90", "--material", "water-icru37", "--voxel-mm", "3", "3",
            "3", "--radius", "2", "--histories", "200000",
        ]
        let result = try document(arguments)
        let values = try #require(result["values"] as? [[String: Any]])
        #expect(values.count == 27)
        func value(_ i: Int, _ j: Int, _ k: Int) throws -> Double {
            let row = try #require(
                values.first {
                    $0["i"] as? Int == i && $0["j"] as? Int == j && $0["k"] as? Int == k
                })
            #expect(try number(row, "relativeUncertainty") > 0)
            return try number(row, "sGyPerDecay")
        }
        #expect(abs(try value(0, 0, 0) / 1.59679e-9 - 1) < 0.01)
        #expect(abs(try value(1, 0, 0) / 2.8067e-10 - 1) < 0.015)
        // The quadrature of the kernel is good to 0.1 %.
        #expect(abs(try value(0, 0, 1) / value(0, 1, 0) - 1) < 0.002)
        let again = try Program.run(arguments + ["--json", "--threads", "1"])
        #expect(try Program.run(arguments + ["--json"]).output == again.output)
    }

    @Test(
        "what cannot be computed is refused with a sentence",
        arguments: [
            (["sphere", "--nuclide", "P-32", "--mass-g", "1"], Int32(1), "Known are Y-90"),
            (["sphere", "--nuclide", "Y-90", "--material", "jam", "--mass-g", "1"], 1, "water"),
            (["sphere", "--nuclide", "Y-90", "--mass-g", "0"], 1, "above 0"),
            (["sphere", "--nuclide", "Y-90", "--mass-g", "nan"], 1, "above 0"),
            (["sphere", "--nuclide", "Y-90", "--mass-g", "1e9"], 1, "radius"),
            (["sphere", "--nuclide", "Y-90"], 2, "--mass-g"),
            (["sphere", "--nuclide", "Y-90", "--mass-g", "1", "--histories", "0"], 2, "histories"),
            (["kernel", "--nuclide", "Y-90", "--voxel-mm", "3", "3"], 2, "three numbers"),
            (["kernel", "--nuclide", "Y-90", "--voxel-mm", "3", "0", "3"], 1, "three sides"),
            (
                ["kernel", "--nuclide", "Y-90", "--voxel-mm", "90", "90", "90"], 1,
                "farthest corner"
            ),
        ])
    func refusals(arguments: [String], exitCode: Int32, part: String) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.exitCode == exitCode)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorText.contains(part), "\(outcome.errorText)")
    }
}
