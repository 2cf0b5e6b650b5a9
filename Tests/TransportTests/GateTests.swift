import Testing
import _Gates
import _TestSupport

/// Published cases and laws: the comparisons of `./run validate`, with fewer decays.
///
/// Their bounds hold the statistics of this length too.
@Suite("Gates of the Monte Carlo engine")
struct GateTests {
    private func expectMet(_ name: String, scale: Double) throws {
        let (_, run) = try #require(Gate.all.first { $0.0 == name })
        let gate = try run(GateSetup(["scale=\(scale)", "seed=20"]))
        #expect(gate.notRun == nil)
        #expect(!gate.rows.isEmpty)
        for row in gate.rows {
            #expect(row.isMet, "\(row.quantity): \(row.difference), allowed \(row.allowed)")
        }
    }

    @Test("Spectra and Fano's theorem", arguments: [("spectra", 1.0), ("fano", 0.05)])
    func laws(name: String, scale: Double) throws { try expectMet(name, scale: scale) }

    @Test(
        "EGSnrc's voxels, spheres, water-lung plane and phantom",
        .enabled(if: EGSnrcReference.folder != nil),
        arguments: [("voxel", 0.07), ("sphere", 0.1), ("interface", 0.1), ("phantom", 0.2)])
    func reference(name: String, scale: Double) throws { try expectMet(name, scale: scale) }

    @Test("GATE's patient", .enabled(if: ReferenceFiles.testdata != nil))
    func patient() throws { try expectMet("patient", scale: 0.2) }
}
