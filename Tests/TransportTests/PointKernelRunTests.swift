import Physics
import Testing
import Transport

@Suite("Point kernels by Monte Carlo")
struct PointKernelRunTests {
    /// Closed form: a shell at the sphere's radius has an overlap of 1 - ¾ + 1/16.
    @Test("A thin shell at the radius of a sphere gives it 0.3125 of its energy")
    func overlap() throws {
        let radius = 6.2035
        let kernel = try PointKernel(
            nuclide: "none", medium: "water", densityGPerML: 1,
            outerRadiiMM: [radius - 1e-4, radius + 1e-4], batchesKeV: [[0, 10], [0, 10]],
            emittedKeV: 10, source: "test")
        let sphere = try SphereDose(kernel, massG: 1)
        // The mass of 1 g gives the radius to 1e-5; the overlap's slope there is 0.56.
        #expect(abs(sphere.radiusMM - radius) < 1e-4)
        #expect(abs(sphere.absorbedFraction - 0.3125) < 1e-4)
        #expect(sphere.relativeUncertainty == 0)
        #expect(throws: PhysicsError.self) { try SphereDose(kernel, massG: 0) }
    }

    @Test("Electrons and photons apart add up to the whole decay")
    func parts() throws {
        func run(_ part: PointKernelRun.Part) throws -> PointKernel {
            try PointKernelRun(
                DecayData(.i131), part: part, medium: Medium.named("water"), densityGPerML: 1.05
            ).kernel(histories: 20_000, seed: 1)
        }
        let (all, electrons, photons) = try (run(.all), run(.electrons), run(.photons))
        // Numbers of lines per decay are drawn: about 0.3 % at 20 000 decays.
        #expect(abs((electrons.emittedKeV + photons.emittedKeV) / all.emittedKeV - 1) < 0.01)
        #expect(electrons.radiusMM(holding: 0.99) < 4)
        #expect(photons.radiusMM(holding: 0.5) > 50)
    }
}
