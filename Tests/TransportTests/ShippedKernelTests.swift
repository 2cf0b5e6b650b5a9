import Physics
import Testing
import Transport

/// The kernels that Physics ships are what Transport gives.
@Suite("Shipped point kernels")
struct ShippedKernelTests {
    @Test(
        "a short run agrees with the shipped kernel within its sigma",
        arguments: [Nuclide.y90, .lu177, .i131], [PointKernelRun.Part.electrons, .photons])
    func recomputed(nuclide: Nuclide, part: PointKernelRun.Part) throws {
        let shipped = try NuclideKernels.inWater(nuclide)
        let kernel = part == .photons ? shipped.photons : shipped.electrons
        guard let kernel, kernel.emittedKeV > 0.1 else { return }
        let run = try PointKernelRun(
            DecayData(nuclide), part: part, medium: Medium.named("water"), densityGPerML: 1
        ).kernel(histories: 40_000, seed: 77, outerRadiiMM: kernel.outerRadiiMM)
        // Ten shells of equal energy, of each the mean and its variance from the batches.
        func shells(_ made: PointKernel) -> [(mean: Double, variance: Double)] {
            let edges = (1 ... 10).map { kernel.radiusMM(holding: Double($0) / 10) }
            return edges.indices.map { n in
                let inner = n == 0 ? 0 : edges[n - 1]
                let values = made.batchesKeV.map { batch in
                    zip(made.outerRadiiMM, batch).reduce(0) {
                        $0 + ($1.0 > inner && $1.0 <= edges[n] ? $1.1 : 0)
                    }
                }
                let count = Double(values.count)
                let mean = values.reduce(0, +) / count
                let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
                return (mean, squares / (count * (count - 1)))
            }
        }
        var chiSquare = 0.0
        var terms = 0
        for (own, other) in zip(shells(run), shells(kernel)) {
            // Rounding of the file to six digits, where a shell holds nothing.
            let variance = own.variance + other.variance + 1e-12
            chiSquare += (own.mean - other.mean) * (own.mean - other.mean) / variance
            terms += 1
        }
        // Ten shells: above 30 with a chance of 1e-3, for one seed that does not change.
        #expect(chiSquare < 30, "\(chiSquare) of \(terms)")
        #expect(chiSquare > 1, "a short run that agrees too well is not a run")
    }
}
