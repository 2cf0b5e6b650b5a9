import Dosimetry
import Foundation
import Imaging
import Testing

@Suite("Dose inside contours")
struct ContourDoseTests {
    private static func dose(
        _ value: (Vector3<Double>) -> Double
    ) throws -> DoseMap {
        let grid = try VolumeGeometry(
            shape: [20, 16, 12], spacingMM: [2, 2.5, 3], originMM: [10, -5, 7])
        var dose = Volume<Float>(repeating: 0, geometry: grid)
        for k in 0 ..< 12 {
            for j in 0 ..< 16 {
                for i in 0 ..< 20 {
                    dose[i, j, k] = Float(
                        value(grid.positionMM(index: [Double(i), Double(j), Double(k)])))
                }
            }
        }
        return DoseMap(grays: dose)
    }

    /// Rectangles of 11.3 mm x 9.7 mm, aligned with no voxel.
    private static func box(_ planesMM: [Double]) -> ContourStack {
        ContourStack(
            contours: planesMM.map { z in
                PlanarContour(pointsMM: [
                    Vector3(18.1, 4.2, z), Vector3(29.4, 4.2, z), Vector3(29.4, 13.9, z),
                    Vector3(18.1, 13.9, z),
                ])
            })
    }

    @Test(
        "a linear dose in a box has its closed form, whatever the distance of planes",
        arguments: [0.75, 1, 3, 4.1, 7])
    func linear(spacingMM: Double) throws {
        let planes = [0, 1, 2].map { 16.5 + spacingMM * Double($0) }
        let sampled = try ContourDose(
            dose: Self.dose { 1 + 0.5 * $0.x - 0.25 * $0.y + 0.1 * $0.z },
            contours: Self.box(planes))
        let histogram = try DoseVolumeHistogram(dose: sampled.dose, region: sampled.region)
        let volumeML = 11.3 * 9.7 * 3 * spacingMM / 1000
        #expect(abs(histogram.volumeML - volumeML) < 1e-5 * volumeML)  // shares are Float
        // A sample of which the border leaves the share f has the dose of its centre, (1 - f) / 2
        // parts from that of its inner share: with parts of 0.25 mm and 0.3125 mm the mean moves
        // by at most 1/8 part x part / width x gradient, 0.0004 Gy and 0.0003 Gy.
        let mean = 1 + 0.5 * 23.75 - 0.25 * 9.05 + 0.1 * planes[1]
        #expect(abs(histogram.meanGy - mean) < 0.0007)
    }

    /// The sphere has 65 mL and 6,980 voxels of 2.5 x 2.5 x 1.5 mm: each is divided into 6 x 6.
    @Test("Dx of a sphere in a dose that falls linearly have their closed form")
    func sphere() throws {
        let perMM = 0.4
        let grid = try VolumeGeometry(
            shape: [30, 30, 44], spacingMM: [2.5, 2.5, 1.5], originMM: [-36.25, -36.25, -33])
        var grays = Volume<Float>(repeating: 0, geometry: grid)
        grays.updateSlices { _, slice in
            for n in slice.indices {
                slice[n] = Float(20 + perMM * (-36.25 + 2.5 * Double(n % 30)))
            }
        }
        let dose = DoseMap(grays: grays)
        let sphere = SlicedSphere()
        func error(_ mode: RasterMode, _ percent: Double) throws -> Double {
            let sampled = try ContourDose(dose: dose, contours: sphere.contours, mode: mode)
            let histogram = try DoseVolumeHistogram(dose: sampled.dose, region: sampled.region)
            let x = sphere.place(ofHottest: percent / 100)
            let exact = 20 + perMM * (SlicedSphere.centreMM.x + x)
            return histogram.doseGy(hottestPercent: percent) - exact
        }
        for percent in [98.0, 95, 90, 70, 50, 30, 10, 5, 2] {
            // A sample's dose is that of its centre, at most half a sample of 2.5 / 6 mm from any
            // part of it; polygons leave 1e-5 of the area out.
            let bound = perMM * 2.5 / 6 / 2 + 0.002
            #expect(abs(try error(.areaCoverage, percent)) < bound, "D\(percent)")
            // Whole voxels, as dicompyler-core counts them, may be off by half a voxel.
            #expect(abs(try error(.voxelCentre, percent)) < perMM * 2.5 / 2 + 0.002, "D\(percent)")
        }
        let levels = [98.0, 95, 90, 10, 5, 2]
        let shares = try levels.map { abs(try error(.areaCoverage, $0)) }.reduce(0, +)
        let centres = try levels.map { abs(try error(.voxelCentre, $0)) }.reduce(0, +)
        print("sphere in a linear dose, errors summed in Gy: shares", shares, "centres", centres)
        // Samples a sixth as wide.
        #expect(shares < centres / 4)
    }

