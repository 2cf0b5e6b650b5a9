extension VolumeGeometry {
    /// The grid of blocks of 2 × 2 × 2 voxels; a last odd voxel gets a block of its own.
    ///
    /// - Throws: ``ImagingError`` never for a valid grid; building a geometry checks again.
    public func halved() throws -> VolumeGeometry {
        try VolumeGeometry(
            shape: Vector3((shape.x + 1) / 2, (shape.y + 1) / 2, (shape.z + 1) / 2),
            spacingMM: 2 * spacingMM, originMM: positionMM(index: [0.5, 0.5, 0.5]), axes: axes)
    }
}

extension Volume where Scalar == Float {
    /// Returns amounts on the halved grid: of each voxel 3/4 go to its own block along an axis and
    /// 1/4 to the nearer neighbour, which keeps the sum and, off the border, the centroid.
    ///
    /// - Throws: What ``VolumeGeometry/halved()`` throws.
    public func sharedAmongBlocks() throws -> Volume<Float> {
        var result = Volume(repeating: 0, geometry: try geometry.halved())
        let coarse = result.geometry.shape
        let fine = geometry.shape
        let source = self
        result.updateSlices { k, slice in
            source.withVoxels { voxels in
                for z in max(0, 2 * k - 1) ..< min(2 * k + 3, fine.z) {
                    let acrossZ = share(of: z, in: k, count: coarse.z)
                    for y in 0 ..< fine.y {
                        let from = fine.x * (y + fine.y * z)
                        let (y0, y1) = neighbours(y, count: coarse.y)
                        for x in 0 ..< fine.x where voxels[from + x] != 0 {
                            let (x0, x1) = neighbours(x, count: coarse.x)
                            let value = acrossZ * voxels[from + x]
                            slice[x0 + coarse.x * y0] += 0.5625 * value
                            slice[x1 + coarse.x * y0] += 0.1875 * value
                            slice[x0 + coarse.x * y1] += 0.1875 * value
                            slice[x1 + coarse.x * y1] += 0.0625 * value
                        }
                    }
                }
            }
        }
        return result
    }

    /// Adds a volume on the halved grid, interpolated linearly, flat beyond its border centres.
    ///
    /// A fine voxel lies a quarter of a block from its block's centre, so each axis takes 3/4 of
    /// its own block and 1/4 of the neighbour.
    public mutating func addInterpolated(halved coarse: Volume<Float>) {
        let fine = geometry.shape
        let size = coarse.geometry.shape
        updateSlices { k, slice in
            let (z0, z1) = neighbours(k, count: size.z)
            var row = [Float](repeating: 0, count: size.x)
            coarse.withVoxels { voxels in
                for j in 0 ..< fine.y {
                    let (y0, y1) = neighbours(j, count: size.y)
                    let starts = [(y0, z0), (y1, z0), (y0, z1), (y1, z1)].map {
                        size.x * ($0.0 + size.y * $0.1)
                    }
                    for x in 0 ..< size.x {
                        let near = 9 * voxels[starts[0] + x] + 3 * voxels[starts[1] + x]
                        let far = 3 * voxels[starts[2] + x] + voxels[starts[3] + x]
                        row[x] = (near + far) * 0.0625
                    }
                    for i in 0 ..< fine.x {
                        let (x0, x1) = neighbours(i, count: size.x)
                        slice[i + fine.x * j] += 0.75 * row[x0] + 0.25 * row[x1]
                    }
                }
            }
        }
    }
}

/// The block of a fine voxel and the nearer of its neighbours.
private func neighbours(_ fine: Int, count: Int) -> (Int, Int) {
    let own = fine / 2
    return (own, min(max(fine % 2 == 0 ? own - 1 : own + 1, 0), count - 1))
}

/// The share of a fine voxel that a block takes along one axis.
private func share(of fine: Int, in block: Int, count: Int) -> Float {
    let (own, next) = neighbours(fine, count: count)
    return (own == block ? 0.75 : 0) + (next == block ? 0.25 : 0)
}
