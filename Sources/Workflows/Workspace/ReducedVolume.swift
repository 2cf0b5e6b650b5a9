package import DICOM
package import Imaging

/// A coarser copy of a volume: to be looked at until the volume itself is there, or where that is too
/// large for what draws it.
package enum ReducedVolume {
    /// The most voxels along an axis.
    private static let mostVoxels = 128

    /// Returns the means of blocks of voxels, as few along each axis as a preview has.
    ///
    /// Slices that are files of their own are read some at a time, so that the whole is never in
    /// memory; those of a file of many are read as a whole.
    ///
    /// - Returns: At most 128 voxels along each axis.
    /// - Throws: ``DicomError`` when they cannot be read, and as ``of(_:blocks:isWhole:)``.
    package static func of(
        _ stack: OrderedStack, from source: some DicomSource, isWhole: Bool
    ) async throws -> Volume<Float> {
        let native = stack.geometry
        let blocks = blocks(of: native.shape)
        // A file of several slices would be decoded once for every slab.
        let thickness = stack.isFilePerSlice ? slabBlocks * blocks.z : native.shape.z
        let grid = try grid(of: native, blocks: blocks)
        var voxels: [Float] = []
        voxels.reserveCapacity(grid.count)
        for first in stride(from: 0, to: native.shape.z, by: thickness) {
            let slab = try await stack.slab(
                first ..< min(first + thickness, native.shape.z), from: source)
            voxels += try of(slab, blocks: blocks, isWhole: isWhole).voxels
        }
        return try Volume(voxels: voxels, geometry: grid)
    }

    /// Blocks along `k` that are read at once: enough for all who decode to have some.
    private static let slabBlocks = 8

    /// Returns the means of blocks of voxels, in the place of those blocks.
    ///
    /// Voxel `i` lies where the voxels `factor * i` to `factor * i + factor - 1` have their middle. A
    /// block at the upper edge that is not full holds the mean of what there is, on the same grid.
    ///
    /// - Parameters:
    ///   - volume: The volume.
    ///   - factor: How many voxels a block has along each axis, at least 1.
    ///   - isWhole: Whether means are rounded to whole numbers, which take half the room.
    /// - Returns: The coarser volume.
    /// - Throws: ``ImagingError/degenerateGrid(shape:spacingMM:)``.
    package static func of(
        _ volume: Volume<Float>, blocks factor: Vector3<Int>, isWhole: Bool
    ) throws -> Volume<Float> {
        precondition(min(factor.x, factor.y, factor.z) >= 1, "blocks of \(factor)")
        let grid = try grid(of: volume.geometry, blocks: factor)
        var reduced = Volume<Float>(repeating: 0, geometry: grid)
        reduced.updateSlices { k, slice in
            fill(
                &slice, k: k, shape: grid.shape, factor: factor, from: volume, isWhole: isWhole)
        }
        return reduced
    }

    private static func grid(
        of grid: VolumeGeometry, blocks factor: Vector3<Int>
    ) throws -> VolumeGeometry {
        let shape = Vector3(
            (grid.shape.x + factor.x - 1) / factor.x, (grid.shape.y + factor.y - 1) / factor.y,
            (grid.shape.z + factor.z - 1) / factor.z)
        let steps = Vector3(Double(factor.x), Double(factor.y), Double(factor.z))
        let spacing = Vector3(
            steps.x * grid.spacingMM.x, steps.y * grid.spacingMM.y, steps.z * grid.spacingMM.z)
        let first = Vector3((steps.x - 1) / 2, (steps.y - 1) / 2, (steps.z - 1) / 2)
        return try VolumeGeometry(
            shape: shape, spacingMM: spacing, originMM: grid.positionMM(index: first),
            axes: grid.axes)
    }

    private static func blocks(of shape: Vector3<Int>) -> Vector3<Int> {
        func factor(_ count: Int) -> Int { (count + mostVoxels - 1) / mostVoxels }
        return Vector3(factor(shape.x), factor(shape.y), factor(shape.z))
    }

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
