import Imaging
import Physics
import Testing
import Transport

/// Laws that hold whatever the physics data are.
@Suite("Monte Carlo engine laws")
struct EngineLawTests {
    /// A block of bone and lung in water, with a source that reaches into all three.
    static func block(
        spacingMM: Double = 3, densityFactor: Float = 1
    ) throws -> (
        VoxelPhantom, Volume<Float>
    ) {
        let geometry = try VolumeGeometry(
            shape: Vector3(9, 8, 7),
            spacingMM: Vector3(spacingMM, spacingMM * 1.5, spacingMM * 0.5))
        var medium = Volume<UInt8>(repeating: 7, geometry: geometry)
        var density = Volume<Float>(repeating: densityFactor, geometry: geometry)
        var decays = Volume<Float>(repeating: 0, geometry: geometry)
        for k in 0 ..< 7 {
            for j in 0 ..< 8 {
                for i in 0 ..< 9 {
                    if i > 5 {
                        medium[i, j, k] = 1
                        density[i, j, k] = 0.25 * densityFactor
                    } else if j < 2 {
                        medium[i, j, k] = 5
                        density[i, j, k] = 1.875 * densityFactor
                    }
                    if (3 ..< 7).contains(i) { decays[i, j, k] = Float(1 + i + k) }
                }
            }
        }
        let phantom = try VoxelPhantom(
            medium: medium, density: DensityMap(gramsPerML: density), media: Medium.all)
        return (phantom, decays)
    }

    @Test("One, two and seven threads give the same bytes", arguments: [2, 7])
    func threads(count: Int) throws {
        let (phantom, decays) = try Self.block()
        let engine = try MonteCarloEngine(
            phantom: phantom, spectrum: EmissionSpectrum(DecayData(.i131)))
        let one = try engine.run(decays: decays, until: .histories(8000), seed: 7, threads: 1)
        let many = try engine.run(decays: decays, until: .histories(8000), seed: 7, threads: count)
        #expect(one.dose.grays.voxels == many.dose.grays.voxels)
        #expect(
            one.relativeUncertainty.voxels == many.relativeUncertainty.voxels)
        #expect(one.emittedJ == many.emittedJ && one.escapedJ == many.escapedJ)
        let other = try engine.run(decays: decays, until: .histories(8000), seed: 8, threads: 1)
        #expect(one.dose.grays.voxels != other.dose.grays.voxels)
    }

    /// 1e-9: what the issue asks; sums of some 10⁵ terms round to about 1e-13.
    @Test(
        "What is emitted is deposited or escapes",
        arguments: [Nuclide.y90, .lu177, .i131, .ga68, .ho166, .tc99m])
    func energyBalance(nuclide: Nuclide) throws {
        let (phantom, decays) = try Self.block()
        let engine = try MonteCarloEngine(
            phantom: phantom, spectrum: EmissionSpectrum(DecayData(nuclide)))
        let result = try engine.run(decays: decays, until: .histories(4000), seed: 3)
        #expect(result.escapedJ > 0)
        #expect(abs((result.depositedJ + result.escapedJ) / result.emittedJ - 1) < 1e-9)
        // Dose times mass is the energy; the map is Float, good to 1e-6 after averaging.
        var energy = 0.0
        for (grays, density) in zip(
            result.dose.grays.voxels, phantom.density.gramsPerML.voxels)
        {
            energy += Double(grays) * Double(density) * phantom.geometry.voxelVolumeML * 1e-3
        }
        #expect(abs(energy / result.depositedJ - 1) < 1e-6)
    }

    /// Closed form: transport depends on density times length only.
    ///
    /// Factors of two are exact, so
    /// each history does the same: 1e-6 is the rounding of the dose to Float.
    @Test("Twice the density at half the lengths gives each voxel the same energy")
    func densityScaling() throws {
        let spectrum = EmissionSpectrum(try DecayData(.y90))
        var energies: [[Double]] = []
        for (spacing, factor) in [(3.0, Float(1)), (1.5, Float(2))] {
            let (phantom, decays) = try Self.block(spacingMM: spacing, densityFactor: factor)
            let result = try MonteCarloEngine(phantom: phantom, spectrum: spectrum)
                .run(decays: decays, until: .histories(4000), seed: 5)
            energies.append(
                zip(
                    result.dose.grays.voxels, phantom.density.gramsPerML.voxels
                ).map {
                    Double($0) * Double($1) * phantom.geometry.voxelVolumeML
                })
        }
        for (one, two) in zip(energies[0], energies[1]) {
            #expect(abs(one - two) <= 1e-6 * abs(one))
        }
    }

    @Test("Twice the activity gives twice the dose with the same relative uncertainty")
    func linearity() throws {
        let (phantom, decays) = try Self.block()
        let engine = try MonteCarloEngine(
            phantom: phantom, spectrum: EmissionSpectrum(DecayData(.y90)))
        var double = decays
        double.updateSlices { _, slice in
            for index in slice.indices { slice[index] *= 2 }
        }
        let one = try engine.run(decays: decays, until: .histories(2000), seed: 5)
        let two = try engine.run(decays: double, until: .histories(2000), seed: 5)
        #expect(one.dose.grays.voxels.map { $0 * 2 } == two.dose.grays.voxels)
        #expect(one.relativeUncertainty.voxels == two.relativeUncertainty.voxels)
    }

    @Test("Bad input is refused and a cancelled run says so")
    func refusals() throws {
        let (phantom, decays) = try Self.block()
        let spectrum = EmissionSpectrum(try DecayData(.y90))
        let engine = try MonteCarloEngine(phantom: phantom, spectrum: spectrum)
        let nothing = Volume<Float>(repeating: 0, geometry: decays.geometry)
        #expect(throws: TransportError.nothingToEmit) {
            try engine.run(decays: nothing, until: .histories(10), seed: 1)
        }
        #expect(throws: TransportError.cancelled) {
            try engine.run(decays: decays, until: .histories(10), seed: 1, control: .cancelled)
        }
        var bad = decays
        bad[1, 1, 1] = -.infinity
        #expect(throws: TransportError.self) {
            try engine.run(decays: bad, until: .histories(10), seed: 1)
        }
        var settings = TransportSettings()
        settings.fractionalLoss = 0.9
        #expect(throws: TransportError.self) {
            try MonteCarloEngine(phantom: phantom, spectrum: spectrum, settings: settings)
        }
    }
}

extension RunControl {
    /// Cancels at once.
    fileprivate static var cancelled: RunControl {
        var control = RunControl()
        control.isCancelled = { true }
        return control
    }
}
