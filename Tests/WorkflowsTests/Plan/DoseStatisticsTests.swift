import Dosimetry
import Imaging
import Physics
import Quantities
import Testing
import Transport
import Workflows

/// Statistical sigma of a structure's mean, with and without a label of its own.
@Suite("Dose statistics")
struct DoseStatisticsTests {
    private static var grid: VolumeGeometry {
        get throws { try VolumeGeometry(shape: [10, 10, 10], spacingMM: [4, 4, 4]) }
    }

    /// Eight voxels in the middle, of which the region holds two fifths each.
    private static func small() throws -> RegionMask {
        try RegionMask(
            geometry: grid, box: IndexBox(lower: [4, 4, 4], upper: [6, 6, 6]),
            coverage: [Float](repeating: 0.4, count: 8))
    }

    /// Closed form: the label's sigma where a region is the label; √8 times s D/8 of eight equal
    /// voxels where it is a corner of one.
    @Test("a region has the sigma of the labels it holds, else that of its voxels")
    func closedForm() throws {
        let grid = try Self.grid
        let statistics = DoseStatistics(
            labels: Volume(repeating: 1, geometry: grid), labelSigma: [1: 0.001],
            voxelSigma: Volume(repeating: 0.08, geometry: grid), histories: 1)
        let dose = Volume<Float>(repeating: 50, geometry: grid)
        let density = try DensityMap(uniform: 1, geometry: grid)
        func sigma(_ region: RegionMask) -> Double {
            statistics.sigma(of: region, dose: dose, density: density)
        }
        let whole = try RegionMask(
            geometry: grid, box: IndexBox(lower: .zero, upper: [10, 10, 10]),
            coverage: [Float](repeating: 1, count: 1000))
        #expect(abs(sigma(whole) / 0.05 - 1) < 1e-9)
        // Single precision of the voxels' sigma.
        #expect(abs(try sigma(Self.small()) / (0.08 * 50 / 8.0.squareRoot()) - 1) < 1e-6)
        #expect(sigma(RegionMask(empty: grid)) == 0)
    }

    /// Law: runs that differ in their random numbers alone scatter by sigma.
    @Test("a region without a label scatters between runs by about the sigma that is stated")
    func scatter() throws {
        let grid = try Self.grid
        let engine = try MonteCarloEngine(
            phantom: VoxelPhantom(
                uniform: try #require(Medium.all.first { $0.name == "water" }), gramsPerML: 1,
                geometry: grid),
            spectrum: EmissionSpectrum(DecayData(.y90)))
        let density = try DensityMap(uniform: 1, geometry: grid)
        let region = try Self.small()
        let labels = Volume<UInt16>(repeating: 1, geometry: grid)
        var (means, stated, ofLabel): ([Double], [Double], [Double]) = ([], [], [])
        for seed in 1 ... 24 {
            let run = try engine.run(
                decays: Volume(repeating: 1e9, geometry: grid), until: .histories(20_000),
                seed: UInt64(seed), labels: labels)
            let statistics = DoseStatistics(
                labels: labels,
                labelSigma: Dictionary(
                    uniqueKeysWithValues: run.labels.map { ($0.label, $0.relativeUncertainty) }),
                voxelSigma: run.relativeUncertainty, histories: run.histories)
            let mean = run.dose.grays.weightedSum(over: region) / (8 * 0.4)
            means.append(mean)
            stated.append(
                statistics.sigma(of: region, dose: run.dose.grays, density: density) / mean)
            ofLabel.append(try #require(run.labels.first { $0.label == 1 }).relativeUncertainty)
        }
        func average(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        let mean = average(means)
        let scatter =
            (means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 23).squareRoot() / mean
        let ratio = average(stated) / scatter
        // 24 runs know their scatter to 15 %; tracks that cross several of the eight voxels make
        // the true sigma larger than that of independent ones.
        #expect((0.35 ... 1.5).contains(ratio), "stated over found: \(ratio)")
        #expect(average(ofLabel) / scatter < 0.2)
        print("sigma of eight voxels, stated over found:", ratio, average(ofLabel) / scatter)
    }
}
