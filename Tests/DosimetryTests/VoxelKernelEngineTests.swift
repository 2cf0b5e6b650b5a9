import Dosimetry
import Foundation
import Imaging
import Physics
import Testing

@Suite("VoxelKernelEngine")
struct VoxelKernelEngineTests {
    /// 900 keV within 8 mm, and 300 keV that photons of 100 mm mean free path leave behind.
    private func kernel(toMM furthest: Double = 400) throws -> PointKernel {
        var radii: [Double] = []
        var energies: [Double] = []
        var inner = 0.0
        while inner < furthest {
            let outer = inner + (inner < 12 ? 0.25 : 2)
            let electrons = inner < 8 ? 900 * (outer - inner) / 8 : 0
            let photons = 300 * (exp(-inner / 100) - exp(-outer / 100))
            radii.append(outer)
            energies.append(electrons + photons)
            inner = outer
        }
        return try PointKernel(
            nuclide: "test", medium: "water", densityGPerML: 1, outerRadiiMM: radii,
            batchesKeV: [energies, energies], emittedKeV: 1200,
            source: "closed form")
    }

    private func grays(
        _ decays: Volume<Float>, density: Float = 1,
        correction: VoxelKernelEngine.DensityCorrection = .voxelMass
    ) async throws -> Volume<Float> {
        try await VoxelKernelEngine(point: kernel(), correction: correction).dose(
            decays: TimeIntegratedActivityMap(decaysPerML: decays),
            density: DensityMap(
                gramsPerML: Volume(repeating: density, geometry: decays.geometry))
        ).grays
    }

    @Test("obeys the laws of every engine")
    func laws() async throws {
        try await checkDoseEngineLaws(VoxelKernelEngine(point: kernel()))
    }

    @Test("gives a point source the exact voxel kernel, octave by octave")
    func pointSource() async throws {
        let grid = try VolumeGeometry(shape: [41, 41, 41], spacingMM: [4, 4, 4])
        var decays = Volume<Float>(repeating: 0, geometry: grid)
        decays[20, 20, 20] = Float(1 / grid.voxelVolumeML) * 1e9
        let got = try await grays(decays)
        let exact = try VoxelKernel(
            kernel(), sidesMM: [4, 4, 4], reach: [20, 20, 20], pointsPerVoxel: 200)
        for (i, j, k) in [(0, 0, 0), (1, 0, 0), (1, 1, 1), (3, 0, 0), (2, 2, 0)] {
            // Within the first octave the grid's own kernel does the work.
            let error = Double(got[20 + i, 20 + j, 20 + k]) / (1e9 * exact(i, j, k)) - 1
            #expect(abs(error) < 3e-3, "offset \(i) \(j) \(k): \(error)")
        }
        var worst = 0.0
        var worstAt = (0, 0, 0)
        for k in 0 ... 20 {
            for j in 0 ... 20 {
                for i in 5 ... 20 {
                    let expected = 1e9 * exact(i, j, k)
                    let error = abs(Double(got[20 + i, 20 + j, 20 + k]) / expected - 1)
                    if error > worst { (worst, worstAt) = (error, (i, j, k)) }
                }
            }
        }
        // A grid whose voxel is a quarter to an eighth of the distance blurs 1/r² by
        // (h/r)²/2 at most, 3 %, and linear interpolation adds as much.
        #expect(worst < 0.07, "at \(worstAt): \(worst)")
    }

    @Test("keeps the energy: deep in a uniform source the dose is the energy absorbed per mass")
    func equilibrium() async throws {
        let grid = try VolumeGeometry(shape: [80, 80, 80], spacingMM: [5, 5, 5])
        let got = try await grays(Volume(repeating: 1e9, geometry: grid))
        // Photons beyond 20 cm do not all come back: integrate the kernel to the wall instead.
        let short = try kernel(toMM: 200)
        let least = 1e9 * short.absorbedKeV * 1.602176634e-16 * 1000
        let most = 1e9 * (try kernel().absorbedKeV) * 1.602176634e-16 * 1000
        let centre = Double(got[40, 40, 40])
        #expect(centre > least * 0.998 && centre < most * 1.002)
    }

    @Test("divides by the voxel's density only when told to")
    func density() async throws {
        let grid = try VolumeGeometry(shape: [9, 9, 9], spacingMM: [4, 4, 4])
        var decays = Volume<Float>(repeating: 0, geometry: grid)
        decays[4, 4, 4] = 1e9
        let water = try await grays(decays)
        let lung = try await grays(decays, density: 0.25)
        let plain = try await grays(decays, density: 0.25, correction: .none)
        #expect(abs(lung[4, 4, 4] / (4 * water[4, 4, 4]) - 1) < 1e-6)
        #expect(plain[4, 4, 4] == water[4, 4, 4])
    }
}
