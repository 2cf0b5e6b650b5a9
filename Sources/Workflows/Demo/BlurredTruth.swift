import Imaging
import Phantom

/// What a perfect program would read from the blurred, noise-free SPECT of the synthetic patient.
///
/// Shapes are rasterised straight onto the SPECT grid, at the place where the registration under
/// test puts them, so neither contours nor resampling of the program take part.
struct BlurredTruth {
    private let counts: Volume<Float>
    private let rasteriser: Rasteriser

    init(options: PhantomOptions, registration: RigidTransform) throws {
        counts = try Simulation(options: options).expectedSpect()
        rasteriser = Rasteriser(
            geometry: counts.geometry, placement: registration, linesPerVoxel: 6)
    }

    /// Expected counts inside a structure.
    func counts(in structure: String) -> Double? {
        guard let region = Regions.all.first(where: { $0.name == structure }) else { return nil }
        let inside = rasteriser.added(region.shapes.map { ($0, 1) })
        var sum = 0.0
        inside.withVoxels { shares in
            counts.withVoxels { counts in
                for n in shares.indices { sum += Double(min(1, shares[n])) * Double(counts[n]) }
            }
        }
        return sum
    }
}
