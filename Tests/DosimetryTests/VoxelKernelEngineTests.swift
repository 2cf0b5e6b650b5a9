import Dosimetry
import Foundation
import Imaging
import Physics
import Testing

/// Kernels of closed form: 900 keV of electrons evenly within 8 mm of radius, and 300 keV that
/// photons of 100 mm mean free path leave behind.
func closedFormKernels(
    toMM furthest: Double = 600, photons: Bool = true
) throws -> NuclideKernels {
    let near = (1 ... 48).map { Double($0) * 0.25 }
    let radii = near + (1 ... 294).map { 12 + Double($0) * 2 }.filter { $0 <= furthest }
    func kernel(_ keV: (Double, Double) -> Double, _ emittedKeV: Double) throws -> PointKernel {
        let shells = zip([0] + radii, radii).map { keV($0, $1) }
        return try PointKernel(
            nuclide: "test", medium: "water", densityGPerML: 1, outerRadiiMM: radii,
            batchesKeV: [shells, shells], emittedKeV: emittedKeV, source: "closed form")
    }
    return try NuclideKernels(
        electrons: kernel({ $0 < 8 ? 900 * ($1 - $0) / 8 : 0 }, 900),
        photons: photons ? kernel({ 300 * (exp(-$0 / 100) - exp(-$1 / 100)) }, 300) : nil,
        electronRangeMM: 8.5)
}

@Suite("VoxelKernelEngine")
struct VoxelKernelEngineTests {
    private func grays(
        _ decays: Volume<Float>, density: Float = 1, kernels: NuclideKernels? = nil,
        correction: VoxelKernelEngine.DensityCorrection = .voxelMass
    ) async throws -> Volume<Float> {
        try await VoxelKernelEngine(
            kernels: kernels ?? closedFormKernels(), correction: correction
        ).dose(
            decays: TimeIntegratedActivityMap(decaysPerML: decays),
            density: DensityMap(
                gramsPerML: Volume(repeating: density, geometry: decays.geometry))
        ).grays
    }

    @Test("obeys the laws of every engine")
    func laws() async throws {
        try await checkDoseEngineLaws(VoxelKernelEngine(kernels: closedFormKernels()))
    }

    /// The photons' dose at an offset in Gy per decay: K(r) averaged over pairs of points of two
    /// voxels, whose offsets have a triangular density along each axis.
    private func photonDose(_ at: Vector3<Double>, _ sides: [Double]) -> Double {
        // Three points integrate polynomials up to degree 5 over a triangle.
        let nodes = [(-(0.4.squareRoot()), 5.0 / 24), (0, 7.0 / 12), (0.4.squareRoot(), 5.0 / 24)]
        var sum = 0.0
        for x in nodes {
            for y in nodes {
                for z in nodes {
                    let r = (at + Vector3(x.0 * sides[0], y.0 * sides[1], z.0 * sides[2])).length
                    sum += x.1 * y.1 * z.1 * 3 * exp(-r / 100) / (4 * Double.pi * r * r)
                }
            }
        }
        // keV/mm³ in water of 1e-6 kg/mm³.
        return sum * 1.602176634e-16 / 1e-6
    }

    @Test(
        "gives a single voxel's dose as the closed form does, level by level",
        arguments: [[4.0, 4, 4], [4, 4, 2], [2, 3, 5]])
    func pointSource(sides: [Double]) async throws {
        let shape = sides.map { Int(160 / $0) }
        // Off the middle and at an odd place, where interpolation has most to do.
        let source = Vector3(shape[0] / 2, shape[1] / 2 - 1, shape[2] / 2 - 1)
        let grid = try VolumeGeometry(
            shape: Vector3(shape[0], shape[1], shape[2]),
            spacingMM: Vector3(sides[0], sides[1], sides[2]))
        var decays = Volume<Float>(repeating: 0, geometry: grid)
        decays[source.x, source.y, source.z] = Float(1 / grid.voxelVolumeML) * 1e9
        let got = try await grays(decays)
        let kernels = try closedFormKernels()
        let near = try [kernels.electrons, try #require(kernels.photons)].map {
            try VoxelKernel($0, sidesMM: sides, reach: [3, 3, 3], pointsPerVoxel: 4000)
        }
        var worst = (near: 0.0, far: 0.0)
        for k in 0 ..< shape[2] / 2 {
            for j in 0 ..< shape[1] / 2 {
                for i in 0 ..< shape[0] / 2 {
                    let dose = Double(got[source.x + i, source.y + j, source.z + k]) * 1e-9
                    let at = Vector3(
                        Double(i) * sides[0], Double(j) * sides[1], Double(k) * sides[2])
                    if at.length < 6 {
                        let exact = near.reduce(0) { $0 + $1(i, j, k) }
                        worst.near = max(worst.near, abs(dose / exact - 1))
                    } else if at.length > 20 {
                        worst.far = max(worst.far, abs(dose / photonDose(at, sides) - 1))
                    }
                }
            }
        }
        print("single voxel \(sides): near \(100 * worst.near) %, far \(100 * worst.far) %")
        // Electrons are on the dose grid, as in the kernel compared with; its points and the
        // tail's share are left. Beyond them the tail stands alone. Both sides are deterministic, so
        // what is left is interpolation: at a distance two changes of grid carry the tail, whose
        // errors add up at most.
        #expect(worst.near < 3e-3, "\(sides): \(worst)")
        let atMost = try await 2 * worstOfOneChange()
        #expect(worst.far < atMost, "\(sides): \(worst)")
    }

