package import Imaging

/// A coarser copy of a volume, to be looked at until the volume itself is there.
package enum ReducedVolume {
    /// The most voxels along an axis.
    private static let mostVoxels = 128

    /// Returns the means of blocks of voxels, in the place of those blocks.
    ///
    /// - Parameters:
    ///   - volume: The volume.
    ///   - isWhole: Whether means are rounded to whole numbers, which take half the room.
    /// - Returns: At most 128 voxels along each axis.
    /// - Throws: ``ImagingError/degenerateGrid(shape:spacingMM:)``.
    package static func of(_ volume: Volume<Float>, isWhole: Bool) throws -> Volume<Float> {
        let grid = volume.geometry
        let factor = Vector3(
            Self.factor(grid.shape.x), Self.factor(grid.shape.y), Self.factor(grid.shape.z))
        let shape = Vector3(
            (grid.shape.x + factor.x - 1) / factor.x, (grid.shape.y + factor.y - 1) / factor.y,
            (grid.shape.z + factor.z - 1) / factor.z)
        let steps = Vector3(Double(factor.x), Double(factor.y), Double(factor.z))
        let spacing = Vector3(
            steps.x * grid.spacingMM.x, steps.y * grid.spacingMM.y, steps.z * grid.spacingMM.z)
        let first = Vector3((steps.x - 1) / 2, (steps.y - 1) / 2, (steps.z - 1) / 2)
        var reduced = Volume<Float>(
            repeating: 0,
            geometry: try VolumeGeometry(
                shape: shape, spacingMM: spacing, originMM: grid.positionMM(index: first),
                axes: grid.axes))
        reduced.updateSlices { k, slice in
            fill(&slice, k: k, shape: shape, factor: factor, from: volume, isWhole: isWhole)
        }
        return reduced
    }

    private static func factor(_ count: Int) -> Int { (count + mostVoxels - 1) / mostVoxels }

    private static func fill(
        _ slice: inout MutableSpan<Float>, k: Int, shape: Vector3<Int>, factor: Vector3<Int>,
        from volume: Volume<Float>, isWhole: Bool
    ) {
        let full = volume.geometry.shape
        var sums = [Double](repeating: 0, count: shape.x * shape.y)
        let slices = k * factor.z ..< min(full.z, (k + 1) * factor.z)
        volume.withVoxels { voxels in
            for z in slices {
                for y in 0 ..< full.y {
                    let row = full.x * (y + full.y * z)
                    let target = shape.x * (y / factor.y)
                    for x in 0 ..< full.x { sums[target + x / factor.x] += Double(voxels[row + x]) }
                }
            }
        }
        for j in 0 ..< shape.y {
            let rows = min(factor.y, full.y - j * factor.y)
            for i in 0 ..< shape.x {
                let columns = min(factor.x, full.x - i * factor.x)
                let mean = sums[i + shape.x * j] / Double(slices.count * rows * columns)
                slice[i + shape.x * j] = Float(isWhole ? mean.rounded() : mean)
            }
        }
    }
}
