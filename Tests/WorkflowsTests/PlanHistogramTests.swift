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

    @Test("D50 and D2 of the plan's masks lie within 5 % of the truth, D98 within 10 %")
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
                "D98 masks", error(fromMask, 98), "contours", error(fromContours, 98), "D2",
                error(fromMask, 2), error(fromContours, 2))
            // The contours' own bound for structures above 10 spacings.
            #expect(abs(fromMask.volumeML / trueML - 1) < 0.01)
            // Averaging over a box of width w adds w²/12 to the variance of the blur: SPECT 4.42
            // and grid 3 mm to (14/2.355)² make 6.7 % in the width, and doses of a blurred border
            // move by less than the share of the width that the border has in the structure.
            #expect(abs(error(fromMask, 50)) < 0.05)
            #expect(abs(error(fromMask, 2)) < 0.05)
            // A voxel at the border counts with the dose of its centre, up to 1.5 mm outside;
            // 1.5 mm is 25 % of σ, and the erf's slope at the border 0.4/σ: 10 % of the step.
            #expect(abs(error(fromMask, 98)) < 0.10)
            // Samples inside the contours only.
            #expect(abs(error(fromContours, 98)) < abs(error(fromMask, 98)))
        }
    }
}
