import Foundation
import Testing

/// `grevy dose --dose-to-water`.
@Suite("Doses to water")
struct DoseToWaterTests {
    /// Half of the grid water, half the given medium, with activity in all of it.
    private static func arguments(_ medium: Int, in folder: URL) throws -> [String] {
        func isWater(_ i: Int) -> Bool { i < 4 }
        return [
            "--tia",
            try TestMap { i, j, k in Float(1e6 * Double(1 + i + j + k)) }
                .write("t.nii", in: folder),
            "--density", try TestMap { i, _, _ in isWater(i) ? 1 : 1.5 }.write("d.nii", in: folder),
            "--medium",
            try TestMap { i, _, _ in isWater(i) ? 7 : Float(medium) }
                .write("m.nii", in: folder),
            "--labels", try TestMap { i, _, _ in isWater(i) ? 1 : 2 }.write("l.nii", in: folder),
        ]
    }

    /// Bone: between 1.10 and 1.17, as its stopping powers are 10 % below water's at 1 MeV and 14 %
    /// at 10 keV (ICRU 37).
    @Test(
        "water keeps its bytes, bone gets one ratio, and the result names what it is",
        arguments: [["local"], ["kernel"], ["montecarlo", "--histories", "4000"]])
    func bone(engine: [String]) throws {
        try DoseTests.inFolder { folder in
            let arguments = try Self.arguments(5, in: folder) + engine.dropFirst()
            func run(_ out: String, _ more: [String]) throws -> [String: Any] {
                try DoseTests.dose(
                    arguments + more, engine: engine[0], out: out, in: folder)
            }
            let medium = try run("medium.nii", [])
            let water = try run("water.nii", ["--dose-to-water"])
            #expect(medium["doseTo"] as? String == "medium")
            #expect(water["doseTo"] as? String == "water")
            #expect(try number(water, "depositedJ") == number(medium, "depositedJ"))
            let before = try TestMap.voxels(folder.appending(path: "medium.nii"))
            let after = try TestMap.voxels(folder.appending(path: "water.nii"))
            let ratios = before.indices.filter { $0 % 8 >= 4 && before[$0] > 0 }
                .map { Double(after[$0]) / Double(before[$0]) }
            #expect(before.indices.allSatisfy { $0 % 8 >= 4 || after[$0] == before[$0] })
            let ratio = try #require(ratios.first)
            #expect((1.10 ... 1.17).contains(ratio))
            // Single precision of two doses.
            #expect(ratios.count == 256 && ratios.allSatisfy { abs($0 / ratio - 1) < 3e-7 })
            func rows(_ result: [String: Any]) throws -> [[String: Any]] {
                try #require(result["labels"] as? [[String: Any]])
            }
            for (old, new) in zip(try rows(medium), try rows(water)) {
                let expected = old["label"] as? Int == 2 ? ratio : 1
                #expect(
                    abs(try number(new, "meanGy") / number(old, "meanGy") / expected - 1) < 1e-6)
                #expect(
                    try number(new, "relativeUncertainty") == number(old, "relativeUncertainty"))
                #expect(try number(new, "massKg") == number(old, "massKg"))
            }
            let findings = try #require(water["findings"] as? [[String: Any]])
            let told = try #require(findings.first { $0["code"] as? String == "dose.to-water" })
            #expect((told["sentence"] as? String)?.contains("water 1.0000") == true)
        }
    }
}
