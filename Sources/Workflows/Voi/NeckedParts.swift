package import Imaging

/// Takes a region apart at its necks.
///
/// From the depths outwards: each voxel joins the parts beside it, in the order of their distances
/// to the surface. Where two parts meet, they become one if the way between them is nearly as wide
/// as the thinner of them; else the border stays there. What is thin but has no neck, as the
/// tip of an organ, stays whole, which an opening would cut off.
///
/// Source: F. Meyer, Topographic distance and watershed lines, Signal Processing 1994;38:113-125,
/// for flooding; the rule for joining is ours.
package struct NeckedParts {
    let sides: Vector3<Int>
    /// The narrowest neck over the depth of the shallower part that keeps them together.
    let leastNeck: Float

    package init(sides: Vector3<Int>, leastNeck: Float) {
        (self.sides, self.leastNeck) = (sides, leastNeck)
    }

    /// Tells parts by their deepest voxels.
    ///
    /// - Parameter depthsMM: The distance to the surface, `i` fastest; not positive outside.
    /// - Returns: For each voxel the deepest voxel of its part, −1 outside.
    package func parts(ofDepthsMM depthsMM: [Float]) -> [Int] {
        var links = [Int](repeating: -1, count: depthsMM.count)
        func root(of n: Int) -> Int {
            var n = n
            while links[n] != n {
                links[n] = links[links[n]]
                n = links[n]
            }
            return n
        }
        let order = depthsMM.indices.filter { depthsMM[$0] > 0 }
            .sorted { (depthsMM[$0], $1) > (depthsMM[$1], $0) }
        let neighbours = VoxelParts(sides: sides)
        for n in order {
            var own = -1
            neighbours.forEachNeighbour(of: n) { m in
                guard links[m] >= 0 else { return }
                let other = root(of: m)
                guard own >= 0, other != own else {
                    own = other
                    return
                }
                // A part is called after its deepest voxel.
                let (deep, shallow) =
                    depthsMM[own] >= depthsMM[other] ? (own, other) : (other, own)
                if depthsMM[n] >= leastNeck * depthsMM[shallow] { links[shallow] = deep }
                own = deep
            }
            links[n] = own >= 0 ? own : n
        }
        return links.indices.map { links[$0] < 0 ? -1 : root(of: $0) }
    }
}
