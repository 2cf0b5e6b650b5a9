import Foundation
import Physics
import Testing
import _TestSupport

@Suite("Density curve")
struct HounsfieldDensityCurveTests {
    @Test("the generic curve passes through its points and is linear between")
    func generic() throws {
        let curve = try HounsfieldDensityCurve.generic
        #expect(curve.gramsPerML(hounsfieldUnits: -1000) == 0.00121)
        #expect(curve.gramsPerML(hounsfieldUnits: 14) == 1.03)
        #expect(abs(curve.gramsPerML(hounsfieldUnits: 18.5) - 1.0305) < 1e-12)
        #expect(curve.gramsPerML(hounsfieldUnits: -5000) == 0.00121)
        #expect(curve.gramsPerML(hounsfieldUnits: 9000) == 2.8)
        #expect(curve.gramsPerML(hounsfieldUnits: .nan).isNaN)
    }

    @Test("steps hold from their lower end to below their upper end, in a file with CRLF")
    func steps() throws {
        let curve = try HounsfieldDensityCurve(
            csv: """
                # scanner 2\r
                material,hu_low_inclusive,hu_high_exclusive,density_g_per_cm3\r
                Air,-1050,-950,0.00121\r
                Lung,-950,-120,0.3\r
                Soft,-120,200,1.03\r

                """, name: "site", source: "test", date: "2026")
        #expect(curve.gramsPerML(hounsfieldUnits: -950) == 0.3)
        #expect(curve.gramsPerML(hounsfieldUnits: -950.001) == 0.00121)
        #expect(curve.gramsPerML(hounsfieldUnits: -120) == 1.03)
        #expect(curve.gramsPerML(hounsfieldUnits: 5000) == 1.03)
        #expect(curve.gramsPerML(hounsfieldUnits: -5000) == 0.00121)
        #expect(curve.rangeHU == -1050 ... 200)
    }

    @Test("points in a file are linear between")
    func points() throws {
        let curve = try HounsfieldDensityCurve(
            csv: "hu,densityGPerML\n-1000,0.001\n0,1.0\n1000,1.6\n", name: "site", source: "test",
            date: "2026")
        #expect(abs(curve.gramsPerML(hounsfieldUnits: 500) - 1.3) < 1e-12)
    }

    @Test(
        "a table that cannot be right is refused",
        arguments: [
            "", "hu,density\n0,1\n1,2\n", "hu,densityGPerML\n0,1\n", "hu,densityGPerML\n0,1\n0,2\n",
            "hu,densityGPerML\n0,1\n10,0\n", "hu,densityGPerML\n0,1\n10,x\n",
            "hu,densityGPerML\n0,1\n10,1,1\n", "hu,densityGPerML\n0,1\nnan,2\n",
            "material,hu_low_inclusive,hu_high_exclusive,density_g_per_cm3\nA,0,10,1\nB,20,30,1\n",
            "material,hu_low_inclusive,hu_high_exclusive,density_g_per_cm3\nA,10,0,1\n",
            "material,hu_low_inclusive,hu_high_exclusive,density_g_per_cm3\n",
        ])
    func refused(csv: String) {
        #expect(throws: PhysicsError.self) {
            try HounsfieldDensityCurve(csv: csv, name: "site", source: "test", date: "")
        }
    }

    @Test(
        "the generic curve agrees with the material table of another Monte Carlo program",
        .enabled(if: ReferenceFiles.testdata != nil))
    func penred() throws {
        let file = try #require(ReferenceFiles.testdata).appending(
            path: "penred-y90/hu-density.csv")
        let table = try HounsfieldDensityCurve(
            csv: String(contentsOf: file, encoding: .utf8), name: "penred", source: "PenRed",
            date: "")
        let generic = try HounsfieldDensityCurve.generic
        // Same source sampled once per range: within half a range's rise, 0.05 g/mL in lung.
        for hu in stride(from: -900.0, through: 1500, by: 25) {
            let difference =
                table.gramsPerML(hounsfieldUnits: hu) - generic.gramsPerML(hounsfieldUnits: hu)
            #expect(abs(difference) < 0.055, "\(hu) HU")
        }
    }
}
