import Foundation
import Imaging
import Phantom
import Quantities
import Testing

@Suite("Simulated images")
struct SimulationTests {
    private let options = PhantomOptions(seed: 3, isHalfSize: true)

    @Test("the SPECT holds the counts of the activity, within Poisson noise")
    func spectCounts() throws {
        let simulation = Simulation(options: options)
        let expected = simulation.maa.total.megabecquerels * Scenario.spectCountsPerMBq
        let found = try simulation.spect().counts.sum()
        // Five standard deviations, and 1e-3 for lines 1.5 mm apart in the coarse grid.
        #expect(abs(found - expected) < 5 * expected.squareRoot() + 1e-3 * expected)
    }

    @Test("a SPECT that cuts the lungs loses lung counts only")
    func truncation() throws {
        var cut = options
        cut.hasTruncatedLungs = true
        let whole = try Simulation(options: options).spect().counts
        let part = try Simulation(options: cut).spect().counts
        #expect(part.geometry.shape.z < whole.geometry.shape.z)
        #expect(part.sum() < whole.sum())
        let lungCounts =
            Simulation(options: options).maa.lungs.megabecquerels
            * Scenario.spectCountsPerMBq
        #expect(whole.sum() - part.sum() < lungCounts)
    }

    @Test("the PET holds the delivered activity, decayed to its start")
    func petActivity() throws {
        let halfLife = TimeSpan(hours: 64.2)
        let map = try Simulation(options: options).pet(halfLife: halfLife)
        let expected = Scenario.delivered.total.decayed(
            over: Scenario.petDelay, halfLife: halfLife)
        let voxels = Double(map.becquerelsPerML.geometry.count)
        let noise =
            Scenario.petBackgroundNoise / 8.0.squareRoot() * voxels.squareRoot()
            * map.becquerelsPerML.geometry.voxelVolumeML
        // Five standard deviations of the background's sum; 2e-3 for noise of the signal and
        // lines 1.3 mm apart.
        #expect(
            abs((map.total - expected).becquerels) < 5 * noise + 2e-3 * expected.becquerels)
        #expect(map.becquerelsPerML.firstIndex { $0 < 0 } != nil)
    }

    @Test("the planar shunt is that of its expectation, and that within 8 % of the truth")
    func planarShunt() throws {
        let (expected, drawn) = try Simulation(options: options).planar()
        let mean = PlanarViews.lungShuntFraction(expected)
        let found = PlanarViews.lungShuntFraction(drawn.counts)
        let lung = PlanarViews.geometricMean(
            expected, PlanarViews.lungRegion(expected.geometry))
        let liver = PlanarViews.geometricMean(
            expected, PlanarViews.liverRegion(expected.geometry))
        // Variance of ln G of two Poisson views of equal counts N is 1/(2N); here N ≈ G.
        let noise = mean * (1 - mean) * (0.5 / lung + 0.5 / liver).squareRoot()
        #expect(abs(found - mean) < 5 * noise)
        // A source of thickness w gains sinh(μw/2)/(μw/2) over a thin one. Chords are at most
        // 170 mm (lung) and 140 mm (liver), so the lung gains at most 1.183, the liver at least
        // 1; on average over ellipsoids both gain, and their ratio stays within 8 %, plus what
        // the blur carries over the boundary.
        #expect(abs(mean - Scenario.lungShuntFraction) < 0.08 * Scenario.lungShuntFraction)
    }

    @Test("the blur keeps the sum and has the stated width")
    func blur() throws {
        let grid = try VolumeGeometry(shape: [65, 65, 65], spacingMM: [2, 2, 2])
        var point = Volume<Float>(repeating: 0, geometry: grid)
        point[32, 32, 32] = 1000
        let blurred = GaussianBlur.blurred(point, widthMM: 14)
        // Float voxels, 3 axes: relative 1e-5.
        #expect(abs(blurred.sum() - 1000) < 0.01)
        var second = 0.0
        for k in 0 ..< 65 {
            for j in 0 ..< 65 {
                for i in 0 ..< 65 {
                    second += Double(blurred[i, j, k]) * pow(2 * Double(i - 32), 2)
                }
            }
        }
        let sigma = 14 / GaussianBlur.widthPerSigma
        // Integrating over voxels adds h²/12; the tail beyond 5σ takes about 1e-5.
        #expect(abs(second / 1000 - sigma * sigma - 4 / 12.0) < 1e-3 * sigma * sigma)
    }

    @Test("compartments add up to what was injected")
    func compartments() {
        for model in [Scenario.planned, Scenario.delivered] {
            var sum = model.lungs.becquerels
            for territory in Anatomy.Territory.allCases {
                sum += model.normalBecquerelsPerML(territory) * Volumes.normalML(territory)
            }
            for tumour in Anatomy.tumours { sum += model.activity(in: tumour).becquerels }
            #expect(abs(sum - model.total.becquerels) < 1e-12 * sum)
            #expect(abs(model.lungShuntFraction - 0.055) < 1e-12)
        }
        let injected = Scenario.injections.reduce(0) { $0 + $1.delivered.gigabecquerels }
        #expect(abs(Scenario.delivered.total.gigabecquerels - injected) < 1e-12)
        #expect(abs(injected - 0.98 * 3.7) < 1e-12)
    }

    @Test("mean doses are C · A / M and carry all energy")
    func doses() throws {
        let truth = try PhantomTruth(.sirtNet, options: options, planarShunt: 0.055)
        func dose(_ name: String) throws -> PhantomTruth.Dose {
            try #require(truth.localDepositionDoses.means.first { $0.structure == name })
        }
        let energy = try [dose("Liver"), dose("Lungs")].reduce(0) {
            $0 + $1.plannedMeanDoseGy * $1.massG / 1000
        }
        // 49.67 J per GBq injected: 3.7 GBq of vials less 1 %.
        #expect(abs(energy - 49.67 * 3.7 * 0.99) < 1e-9)
        let ratio =
            try dose("Tumour 5").plannedMeanDoseGy
            / dose("Normal liver of territory right").plannedMeanDoseGy
        #expect(abs(ratio - 4) < 1e-12)
    }
}
