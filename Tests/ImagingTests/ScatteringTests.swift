import Imaging
import Testing
import _TestSupport

@Suite("Scattering")
struct ScatteringTests {
    /// A grid of `counts` voxels of `spacingMM`, its middle at the origin.
    private static func grid(_ counts: Int, _ spacingMM: Double) throws -> VolumeGeometry {
        let origin = -0.5 * Double(counts - 1) * spacingMM
        return try VolumeGeometry(
            shape: [counts, counts - 1, counts - 2],
            spacingMM: Vector3(spacingMM, spacingMM, spacingMM),
            originMM: Vector3(origin, origin, origin))
    }

    @Test(
        "voxels shared out whole give the bytes of parts shared out one by one",
        arguments: [
            // Voxels that touch two or three others along an axis, two to four, more than four.
            (4.42, 3.0, 1.5), (4.42, 3.0, 12), (4.8, 2.0, 5), (6, 2.0, 20), (2, 3.0, 3),
        ])
    func whole(sourceMM: Double, targetMM: Double, degrees: Double) throws {
        let target = try Self.grid(23, targetMM)
        // Larger than the target, so that voxels lie across all of its faces.
        let source = try Self.grid(Int(26 * targetMM / sourceMM) + 2, sourceMM)
        var counts = Volume<Float>(repeating: 0, geometry: source)
        var state: UInt32 = 5
        for k in 0 ..< source.shape.z {
            for j in 0 ..< source.shape.y {
                for i in 0 ..< source.shape.x where (i + j + k) % 5 != 0 {
                    state = state &* 1_664_525 &+ 1_013_904_223
                    // Noise has values below zero, as reconstructions leave them.
                    counts[i, j, k] = Float(state >> 12) - 1e5
                }
            }
        }
        let transform = RigidTransform(
            rotation: ImagingShapes.rotation(degrees: [degrees, -0.7 * degrees, 0.4 * degrees]),
            translationMM: [0.3, -1.1, 0.8])
        let whole = counts.scattered(onto: target, through: transform)
        let oneByOne = counts.scattered(onto: target, through: transform, oneByOne: true)
        #expect(whole.voxels == oneByOne.voxels)
        #expect(whole.sum() > 0)
    }
}
