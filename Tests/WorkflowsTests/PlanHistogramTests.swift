import Dosimetry
import Foundation
import Imaging
import Phantom
import Testing
import Workflows

/// What gridding alone does to a plan's histogram: no noise, true transform, true contours.
///
/// The truth is the blurred activity at the centres of voxels of 1.2 mm inside the shapes
/// themselves. Both ways lose what a 4.4 mm SPECT voxel averages.
@Suite("Plan histograms without noise")
struct PlanHistogramTests {
    private static let fineGrid = (shape: Vector3(230, 190, 180), spacingMM: 1.2)

    private static func region(_ name: String) throws -> Regions.Region {
        try #require(Regions.all.first { $0.name == name })
    }

    /// By how much gridding may move a dose inside a structure, as a share of it.
    ///
    /// Beside a flat border the blurred dose is c · Φ(d / σ). A wider σ moves it by at most
    /// c · 0.242 · Δσ / σ (the greatest x · φ(x)), a step of e along the normal by c · 0.399 · e / σ.
    /// Inside a convex border of radius R it is at least c · (0.5 - σ / (R √(2π))).
    ///
    /// σ² grows by a box of the SPECT voxel in the image, one when it is spread over the plan's
    /// grid, and one of that grid (w² / 12 each); by h² / 6 more where doses are interpolated.
    private static func allowance(interpolated: Bool, stepMM: Double) -> Double {
        let (spectMM, gridMM, radiusMM) = (4.42, 3.0, 30.0)
        let sigmaMM = Scenario.spectBlurMM / GaussianBlur.widthPerSigma
        let added =
            2 * spectMM * spectMM / 12 + gridMM * gridMM / 12
            + (interpolated ? gridMM * gridMM / 6 : 0)
        let widening = (1 + added / (sigmaMM * sigmaMM)).squareRoot() - 1
        let least = 0.5 - sigmaMM / (radiusMM * (2 * Double.pi).squareRoot())
        return (0.242 * widening + 0.399 * stepMM / sigmaMM) / least
    }

    @Test("D50, D2 and D98 lie as near the truth as blur and gridding let them")
    func figures() throws {
        let options = PhantomOptions()
        let simulation = Simulation(options: options)
        let ct = try Grids.diagnosticCT(options)
        let half = Vector3(114.5, 94.5, 89.5)
        let fine = try VolumeGeometry(
            shape: Self.fineGrid.shape, spacingMM: [1.2, 1.2, 1.2],
            originMM: Anatomy.liverCentreMM - Self.fineGrid.spacingMM * half)
        let rasteriser = Rasteriser(geometry: fine, linesPerVoxel: 3)
        let truth = DoseMap(
            grays: GaussianBlur.blurred(
                rasteriser.added(simulation.maa.increments), widthMM: Scenario.spectBlurMM))

        let regions = try ["Liver", "Tumour 5"].map(Self.region)
        let grid = try PlanningGrid.covering(
            regions.flatMap { Regions.contours($0, on: ct).contours.flatMap(\.pointsMM) },
            of: ct, spacingMM: 3)
        var map = UptakeMap(
            image: try simulation.expectedSpect(), isConcentration: false, grid: grid,
            through: Scenario.toSpect
        ).amounts
        let perCount = Float(1e6 / Scenario.spectCountsPerMBq / grid.voxelVolumeML)
        map.updateSlices { _, slice in for n in slice.indices { slice[n] *= perCount } }

        for region in regions {
            let contours = Regions.contours(region, on: ct)
            let mask = try StructureOutline.contours(contours)
                .region(on: grid, sliceSpacingMM: ct.spacingMM.z)
            let fromMask = try DoseVolumeHistogram(dose: DoseMap(grays: map), region: mask)
            let sampled = try ContourDose(dose: DoseMap(grays: map), contours: contours)
            let fromContours = try DoseVolumeHistogram(dose: sampled.dose, region: sampled.region)
            let exact = try DoseVolumeHistogram(dose: truth, region: rasteriser.mask(region.shapes))
            func error(_ found: DoseVolumeHistogram, _ percent: Double) -> Double {
                found.doseGy(hottestPercent: percent) / exact.doseGy(hottestPercent: percent) - 1
            }
            let trueML = region.shapes.reduce(0) { $0 + ($1.volumeML ?? 0) }
            print(
                "plan histogram", region.name, "volume", fromMask.volumeML / trueML - 1,
                "D98 masks", error(fromMask, 98), "contours", error(fromContours, 98), "D50",
                error(fromMask, 50), error(fromContours, 50), "D2",
                error(fromMask, 2), error(fromContours, 2))
            // The contours' own bound for structures above 10 spacings.
            #expect(abs(fromMask.volumeML / trueML - 1) < 0.01)
            // 3.2 %; 4.3 % interpolated.
            let allowed = Self.allowance(interpolated: false, stepMM: 0)
            #expect(abs(error(fromMask, 50)) < allowed)
            #expect(abs(error(fromMask, 2)) < allowed)
            // A voxel at the border counts with the dose of its centre, up to 1.5 mm outside, which
            // alone may be 24 %, 27 % together. The bound was 10 %, set after the figure was known: 5 and 6 %.
            #expect(abs(error(fromMask, 98)) < Self.allowance(interpolated: false, stepMM: 1.5))
            for percent in [98.0, 50, 2] {
                let allowed = Self.allowance(interpolated: true, stepMM: 0)
                #expect(abs(error(fromContours, percent)) < allowed, "D\(percent)")
            }
            // Samples inside the contours only.
            #expect(abs(error(fromContours, 98)) < abs(error(fromMask, 98)))
        }
    }
}
