package import Imaging
package import Quantities

/// The images of the case, before they become DICOM.
package struct Simulation: Sendable {
    package let options: PhantomOptions

    package init(options: PhantomOptions) { self.options = options }

    /// Which noise a stream makes; part of the frozen results.
    private enum Purpose {
        static let diagnosticCT: UInt64 = 1
        static let spectCT: UInt64 = 2
        static let petCT: UInt64 = 3
        static let planar: UInt64 = 4
        static let spect: UInt64 = 5
        static let pet: UInt64 = 6
    }

    private func stream(_ purpose: UInt64) -> RandomStream {
        RandomStream(seed: options.seed, purpose: purpose)
    }

    /// The distance of the CT's lines across slices, in millimetres.
    ///
    /// A flat surface such as the diaphragm is placed only to this distance. With two lines per
    /// slice of 5 to 7.5 mm, the two CTs of the small patient lay 0.4 mm apart by that alone.
    private static let lineDistanceMM = 0.625

    /// The contrast-enhanced CT, with 12 HU of noise.
    package func diagnosticCT() throws -> HounsfieldMap {
        ct(
            try Grids.diagnosticCT(options), .identity, noise: 12,
            purpose: Purpose.diagnosticCT)
    }

    /// The low-dose CT of the SPECT/CT, with 25 HU of noise.
    package func spectCT() throws -> HounsfieldMap {
        ct(
            try Grids.lowDoseCT(options), Scenario.toSpect, noise: 25, purpose: Purpose.spectCT)
    }

    /// The low-dose CT of the PET/CT, with 25 HU of noise.
    package func petCT() throws -> HounsfieldMap {
        ct(try Grids.lowDoseCT(options), Scenario.toPet, noise: 25, purpose: Purpose.petCT)
    }

    private func ct(
        _ grid: VolumeGeometry, _ placement: RigidTransform, noise: Double, purpose: UInt64
    ) -> HounsfieldMap {
        let painted = Rasteriser(
            geometry: grid, placement: placement, linesPerVoxel: 2,
            linesPerSlice: Int((grid.spacingMM.z / Self.lineDistanceMM).rounded(.up))
        ).painted(Anatomy.layers)
        return HounsfieldMap(
            hounsfieldUnits: Noise.gaussian(painted, stream: stream(purpose)) { _ in noise })
    }

    /// The Tc-99m MAA distribution of this patient at the time of imaging.
    package var maa: ActivityModel {
        Scenario.maa(extrahepaticFraction: options.extrahepaticFraction)
    }

    /// Expected counts and drawn counts of both planar views.
    package func planar() throws -> (expected: Volume<Float>, drawn: CountMap) {
        let views = try PlanarViews(maa, options: options)
        let drawn = Noise.poisson(views.expected, stream: stream(Purpose.planar))
        return (views.expected, CountMap(counts: drawn))
    }

    /// The reconstructed SPECT: blur and Poisson noise, no attenuation, no scatter.
    package func spect() throws -> CountMap {
        CountMap(counts: Noise.poisson(try expectedSpect(), stream: stream(Purpose.spect)))
    }

    /// The SPECT without noise: expected counts per voxel.
    package func expectedSpect() throws -> Volume<Float> {
        let grid = try Grids.spect(options)
        let perVoxel = grid.voxelVolumeML / 1e6 * Scenario.spectCountsPerMBq
        let expected = Rasteriser(
            geometry: grid, placement: Scenario.toSpect, linesPerVoxel: 6
        ).added(maa.increments.map { ($0.shape, $0.weight * perVoxel) })
        return GaussianBlur.blurred(expected, widthMM: Scenario.spectBlurMM)
    }

    /// The Y-90 PET at the start of its series: blur and Gaussian noise, so also negative values.
    package func pet(halfLife: TimeSpan) throws -> ActivityMap {
        let noisy = try Noise.gaussian(
            expectedPet(halfLife: halfLife), stream: stream(Purpose.pet), deviation: petNoise())
        return ActivityMap(becquerelsPerML: noisy)
    }

    /// The PET without noise, in Bq/mL at the start of its series.
    package func expectedPet(halfLife: TimeSpan) throws -> Volume<Float> {
        let left = Activity(becquerels: 1).decayed(over: Scenario.petDelay, halfLife: halfLife)
        let rasterised = Rasteriser(
            geometry: try Grids.pet(options), placement: Scenario.toPet, linesPerVoxel: 6
        ).added(
            Scenario.delivered.increments.map { ($0.shape, $0.weight * left.becquerels) })
        return GaussianBlur.blurred(rasterised, widthMM: Scenario.petBlurMM)
    }

    /// The standard deviation of a PET voxel in Bq/mL, given its expected Bq/mL.
    package func petNoise() throws -> @Sendable (Float) -> Double {
        // Larger voxels average over more of the same noise.
        let reference = try Grids.pet(PhantomOptions(seed: options.seed)).voxelVolumeML
        let share = reference / (try Grids.pet(options).voxelVolumeML)
        return { value in
            let background = Scenario.petBackgroundNoise * Scenario.petBackgroundNoise
            let signal = Scenario.petNoisePerConcentration * Double(max(value, 0))
            return ((background + signal) * share).squareRoot()
        }
    }
}