    /// The worst error of a single change of grid, of which larger grids add up two.
    ///
    /// 9 voxels of 4 mm reach less far than the second radius, 64 mm, so only grids of 4 and 8 mm
    /// are there.
    private func worstOfOneChange() async throws -> Double {
        let grid = try VolumeGeometry(shape: [9, 9, 9], spacingMM: [4, 4, 4])
        var worst = 0.0
        for source in [Vector3(0, 0, 0), Vector3(1, 0, 0), Vector3(1, 1, 1), Vector3(8, 4, 0)] {
            var decays = Volume<Float>(repeating: 0, geometry: grid)
            decays[source.x, source.y, source.z] = Float(1 / grid.voxelVolumeML) * 1e9
            let got = try await grays(decays)
            for k in 0 ..< 9 {
                for j in 0 ..< 9 {
                    for i in 0 ..< 9 {
                        let at =
                            4
                            * Vector3(
                                Double(i - source.x), Double(j - source.y), Double(k - source.z))
                        guard at.length > 20 else { continue }
                        let dose = Double(got[i, j, k]) * 1e-9
                        worst = max(worst, abs(dose / photonDose(at, [4, 4, 4]) - 1))
                    }
                }
            }
        }
        return worst
    }

    /// The figure of the documentation, measured there for I-131.
    @Test("one change of grid costs a single voxel's photon dose 0.9 % at most")
    func oneChange() async throws {
        let worst = try await worstOfOneChange()
        print("one change of grid: \(100 * worst) %")
        #expect(worst < 0.9e-2)
    }

    @Test("keeps the energy: deep in a uniform source the dose is the energy absorbed per mass")
    func equilibrium() async throws {
        let grid = try VolumeGeometry(shape: [80, 80, 80], spacingMM: [5, 5, 5])
        let got = try await grays(Volume(repeating: 1e9, geometry: grid))
        func gray(_ keV: Double) -> Double { 1e9 * keV * 1.602176634e-16 * 1000 }
        // A cube of 400 mm around: at least the sphere within it, at most all that there is.
        let least = gray(900 + 300 * (1 - exp(-2)))
        let most = gray(900 + 300 * (1 - exp(-6)))
        let centre = Double(got[40, 40, 40])
        #expect(centre > least && centre < most)
    }

    @Test(
        "the energy of a map is that of its decays times what the kernel absorbs in the grid",
        arguments: [Float(1), 0.3])
    func energy(density: Float) async throws {
        // Electrons only, well inside: nothing leaves.
        let grid = try VolumeGeometry(shape: [24, 22, 20], spacingMM: [3, 3, 4])
        var decays = Volume<Float>(repeating: 0, geometry: grid)
        for k in 6 ... 12 { for i in 8 ... 14 { decays[i, 10 + k % 3, k] = Float(1 + i * k) } }
        let kernels = try closedFormKernels(photons: false)
        let got = try await grays(decays, density: density, kernels: kernels)
        let joules = got.sum() * Double(density) * 1e-3
        let expected = decays.sum() * 900 * 1.602176634e-16
        // Sums of Float in each voxel: seven digits, thousands of voxels at random.
        #expect(abs(joules / expected - 1) < 1e-5)
    }

