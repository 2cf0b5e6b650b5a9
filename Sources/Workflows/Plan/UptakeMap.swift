import DICOM
package import Imaging

/// The activity image on the planning grid, as an amount per voxel.
///
/// Counts are amounts: they are redistributed, so their sum is kept. Activity concentration is
/// interpolated, so its values are kept, and then multiplied by the voxel volume.
package struct UptakeMap: Sendable {
    /// Counts, decays or becquerels per voxel; noise may make single voxels negative.
    package let amounts: Volume<Float>

    /// The share of each voxel that lies inside the emission image's field of view, 0 to 1.
    package let insideField: Volume<Float>

    /// The sum over the whole emission image, also outside the planning grid.
    package let imageTotal: Double

    /// Puts an emission image on a grid.
    ///
    /// - Parameters:
    ///   - image: Amounts or concentrations.
    ///   - isConcentration: Whether voxel values are per millilitre.
    ///   - grid: The planning grid.
    ///   - transform: Maps planning positions to positions in the emission image's frame.
    package init(
        image: Volume<Float>, isConcentration: Bool, grid: VolumeGeometry,
        through transform: RigidTransform
    ) {
        if isConcentration {
            var amounts = image.interpolated(onto: grid, through: transform, outside: 0)
            let voxelML = Float(grid.voxelVolumeML)
            amounts.updateSlices { _, slice in
                for n in slice.indices { slice[n] *= voxelML }
            }
            self.amounts = amounts
            imageTotal = image.sum() * image.geometry.voxelVolumeML
        } else {
            amounts = image.shared(onto: grid, through: transform)
            imageTotal = image.sum()
        }
        insideField = Self.field(of: image.geometry, on: grid, through: transform)
    }

    /// Whether voxel centres of `grid` lie inside the box of `image`.
    private static func field(
        of image: VolumeGeometry, on grid: VolumeGeometry, through transform: RigidTransform
    ) -> Volume<Float> {
        var inside = Volume<Float>(repeating: 0, geometry: grid)
        inside.updateSlices { k, slice in
            func isInside(_ i: Int, _ j: Int, margin: Double) -> Bool {
                let index = image.index(
                    positionMM: transform(
                        grid.positionMM(index: Vector3(Double(i), Double(j), Double(k)))))
                let low = margin - 0.5
                return index.x >= low && index.x <= Double(image.shape.x - 1) - low
                    && index.y >= low && index.y <= Double(image.shape.y - 1) - low
                    && index.z >= low && index.z <= Double(image.shape.z - 1) - low
            }
            for j in 0 ..< grid.shape.y {
                let row = grid.shape.x * j
                let last = grid.shape.x - 1
                // A box is convex: a row whose ends are inside is inside, but for rounding.
                let isWhole = isInside(0, j, margin: 1e-3) && isInside(last, j, margin: 1e-3)
                for i in 0 ... last {
                    slice[row + i] = isWhole || isInside(i, j, margin: 0) ? 1 : 0
                }
            }
        }
        return inside
    }

    /// The amount inside a region, partial voxels by their share.
    package func amount(in region: RegionMask) -> Double { amounts.weightedSum(over: region) }

    /// The share of a region's volume that the emission image shows, 0 to 1; 0 when empty.
    package func visibleShare(of region: RegionMask) -> Double {
        var volume = 0.0
        region.forEachVoxel { _, share in volume += Double(share) }
        return volume > 0 ? insideField.weightedSum(over: region) / volume : 0
    }
}

extension Volume where Scalar == Float {
    /// The sum of voxel values times the region's share of each voxel.
    package func weightedSum(over region: RegionMask) -> Double {
        withVoxels { voxels in
            var sum = 0.0
            region.forEachVoxel { index, share in sum += Double(voxels[index]) * Double(share) }
            return sum
        }
    }
}
