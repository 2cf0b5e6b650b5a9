import Foundation
import Imaging
import Physics
import Quantities
import Testing
import Workflows
import _TestSupport

/// `grevy dose --labels` where a label holds gas.
@Suite("Gas in labels")
struct GasDoseTests {
    /// Half of label 1 is gas, label 2 is gas alone; activity is even.
    private func run(
        _ engine: DoseRun.Engine, countsGas: Bool
    ) async throws -> (report: DoseReport, dose: Volume<Float>, decays: Double) {
        let grid = try VolumeGeometry(shape: [12, 8, 8], spacingMM: [4, 4, 4])
        let decays: Float = 1e9
        var (density, medium, labels) = (
            Volume<Float>(repeating: 1, geometry: grid),
            Volume<Float>(repeating: 2, geometry: grid), Volume<Float>(repeating: 1, geometry: grid)
        )
        for k in 0 ..< 8 {
            for j in 0 ..< 8 {
                for i in 5 ..< 12 {
                    (density[i, j, k], medium[i, j, k]) = (0.0012, 0)
                    if i >= 10 { labels[i, j, k] = 2 }
                }
            }
        }
        let result = try await DoseMaps(
            decays: Volume(repeating: decays, geometry: grid), density: density, medium: medium,
            labels: labels
        ).run(nuclide: "Y-90", engine: engine, histories: 4000, countsGas: countsGas)
        return (result.report, result.dose, Double(decays))
    }

    /// Closed form: energy per decay, over the mass of a voxel or over that of tissue and gas.
    @Test("Local deposition: the mean is that of the tissue, and of both when asked")
    func local() async throws {
        let decay = try DecayData(.y90)
        let joules = decay.electronKeVPerDecay * 1.602_176_634e-16
        let (left, _, decays) = try await run(.local, countsGas: false)
        let labels = try #require(left.labels)
        #expect(abs(labels[0].meanGy / (decays * joules / 0.064e-3) - 1) < 1e-5)
        #expect(abs(labels[0].massKg / (5 * 64 * 0.064e-3) - 1) < 1e-6)
        #expect(labels[1].label == 2 && labels[1].meanGy == 0 && labels[1].massKg == 0)
        let findings = left.findings.filter { $0.code == "dose.gas-left-out" }
        #expect(findings.map(\.subject) == ["label 1", "label 2"])
        let (both, _, _) = try await run(.local, countsGas: true)
        let all = try #require(both.labels)
        #expect(
            abs(all[0].meanGy / (decays * joules * 2 / (1.0012 * 0.064e-3)) - 1) < 1e-5)
        #expect(all[1].meanGy > 500 * labels[0].meanGy)
        #expect(!both.findings.contains { $0.code == "dose.gas-left-out" })
    }

    @Test("Monte Carlo: the mean is that of the map over the tissue")
    func monteCarlo() async throws {
        let (report, dose, _) = try await run(.montecarlo, countsGas: false)
        var sum = 0.0
        for k in 0 ..< 8 {
            for j in 0 ..< 8 { for i in 0 ..< 5 { sum += Double(dose[i, j, k]) } }
        }
        let label = try #require(report.labels?.first)
        // One density, so the mean over mass is that over voxels; `Float` in the file.
        #expect(abs(label.meanGy / (sum / 320) - 1) < 1e-6)
        #expect(label.relativeUncertainty > 0)
    }
}