    /// Vector T21 of dose-engine.md.
    @Test("does not wrap: a source in a corner leaves nothing beyond its electrons' range")
    func noWrap() async throws {
        let grid = try VolumeGeometry(shape: [32, 32, 32], spacingMM: [3, 3, 3])
        var decays = Volume<Float>(repeating: 0, geometry: grid)
        decays[0, 0, 0] = 1e9
        let got = try await grays(decays, kernels: closedFormKernels(photons: false))
        #expect(got[0, 0, 0] > 0 && got[2, 0, 0] > 0)
        for n in 5 ..< 32 {
            #expect(got[n, 0, 0] == 0 && got[0, n, 0] == 0 && got[0, 0, n] == 0)
        }
        #expect(got[31, 31, 31] == 0)
    }

    @Test("photons of a source in a corner fall off to the far one and come from nowhere else")
    func cornerPhotons() async throws {
        let grid = try VolumeGeometry(shape: [32, 32, 32], spacingMM: [8, 8, 8])
        var decays = Volume<Float>(repeating: 0, geometry: grid)
        decays[0, 0, 0] = 1e9
        let got = try await grays(decays)
        for n in 1 ..< 32 {
            #expect(got[n, n, n] > 0 && got[n, n, n] < got[n - 1, n - 1, n - 1])
            #expect(got[n, 0, 0] > 0 && got[n, 0, 0] < got[n - 1, 0, 0])
        }
    }

    @Test("is linear in single maps: the dose of a sum is the sum of the doses")
    func superposition() async throws {
        let grid = try VolumeGeometry(shape: [30, 26, 22], spacingMM: [4, 4, 4])
        var (a, b) = (
            Volume<Float>(repeating: 0, geometry: grid), Volume<Float>(repeating: 0, geometry: grid)
        )
        a[5, 20, 3] = 3e9
        b[28, 2, 19] = 1e9
        b[10, 10, 10] = 7e8
        var both = a
        both[28, 2, 19] += 1e9
        both[10, 10, 10] += 7e8
        let (doseA, doseB, dose) = try await (grays(a), grays(b), grays(both))
        for (i, j, k) in [(5, 20, 3), (12, 12, 12), (28, 2, 19), (0, 0, 0), (29, 25, 21)] {
            let sum = doseA[i, j, k] + doseB[i, j, k]
            // Float: terms of either sign in the stencils, whose sizes add to 1.8 times the sum.
            #expect(abs(dose[i, j, k] / sum - 1) < 1e-5)
        }
    }

    @Test("divides by the voxel's density only when told to; lung stays lung, gas gets no dose")
    func density() async throws {
        let grid = try VolumeGeometry(shape: [9, 9, 9], spacingMM: [4, 4, 4])
        var decays = Volume<Float>(repeating: 0, geometry: grid)
        decays[4, 4, 4] = 1e9
        let water = try await grays(decays)
        let lung = try await grays(decays, density: 0.25)
        let plain = try await grays(decays, density: 0.25, correction: .none)
        #expect(abs(lung[4, 4, 4] / (4 * water[4, 4, 4]) - 1) < 1e-6)
        #expect(plain[4, 4, 4] == water[4, 4, 4])
        #expect(try await grays(decays, density: 0.11)[4, 4, 4] > 9 * water[4, 4, 4])
        #expect(try await grays(decays, density: 0.09).sum() == 0)
    }

    @Test("in the same medium at another density it is the scaled kernel, divided by nothing")
    func scaledMedium() async throws {
        let grid = try VolumeGeometry(shape: [21, 21, 21], spacingMM: [4, 4, 4])
        let wide = try VolumeGeometry(shape: [21, 21, 21], spacingMM: [2, 2, 2])
        var decays = Volume<Float>(repeating: 0, geometry: grid)
        decays[10, 10, 10] = 1e9
        var small = Volume<Float>(repeating: 0, geometry: wide)
        small[10, 10, 10] = 1e9
        // S(ρ, d) = ρ² S(1, ρ d) per decay, so ρ⁻¹ per decay and volume.
        let half = try await grays(
            decays, density: 0.5, kernels: closedFormKernels().scaled(toGPerML: 0.5))
        let one = try await grays(small)
        for offset in 0 ... 8 {
            let ratio = half[10 + offset, 10, 10] / (2 * one[10 + offset, 10, 10])
            #expect(abs(ratio - 1) < 1e-4, "\(offset)")
        }
    }
}
