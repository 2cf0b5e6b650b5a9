package import Imaging

extension Volume<Float> {
    /// The median over 3 x 3 x 3 voxels, fewer at the edge: takes noise away and leaves edges.
    package func medians() -> Volume<Float> {
        var result = self
        let shape = geometry.shape
        result.updateSlices { k, slice in
            withVoxels { voxels in
                var near: [Float] = []
                near.reserveCapacity(27)
                for j in 0 ..< shape.y {
                    for i in 0 ..< shape.x {
                        near.removeAll(keepingCapacity: true)
                        for c in max(0, k - 1) ... min(shape.z - 1, k + 1) {
                            for b in max(0, j - 1) ... min(shape.y - 1, j + 1) {
                                for a in max(0, i - 1) ... min(shape.x - 1, i + 1) {
                                    near.append(voxels[a + shape.x * (b + shape.y * c)])
                                }
                            }
                        }
                        near.sort()
                        slice[i + shape.x * j] = near[near.count / 2]
                    }
                }
            }
        }
        return result
    }
}
