package import Imaging
import Testing

/// Checks the laws that every resampling of a volume onto another grid must obey.
///
/// - Parameters:
///   - source: The grid resampled from.
///   - target: The grid resampled onto.
///   - transform: Takes points of the target's frame into the source's frame.
/// - Throws: What building a test volume throws.
package func checkResamplingLaws(
    from source: VolumeGeometry, onto target: VolumeGeometry,
    through transform: RigidTransform = .identity
) throws {
    let constant = Volume<Float>(repeating: 3.5, geometry: source)
    // Weights add up to 1 within the rounding of Double, the result is rounded to Float.
    let tolerance: Float = 3.5 * 4 * .ulpOfOne
    for result in [
        constant.interpolated(onto: target, through: transform, outside: 3.5),
        constant.averaged(onto: target, through: transform, outside: 3.5),
    ] {
        #expect(result.geometry == target)
        #expect(result.firstIndex { abs($0 - 3.5) > tolerance } == nil)
    }

    let field: (Vector3<Double>) -> Double = { 2 + 0.1 * $0.x - 0.2 * $0.y + 0.3 * $0.z }
    let linear = try ImagingShapes.volume(on: source, field)
    let expected = try ImagingShapes.volume(on: target) { field(transform($0)) }
    let result = linear.interpolated(onto: target, through: transform, outside: .nan)
    let distance = forEachVoxelDeepInside(source, target, transform) { i, j, k in
        abs(result[i, j, k] - expected[i, j, k])
    }
    // Field values reach some hundreds; Float holds them to 3e-5.
    #expect(distance < 1e-4)

    let counts = try ImagingShapes.volume(on: source) { abs($0.x + 2 * $0.y + 3 * $0.z) + 1 }
    let shared = counts.redistributed(onto: target, through: transform)
    // Each voxel is rounded to Float once; the errors do not add up in one direction.
    let lost = counts.sum() - shared.volume.sum() - shared.outside
    #expect(abs(lost) <= 1e-6 * counts.sum())
    #expect(shared.outside >= 0)

    let same = counts.interpolated(onto: source, outside: .nan)
    #expect(same.storageEquals(counts))
    #expect(counts.redistributed(onto: source).volume.storageEquals(counts))
}

/// The greatest value of `body` over the target voxels whose centre lies at least half a voxel
/// inside the source's outermost centres.
private func forEachVoxelDeepInside(
    _ source: VolumeGeometry, _ target: VolumeGeometry, _ transform: RigidTransform,
    _ body: (Int, Int, Int) -> Float
) -> Float {
    var greatest: Float = 0
    for k in 0 ..< target.shape.z {
        for j in 0 ..< target.shape.y {
            for i in 0 ..< target.shape.x {
                let index = Vector3(Double(i), Double(j), Double(k))
                let at = source.index(positionMM: transform(target.positionMM(index: index)))
                guard
                    at.smallest >= 0, at.x <= Double(source.shape.x - 1),
                    at.y <= Double(source.shape.y - 1), at.z <= Double(source.shape.z - 1)
                else { continue }
                let value = body(i, j, k)
                greatest = value.isNaN ? .infinity : max(greatest, value)
            }
        }
    }
    return greatest
}

extension Volume where Scalar == Float {
    /// Whether all voxels are the same within one rounding of `Float`.
    package func storageEquals(_ other: Volume<Float>) -> Bool {
        guard geometry == other.geometry else { return false }
        return withVoxels { a in
            other.withVoxels { b in
                a.indices.allSatisfy { abs(a[$0] - b[$0]) <= abs(a[$0]) * .ulpOfOne }
            }
        }
    }
}
