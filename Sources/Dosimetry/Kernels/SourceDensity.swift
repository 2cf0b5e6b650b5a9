public import Imaging

extension DensityMap {
    /// Returns the density below which half of the decays happen, in g/mL; that of gas at least.
    ///
    /// Kernels scaled to it have the range of electrons right where most of them are, in lung as in
    /// liver. 1 g/mL where nothing decays.
    public func median(weightedBy decays: Volume<Float>) -> Double {
        var voxels: [(gramsPerML: Float, decays: Float)] = []
        decays.withVoxels { decays in
            gramsPerML.withVoxels { rho in
                for n in decays.indices where decays[n] != 0 { voxels.append((rho[n], decays[n])) }
            }
        }
        voxels.sort { $0.gramsPerML < $1.gramsPerML }
        let half = 0.5 * voxels.reduce(0.0) { $0 + Double($1.decays) }
        guard half > 0 else { return 1 }
        // Noise below zero counts with its sign, so that it cancels that above.
        var sum = 0.0
        for voxel in voxels {
            sum += Double(voxel.decays)
            if sum >= half { return max(Self.gasFloorGPerML, Double(voxel.gramsPerML)) }
        }
        return 1
    }
}
