import Dosimetry
import Imaging
import Physics
import Quantities
import Testing

/// Printed doses: vectors T6 and T20 of dose-engine.md.
@Suite("Dose vectors")
struct DoseVectorTests {
    /// T6, 0.1 %.
    @Test("1 MBq s of Y-90 in 1 g leaves 0.1495 mGy when all stays")
    func local() async throws {
        let grid = try VolumeGeometry(shape: [2, 2, 2], spacingMM: [5, 5, 5])
        let dose = try await LocalDepositionEngine(physical: DecayData(.y90)).dose(
            decays: TimeIntegratedActivityMap(
                decaysPerML: Volume(repeating: 1e6, geometry: grid)),
            density: DensityMap(uniform: 1, geometry: grid))
        #expect(abs(Double(dose.grays[1, 0, 1]) / 0.1495e-3 - 1) < 1e-3)
    }

    /// T20, 0.1 %.
    @Test("50 Gy of Y-90 with repair in 1.5 h are a BED of 72.89 Gy")
    func biologicallyEffective() throws {
        let model = try BEDModel(
            alphaBetaGy: 2.5, repairHalfTime: TimeSpan(hours: 1.5),
            effectiveHalfLife: TimeSpan(hours: 64.04))
        #expect(abs(model.bedGy(doseGy: 50) / 72.89 - 1) < 1e-3)
    }
}