    @Test("the dose of a slab is that of its plane")
    func plane() throws {
        let sampled = try ContourDose(dose: Self.dose { $0.z }, contours: Self.box([16, 19, 22]))
        let histogram = try DoseVolumeHistogram(dose: sampled.dose, region: sampled.region)
        #expect(histogram.minGy == 16)
        #expect(histogram.maxGy == 22)
        #expect(sampled.dose.grays.geometry.shape.z == 3)
    }

    @Test("what lies outside the dose grid is cut off; nothing on it is refused")
    func outside() throws {
        let dose = try Self.dose { _ in 3 }
        // Slices 37 and 40 mm lie on the grid (up to 41.5 mm), the plane at 43 mm does not.
        let sampled = try ContourDose(dose: dose, contours: Self.box([37, 40, 43]))
        let histogram = try DoseVolumeHistogram(dose: sampled.dose, region: sampled.region)
        #expect(abs(histogram.volumeML - 11.3 * 9.7 * 6 / 1000) < 1e-5)
        #expect(histogram.meanGy == 3)
        #expect(throws: DoseError.emptyRegion(name: "region")) {
            try ContourDose(dose: dose, contours: Self.box([400, 403]))
        }
    }

    @Test("planes close together and far apart do not make a grid without bound")
    func bounded() throws {
        let sampled = try ContourDose(
            dose: Self.dose { _ in 1 }, contours: Self.box([10, 10.06, 1e7]))
        #expect(sampled.dose.grays.geometry.shape.z <= 4 * 12)
    }
}

/// Circles of a sphere of 25 mm in planes every 1.5 mm, as polygons of 720 points.
private struct SlicedSphere {
    static let radiusMM = 25.0
    static let centreMM = Vector3(0.37, -0.81, 0.0)
    let heightsMM = (-16 ... 16).map { 1.5 * Double($0) }

    func radius(_ z: Double) -> Double { (Self.radiusMM * Self.radiusMM - z * z).squareRoot() }

    var contours: ContourStack {
        ContourStack(
            contours: heightsMM.map { z in
                PlanarContour(
                    pointsMM: (0 ..< 720).map { n in
                        let angle = Double(n) * .pi / 360
                        return Self.centreMM
                            + Vector3(radius(z) * cos(angle), radius(z) * sin(angle), z)
                    })
            })
    }

    /// The x from the centre beyond which a share of the slabs' volume lies.
    ///
    /// Sums of circular segments r² (acos u - u √(1 - u²)), solved by halving.
    func place(ofHottest share: Double) -> Double {
        func beyond(_ x: Double) -> Double {
            heightsMM.reduce(0) { sum, z in
                let u = min(max(x / radius(z), -1), 1)
                return sum + radius(z) * radius(z) * (acos(u) - u * (1 - u * u).squareRoot())
            }
        }
        var (low, high) = (-Self.radiusMM, Self.radiusMM)
        for _ in 0 ..< 60 {
            let middle = (low + high) / 2
            if beyond(middle) > share * beyond(-Self.radiusMM) {
                low = middle
            } else {
                high = middle
            }
        }
        return low
    }
}
