import Foundation
import Physics
import Testing

@Suite("VoxelKernel")
struct VoxelKernelTests {
    /// All energy on a thin shell at one radius.
    private func shell(
        _ radiusMM: Double, keV: Double = 1000, densityGPerML: Double = 1
    ) throws
        -> PointKernel
    {
        try PointKernel(
            nuclide: "test", medium: "water", densityGPerML: densityGPerML,
            outerRadiiMM: [radiusMM * (1 - 1e-9), radiusMM * (1 + 1e-9)],
            batchesKeV: [[0, keV], [0, keV]], emittedKeV: keV,
            source: "closed form")
    }

    private func joules(_ keV: Double) -> Double { keV * 1.602176634e-16 }

    @Test(
        "gives a cube the closed-form share of a shell around it",
        arguments: [0.1, 0.5, 0.9])
    func selfShareOfACube(_ x: Double) throws {
        let kernel = try VoxelKernel(
            shell(4 * x), sidesMM: [4, 4, 4], reach: [2, 2, 2], pointsPerVoxel: 20_000)
        let share = 1 - 1.5 * x + 2 / Double.pi * x * x - x * x * x / (4 * Double.pi)
        let expected = share * joules(1000) / 64e-6
        // 4096 points at least of a Kronecker sequence: error of order log³N/N.
        #expect(abs(kernel(0, 0, 0) / expected - 1) < 1e-3)
    }

    @Test("spreads all energy over the box that holds the shell, for uneven sides")
    func conservation() throws {
        let kernel = try VoxelKernel(shell(9), sidesMM: [4, 3, 2], reach: [4, 5, 6])
        var sum = 0.0
        for k in -6 ... 6 {
            for j in -5 ... 5 { for i in -4 ... 4 { sum += kernel(i, j, k) } }
        }
        #expect(abs(sum * 24e-6 / joules(1000) - 1) < 1e-12)
    }

    @Test("follows its axes: swapping two sides swaps two offsets")
    func axes() throws {
        let one = try VoxelKernel(
            shell(7), sidesMM: [4, 4, 2], reach: [3, 3, 5], pointsPerVoxel: 4000)
        let other = try VoxelKernel(
            shell(7), sidesMM: [2, 4, 4], reach: [5, 3, 3], pointsPerVoxel: 4000)
        for (i, j, k) in [(0, 0, 3), (1, 0, 2), (1, 1, 1), (0, 1, 2)] {
            #expect(abs(one(i, j, k) / other(k, j, i) - 1) < 2e-3)
        }
    }

    @Test("scales with density as S(ρ, d) = ρ² S(1, ρ d)")
    func densityScaling() throws {
        let dense = try VoxelKernel(
            shell(5), sidesMM: [3, 3, 3], reach: [3, 3, 3], densityGPerML: 1.5)
        let water = try VoxelKernel(shell(5), sidesMM: [4.5, 4.5, 4.5], reach: [3, 3, 3])
        for i in 0 ... 2 where water(i, 0, 0) > 0 {
            #expect(abs(dense(i, 0, 0) / (2.25 * water(i, 0, 0)) - 1) < 1e-9)
        }
    }

    @Test("carries the spread of the batches to each value")
    func uncertainty() throws {
        let point = try PointKernel(
            nuclide: "test", medium: "water", densityGPerML: 1, outerRadiiMM: [1, 2],
            batchesKeV: [[90, 9], [110, 11]], emittedKeV: 110,
            source: "two batches, 10 % apart")
        let kernel = try VoxelKernel(point, sidesMM: [3, 3, 3], reach: [1, 1, 1])
        // Batches 0.9 and 1.1 of the mean: s/√n = 0.1414/√2.
        #expect(abs((kernel.relativeUncertainty(0, 0, 0) ?? 0) - 0.1) < 1e-9)
    }

    /// Closed form T8 of dose-engine.md: the mean over a shell at half the side.
    @Test("half a side away a cube keeps 0.39921 of the energy")
    func halfASide() throws {
        let kernel = try VoxelKernel(
            shell(2), sidesMM: [4, 4, 4], reach: [1, 1, 1], pointsPerVoxel: 400_000)
        #expect(abs(kernel(0, 0, 0) / (joules(1000) / 64e-6) - 0.39921) < 1e-4)
    }

    @Test("equal sides give equal values, with any number of points")
    func symmetry() throws {
        let cube = try VoxelKernel(shell(7), sidesMM: [3, 3, 3], reach: [3, 3, 3])
        #expect(abs(cube(2, 1, 0) / cube(0, 2, 1) - 1) < 1e-12)
        #expect(abs(cube(2, 1, 0) / cube(1, 2, 0) - 1) < 1e-12)
        let column = try VoxelKernel(shell(7), sidesMM: [3, 5, 3], reach: [3, 2, 3])
        #expect(abs(column(2, 1, 0) / column(0, 1, 2) - 1) < 1e-12)
    }

    /// The figure of the documentation: with the default number of points.
    ///
    /// Measured against twenty times the points, which a sequence of even cover knows at least ten
    /// times better.
    ///
    /// Worst of all: electrons 0.04 % (Y-90, 4 x 4 x 2 mm), photons 0.21 % (I-131, 3 mm).
    @Test(
        "the default number of points is good to 0.2 % where there is 1 % of the dose",
        arguments: [Nuclide.y90, .lu177, .i131],
        [[2.0, 2, 2], [3, 3, 3], [4.42, 4.42, 4.42], [4, 4, 2]])
    func points(nuclide: Nuclide, sides: [Double]) throws {
        let kernels = try NuclideKernels.inWater(nuclide)
        for (part, kernel) in [("electrons", kernels.electrons), ("photons", kernels.photons)] {
            guard let kernel else { continue }
            let usual = try VoxelKernel(kernel, sidesMM: sides, reach: [3, 3, 3])
            let fine = try VoxelKernel(
                kernel, sidesMM: sides, reach: [3, 3, 3], pointsPerVoxel: 8000)
            var worst = 0.0
            for k in 0 ... 3 {
                for j in 0 ... 3 {
                    for i in 0 ... 3 where fine(i, j, k) > 0.01 * fine(0, 0, 0) {
                        worst = max(worst, abs(usual(i, j, k) / fine(i, j, k) - 1))
                    }
                }
            }
            print("quadrature \(nuclide.rawValue) \(part) \(sides): worst \(100 * worst) %")
            // 0.05 and 0.2 %, to the digit that the documentation prints.
            #expect(worst < (part == "electrons" ? 5e-4 : 2.5e-3), "\(part)")
        }
    }

    @Test("refuses sides and kernels that make no sense")
    func refusals() throws {
        #expect(throws: PhysicsError.self) {
            try VoxelKernel(shell(1), sidesMM: [3, 0, 3], reach: [1, 1, 1])
        }
        #expect(throws: PhysicsError.self) {
            try VoxelKernel(shell(1), sidesMM: [3, 3, 3], reach: [1, -1, 1])
        }
        #expect(throws: PhysicsError.self) {
            try PointKernel(
                nuclide: "test", medium: "water", densityGPerML: 1, outerRadiiMM: [2, 1],
                batchesKeV: [[1, 1], [1, 1]], emittedKeV: 1, source: "")
        }
    }
}
