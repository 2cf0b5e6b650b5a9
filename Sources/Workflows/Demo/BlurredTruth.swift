import Imaging
import Phantom

/// What a perfect program would read from a blurred, noise-free image of the synthetic patient.
///
/// Shapes are rasterised straight onto the image's grid, at the place where the registration under
/// test puts them, so neither contours nor resampling of the program take part.
struct BlurredTruth {
    private let image: Volume<Float>
    private let rasteriser: Rasteriser

    /// `image` holds expected values; `registration` leads from the planning CT to it.
    init(image: Volume<Float>, registration: RigidTransform) {
        self.image = image
        rasteriser = Rasteriser(
            geometry: image.geometry, placement: registration, linesPerVoxel: 6)
    }

    /// The sum over the voxels of a structure, each with its share inside: counts of the SPECT.
    func sum(in structure: String) -> Double? {
        sum(in: structure) { share, value in share * Double(value) }
    }

    /// The sum over the voxels of a structure of any function of share inside and value.
    func sum(in structure: String, of term: (Double, Float) -> Double) -> Double? {
        guard let region = Regions.all.first(where: { $0.name == structure }) else { return nil }
        let inside = rasteriser.added(region.shapes.map { ($0, 1) })
        var sum = 0.0
        inside.withVoxels { shares in
            image.withVoxels { values in
                for n in shares.indices where shares[n] > 0 {
                    sum += term(Double(min(1, shares[n])), values[n])
                }
            }
        }
        return sum
    }
}
