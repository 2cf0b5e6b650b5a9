import Dosimetry
import Imaging
import Physics
import Testing
import Transport

/// Voxel kernels against Monte Carlo in the same homogeneous medium.
@Suite("Kernels and Monte Carlo")
struct KernelTransportTests {
    /// The gate of the issue: 1 %, plus twice the statistics of a short run.
    @Test(
        "agree in water within 1 %, from the source to the photon tail",
        arguments: [Nuclide.y90, .lu177, .i131])
    func homogeneous(nuclide: Nuclide) async throws {
        // 45 cm, so that the photons that vacuum outside does not return are few.
        let grid = try VolumeGeometry(shape: [75, 75, 75], spacingMM: [6, 6, 6])
        var decays = Volume<Float>(repeating: 0, geometry: grid)
        for k in 36 ... 38 { for j in 36 ... 38 { for i in 36 ... 38 { decays[i, j, k] = 1e9 } } }
        // Shells by distance from the middle: the source, its edge, 2, 4 and 8 cm.
        var labels = Volume<UInt16>(repeating: 0, geometry: grid)
        let edges = [9.0, 16, 24, 36, 60, 90]
        for k in 0 ..< 75 {
            for j in 0 ..< 75 {
                for i in 0 ..< 75 {
                    let r = 6 * Vector3(Double(i - 37), Double(j - 37), Double(k - 37)).length
                    labels[i, j, k] = UInt16((edges.firstIndex { r < $0 } ?? -1) + 1)
                }
            }
        }
        // Y-90 radiates seldom: forty times the decays bring its far shells to a sigma of 0.5 %.
        let histories = nuclide == .y90 ? 16_000_000 : 400_000
        let transported = try MonteCarloEngine(
            phantom: VoxelPhantom(
                uniform: Medium.named("water"), gramsPerML: 1, geometry: grid),
            spectrum: EmissionSpectrum(DecayData(nuclide))
        ).run(decays: decays, until: .histories(histories), seed: 3, threads: 2, labels: labels)
        var concentration = decays
        concentration.updateSlices { _, slice in
            for n in slice.indices { slice[n] /= 0.216 }
        }
        let dose = try await VoxelKernelEngine(kernels: .inWater(nuclide)).dose(
            decays: TimeIntegratedActivityMap(decaysPerML: concentration),
            density: DensityMap(uniform: 1, geometry: grid)
        ).grays
        for label in 1 ... edges.count {
            let found = try #require(transported.labels.first { $0.label == label })
            var (sum, count) = (0.0, 0.0)
            labels.withVoxels { labels in
                dose.withVoxels { dose in
                    for n in dose.indices where labels[n] == UInt16(label) {
                        sum += Double(dose[n])
                        count += 1
                    }
                }
            }
            let error = sum / count / found.meanGy - 1
            print(
                "\(nuclide.rawValue) shell \(label): \(100 * error) %,",
                "sigma \(100 * found.relativeUncertainty) %")
            #expect(
                abs(error) < 0.01 + 2 * found.relativeUncertainty, "shell \(label): \(error)")
        }
    }
}
