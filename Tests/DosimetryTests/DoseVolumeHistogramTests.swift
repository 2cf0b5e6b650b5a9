import Dosimetry
import Imaging
import Testing

@Suite("Dose-volume histogram")
struct DoseVolumeHistogramTests {
    /// A wavy dose with ties, negative values at its ends, and partial shares.
    static func wavy(scale: Float = 1) throws -> DoseVolumeHistogram {
        let grid = try VolumeGeometry(shape: [40, 30, 20], spacingMM: [2, 2, 3])
        var seed: UInt64 = 42
        func next() -> Float {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(seed >> 40) / Float(1 << 24)
        }
        let doses = (0 ..< grid.count).map { _ in (next() * 100).rounded() * scale }
        let shares = (0 ..< 20 * 20 * 10).map { _ in next() }
        return try DoseVolumeHistogram(
            dose: DoseMap(grays: Volume(voxels: doses, geometry: grid)),
            region: RegionMask(
                geometry: grid, box: IndexBox(lower: [5, 5, 5], upper: [25, 25, 15]),
                coverage: shares))
    }

    @Test("a uniform dose is every figure of the histogram")
    func uniform() throws {
        let grid = try row(10)
        let histogram = try DoseVolumeHistogram(
            dose: DoseMap(grays: Volume(repeating: 42, geometry: grid)),
            region: region(2 ..< 7, of: grid))
        #expect(histogram.meanGy == 42)
        #expect(histogram.minGy == 42 && histogram.maxGy == 42)
        #expect([0.0, 2, 50, 95, 100].allSatisfy { histogram.doseGy(hottestPercent: $0) == 42 })
        #expect(histogram.volumePercent(atLeastGy: 42) == 100)
        #expect(histogram.volumePercent(atLeastGy: 42.001) == 0)
        #expect(histogram.voxelCount == 5)
        #expect(abs(histogram.volumeML - 0.32) < 1e-12)
    }

    @Test("a linear gradient in a box has its closed form to half a layer")
    func gradient() throws {
        let grid = try row(1000)
        let doses = (0 ..< 1000).map { Float($0) * 0.1 + 0.05 }
        let histogram = try DoseVolumeHistogram(
            dose: DoseMap(grays: Volume(voxels: doses, geometry: grid)),
            region: region(0 ..< 1000, of: grid))
        let half = 0.05 + 1e-4  // half a layer and Float
        for x in [2.0, 20, 50, 70, 90, 95, 98] {
            #expect(abs(histogram.doseGy(hottestPercent: x) - (100 - x)) <= half)
        }
        #expect(abs(histogram.volumePercent(atLeastGy: 30) - 70) <= 0.1)
        #expect(abs(histogram.meanGy - 50) < 1e-4)
        let dose = try #require(histogram.doseGy(hottestML: 0.064 * 100))
        #expect(abs(dose - 90) <= half)
        #expect(histogram.doseGy(hottestML: 65) == nil)
    }

    @Test("partial voxels count with their share")
    func shares() throws {
        let grid = try row(3)
        let histogram = try DoseVolumeHistogram(
            dose: DoseMap(grays: try Volume(voxels: [10, 20, 30], geometry: grid)),
            region: RegionMask(
                geometry: grid, box: IndexBox(lower: [0, 0, 0], upper: [3, 1, 1]),
                coverage: [0.5, 1, 0.5]),
            density: DensityMap(gramsPerML: try Volume(voxels: [1, 1, 2], geometry: grid)))
        #expect(histogram.meanGy == 20)
        #expect(histogram.volumePercent(atLeastGy: 20) == 75)
        #expect(histogram.doseGy(hottestPercent: 25) == 30)
        #expect(histogram.doseGy(hottestPercent: 26) == 20)
        #expect(histogram.massWeightedMeanGy == (5 + 20 + 30) / 2.5)
    }

    @Test("the cumulative curve falls from 100 to 0 and its integral is the mean")
    func cumulative() throws {
        let histogram = try Self.wavy()
        let curve = try histogram.cumulative()
        #expect(curve.volumePercent.first == 100)
        #expect(curve.volumePercent.last == 0)
        #expect(zip(curve.volumePercent, curve.volumePercent.dropFirst()).allSatisfy(>=))
        let integral = curve.volumePercent.reduce(0, +) / 100 * curve.binGy
        // The left sum overestimates by at most one bin.
        #expect(integral >= histogram.meanGy - 1e-9)
        #expect(integral <= histogram.meanGy + curve.binGy + 1e-9)
        let differential = try histogram.differential()
        #expect(abs(differential.volumePercent.reduce(0, +) - 100) < 1e-9)
    }

    @Test("no more points than allowed, for any bin width", arguments: [1e-6, 0.01, 1, 1000])
    func points(binGy: Double) throws {
        let curve = try Self.wavy().cumulative(binGy: binGy, maximumPoints: 50)
        #expect(curve.doseGy.count <= 50)
        #expect(curve.volumePercent.first == 100)
        #expect(curve.volumePercent.last == 0)
    }

    @Test("a dose scaled by two scales every Dx by two")
    func scaling() throws {
        let once = try Self.wavy()
        let twice = try Self.wavy(scale: 2)
        for x in stride(from: 0.0, through: 100, by: 0.5) {
            #expect(
                twice.doseGy(hottestPercent: x) == 2 * once.doseGy(hottestPercent: x))
        }
        #expect(abs(twice.meanGy / once.meanGy - 2) < 1e-12)
    }

    @Test("Dx and Vx undo each other")
    func inverse() throws {
        let histogram = try Self.wavy()
        for x in stride(from: 1.0, through: 99, by: 1) {
            let dose = histogram.doseGy(hottestPercent: x)
            #expect(histogram.volumePercent(atLeastGy: dose) >= x - 1e-6)
            #expect(histogram.volumePercent(atLeastGy: dose.nextUp) < x + 1e-6)
        }
    }

    @Test("an empty region and a dose that is no number are refused")
    func refused() throws {
        let grid = try row(2)
        let dose = DoseMap(grays: try Volume(voxels: [1, .nan], geometry: grid))
        let empty = try RegionMask(geometry: grid, box: .empty, coverage: [])
        #expect(throws: DoseError.emptyRegion(name: "GTV")) {
            try DoseVolumeHistogram(dose: dose, region: empty, name: "GTV")
        }
        #expect(throws: DoseError.nonFiniteValue(atVoxel: 1)) {
            try DoseVolumeHistogram(dose: dose, region: region(0 ..< 2, of: grid))
        }
    }
}
