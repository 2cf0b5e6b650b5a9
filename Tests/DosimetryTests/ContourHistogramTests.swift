import Dosimetry
import Foundation
import Imaging
import Testing

@Suite("Histogram inside contours")
struct ContourHistogramTests {
    /// Steep along all axes, lowest where x, y and z are.
    private static func dose(
        shape: Vector3<Int> = [60, 50, 40], _ value: (Vector3<Double>) -> Double
    ) throws -> DoseMap {
        let grid = try VolumeGeometry(
            shape: shape, spacingMM: [2, 2.5, 3], originMM: [10, -5, 7])
        var dose = Volume<Float>(repeating: 0, geometry: grid)
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y {
                for i in 0 ..< shape.x {
                    dose[i, j, k] = Float(
                        value(grid.positionMM(index: [Double(i), Double(j), Double(k)])))
                }
            }
        }
        return DoseMap(grays: dose)
    }

    /// Circles with a hole, in planes off the dose slices.
    private static func ring(_ planesMM: [Double], radiusMM: Double) -> ContourStack {
        func circle(_ z: Double, _ radius: Double) -> PlanarContour {
            PlanarContour(
                pointsMM: (0 ..< 90).map { n in
                    let angle = Double(n) * .pi / 45
                    return Vector3(70 + radius * cos(angle), 55 + radius * sin(angle), z)
                })
        }
        return ContourStack(
            contours: planesMM.flatMap { [circle($0, radiusMM), circle($0, radiusMM / 3)] })
    }

    private static func wave(_ p: Vector3<Double>) -> Double {
        30 + 20 * sin(p.x / 9) * cos(p.y / 11) + 0.2 * p.z
    }

    /// Three structures: many samples of few voxels, several parts side by side, undivided.
    @Test(
        "counting in rows gives the histogram of all samples, to the width of a class",
        arguments: [(12.0, RasterMode.areaCoverage), (45, .areaCoverage), (45, .voxelCentre)])
    func samples(radiusMM: Double, mode: RasterMode) async throws {
        let planes = (0 ..< 30).map { 12.2 + 3.5 * Double($0) }
        let contours = Self.ring(planes, radiusMM: radiusMM)
        let sampled = try ContourDose(
            dose: Self.dose(Self.wave), contours: contours, mode: mode)
        let kept = try DoseVolumeHistogram(dose: sampled.dose, region: sampled.region)
        let counted = try await sampled.histogram()
        #expect(counted.voxelCount == kept.voxelCount)
        #expect(abs(counted.volumeML - kept.volumeML) < 1e-9 * kept.volumeML)
        // Samples kept have doses in `Float`, 2e-6 Gy off at most.
        #expect(abs(counted.meanGy - kept.meanGy) < 1e-5)
        #expect(abs(counted.minGy - kept.minGy) < 1e-5)
        #expect(abs(counted.maxGy - kept.maxGy) < 1e-5)
        // The range of all doses of the box is at most 20 + 20 + 24 Gy.
        let width = 64.0 / 65_536
        for percent in [98.0, 95, 90, 70, 50, 30, 10, 5, 2] {
            let difference =
                counted.doseGy(hottestPercent: percent) - kept.doseGy(hottestPercent: percent)
            #expect(abs(difference) < width + 1e-5, "D\(percent)")
        }
        let again = try await sampled.histogram()
        #expect(again.meanGy == counted.meanGy && again.volumeML == counted.volumeML)
    }

    @Test("a uniform dose stays what it is")
    func uniform() async throws {
        let sampled = try ContourDose(
            dose: Self.dose { _ in 17 }, contours: Self.ring([20, 23], radiusMM: 20))
        let histogram = try await sampled.histogram()
        #expect(histogram.minGy == 17 && histogram.maxGy == 17)
        // Sums of some ten thousand shares round.
        #expect(abs(histogram.meanGy - 17) < 1e-11)
        #expect(histogram.doseGy(hottestPercent: 50) == 17)
    }

    @Test("a dose that is no number is refused inside, and does not matter outside")
    func notFinite() async throws {
        let dose = try Self.dose { $0.x < 30 ? .nan : 5 }
        let inside = try ContourDose(dose: dose, contours: Self.ring([20, 23], radiusMM: 43))
        await #expect(throws: DoseError.self) { try await inside.histogram() }
        let outside = try ContourDose(dose: dose, contours: Self.ring([20, 23], radiusMM: 30))
        #expect(try await outside.histogram().maxGy == 5)
    }

    /// The dose in gas means nothing; here it is 900 Gy.
    @Test("gas is left out, and its dose reaches no sample of matter")
    func gas() async throws {
        let edge = 71.0
        func counted(_ isGas: (Double) -> Bool) async throws -> DoseVolumeHistogram {
            let dose = try Self.dose { isGas($0.x) ? 900 : 5 }
            let density = DensityMap(
                gramsPerML: try Self.dose { isGas($0.x) ? 0.001 : 1 }.grays)
            return try await ContourDose(
                dose: dose.extendedIntoGas(of: density),
                contours: Self.ring([20, 23, 26], radiusMM: 30), density: density
            ).histogram()
        }
        let left = try await counted { $0 > edge }
        let right = try await counted { $0 < edge }
        let whole = try await counted { _ in false }
        #expect(left.minGy == 5 && left.maxGy == 5 && right.minGy == 5 && right.maxGy == 5)
        // Every sample lies in one voxel of the dose grid: none is lost, none counted twice.
        #expect(abs(left.volumeML + right.volumeML - whole.volumeML) < 1e-9 * whole.volumeML)
        #expect(left.volumeML > right.volumeML)
        let none = DensityMap(gramsPerML: try Self.dose { _ in 0.05 }.grays)
        let nothing = try ContourDose(
            dose: Self.dose { _ in 5 }, contours: Self.ring([20, 23], radiusMM: 30), density: none)
        await #expect(throws: DoseError.emptyRegion(name: "region")) {
            try await nothing.histogram()
        }
    }
}
