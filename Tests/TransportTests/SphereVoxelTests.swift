import Imaging
import Physics
import Testing
import Transport

/// A sphere cut from voxels: vector T18 of dose-engine.md.
@Suite("Sphere of voxels")
struct SphereVoxelTests {
    /// PENELOPE and the closed overlap of spheres: 0.688 of Y-90's electrons; 1.5 % for the stairs.
    @Test("1 g of water in voxels of 1 mm keeps 0.688 of the electron energy of Y-90")
    func yttrium() throws {
        let radius = 6.2035
        let count = 61
        let middle = Double(count - 1) / 2
        let grid = try VolumeGeometry(
            shape: Vector3(count, count, count), spacingMM: Vector3(1, 1, 1))
        var labels = Volume<UInt16>(repeating: 0, geometry: grid)
        var decays = Volume<Float>(repeating: 0, geometry: grid)
        for k in 0 ..< count {
            for j in 0 ..< count {
                for i in 0 ..< count {
                    let r = Vector3(Double(i) - middle, Double(j) - middle, Double(k) - middle)
                    guard r.length <= radius else { continue }
                    labels[i, j, k] = 1
                    decays[i, j, k] = 1000
                }
            }
        }
        let decay = try DecayData(.y90)
        let result = try MonteCarloEngine(
            phantom: VoxelPhantom(
                uniform: Medium.named("water"), gramsPerML: 1, geometry: grid),
            spectrum: EmissionSpectrum(decay)
        ).run(decays: decays, until: .histories(200_000), seed: 3, threads: 2, labels: labels)
        let sphere = try #require(result.labels.first { $0.label == 1 })
        let emitted = decays.sum() * decay.electronKeVPerDecay * PhysicalConstant.joulesPerKeV
        let absorbed = sphere.meanGy * sphere.massKg / emitted
        print("T18: \(absorbed), mass \(sphere.massKg)")
        #expect(abs(absorbed / 0.688 - 1) < 0.015 + 3 * sphere.relativeUncertainty)
    }
}
