import Imaging

/// What hangs together by faces, in whole voxels.
extension RegionMask {
    /// The voxels of each part, by their index in the grid, the part of most voxels first.
    func parts() -> [[Int]] {
        VoxelParts(sides: geometry.shape).parts(of: shares(over: geometry.box).map { $0 >= 0.5 })
    }

    /// The part of most voxels; empty when there is none.
    func largestPart() throws -> RegionMask {
        try RegionMask(voxels: parts().first ?? [], on: geometry)
    }

    /// Whole voxels of a grid, by their index.
    init(voxels: [Int], on geometry: VolumeGeometry) throws {
        var shares = [Float](repeating: 0, count: geometry.count)
        for n in voxels { shares[n] = 1 }
        self = try RegionMask(geometry: geometry, box: geometry.box, coverage: shares).scaled(1)
    }

    /// The region with gaps filled that a ball of that radius does not fit into.
    func closed(_ radiusMM: Double) throws -> RegionMask {
        try withMargin(radiusMM).withMargin(-radiusMM)
    }

    /// What stays of the region when a ball of that radius rolls in it.
    func opened(_ radiusMM: Double) throws -> RegionMask {
        try withMargin(-radiusMM).withMargin(radiusMM)
    }

    /// The region on a part of its own grid.
    func cropped(to block: IndexBox) throws -> RegionMask {
        let grid = try geometry.cropped(to: block)
        return try RegionMask(geometry: grid, box: grid.box, coverage: shares(over: block)).scaled(
            1)
    }
}
