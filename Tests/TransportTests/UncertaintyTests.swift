import Imaging
import Physics
import Testing
import Transport

@Suite("Stated uncertainty")
struct UncertaintyTests {
    /// Law: over 20 seeds the doses scatter as much as each run says.
    ///
    /// Tolerances: with 20 seeds the scatter of one voxel is known to 16 %, so a voxel is held to
    /// a factor of two only; the mean over 200 voxels, which share histories with their
    /// neighbours, to 6 %.
    @Test("Doses of 20 seeds scatter as the sigma map says")
    func twentySeeds() throws {
        let geometry = try VolumeGeometry(
            shape: Vector3(9, 8, 6), spacingMM: Vector3(4, 4, 4))
        let phantom = try VoxelPhantom(
            uniform: Medium.named("water"), gramsPerML: 1, geometry: geometry)
        let decays = Volume<Float>(repeating: 1, geometry: geometry)
        let engine = try MonteCarloEngine(
            phantom: phantom, spectrum: EmissionSpectrum(DecayData(.y90)))
        let count = geometry.count
        var sums = [Double](repeating: 0, count: count)
        var squares = sums
        var stated = sums
        let seeds = 20
        for seed in 1 ... seeds {
            let result = try engine.run(
                decays: decays, until: .histories(20_000), seed: UInt64(seed) &* 7_919)
            for index in 0 ..< count {
                let dose = Double(result.dose.grays.withVoxels { $0[index] })
                let sigma = dose * Double(result.relativeUncertainty.withVoxels { $0[index] })
                sums[index] += dose
                squares[index] += dose * dose
                stated[index] += sigma * sigma
            }
        }
        let n = Double(seeds)
        let ratios = (0 ..< count).map { index in
            let mean = sums[index] / n
            let scatter = (squares[index] / n - mean * mean) * n / (n - 1)
            return scatter / (stated[index] / n)
        }
        // Variances, so that the mean has no bias.
        let mean = ratios.reduce(0, +) / Double(count)
        #expect(abs(mean - 1) < 0.12, "mean ratio of variances \(mean)")
        #expect(ratios.allSatisfy { $0 > 0.1 && $0 < 4 })
    }
}
