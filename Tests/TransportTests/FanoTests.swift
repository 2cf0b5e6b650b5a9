import Imaging
import Physics
import Testing
import Transport

/// Fano's theorem: where composition and density effect are the same everywhere and the source is
/// uniform per mass, the dose is uniform, whatever the densities.
@Suite("Fano's theorem")
struct FanoTests {
    /// Law; 0.3 % is the gate of the issue, for steps and boundaries.
    ///
    /// Electrons of Y-90 reach 11 mm
    /// in water; six voxels of 4 mm at 1.1 g/mL on the average are 26 mm.
    @Test("Random densities get a uniform dose from a source per mass")
    func uniformDose() throws {
        let geometry = try VolumeGeometry(
            shape: Vector3(22, 22, 22), spacingMM: Vector3(4, 4, 4))
        var density = Volume<Float>(repeating: 1, geometry: geometry)
        var labels = Volume<UInt16>(repeating: 0, geometry: geometry)
        var state: UInt64 = 12345
        for k in 0 ..< 22 {
            for j in 0 ..< 22 {
                for i in 0 ..< 22 {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    let u = Double(state >> 11) * 0x1p-53
                    density[i, j, k] = Float(0.2 + 1.8 * u)
                    if min(i, j, k) >= 6 && max(i, j, k) < 16 { labels[i, j, k] = u < 0.5 ? 1 : 2 }
                }
            }
        }
        var settings = TransportSettings()
        settings.bremsstrahlung = .local
        let engine = try MonteCarloEngine(
            phantom: VoxelPhantom(
                medium: Volume(repeating: 0, geometry: geometry),
                density: DensityMap(gramsPerML: density), media: [Medium.named("water")]),
            spectrum: EmissionSpectrum(DecayData(.y90)), settings: settings)
        let result = try engine.run(
            decays: density, until: .histories(1_500_000), seed: 2, labels: labels)
        let expected = result.emittedJ / (density.sum() * geometry.voxelVolumeML * 1e-3)
        for label in result.labels where label.label > 0 {
            #expect(
                abs(label.meanGy / expected - 1) < 0.003 + 2 * label.relativeUncertainty,
                "\(label.label): \(label.meanGy / expected - 1), \(label.relativeUncertainty)")
        }
    }
}
