package import Imaging
import Quantities

/// What is known of the statistics of a simulated dose.
package struct DoseStatistics: Sendable {
    let labels: Volume<UInt16>
    /// Relative 1 sigma of the mean of each label.
    let labelSigma: [Int: Double]
    /// Relative 1 sigma of each voxel.
    let voxelSigma: Volume<Float>
    let histories: Int

    /// The share of a label's energy from which on a region counts as holding it.
    private static let heldShare = 0.5

    package init(
        labels: Volume<UInt16>, labelSigma: [Int: Double], voxelSigma: Volume<Float>,
        histories: Int
    ) {
        (self.labels, self.labelSigma) = (labels, labelSigma)
        (self.voxelSigma, self.histories) = (voxelSigma, histories)
    }

    /// Returns 1 sigma of a region's mean dose, in the unit of `dose`.
    ///
    /// Σ |E_l| s_l over the labels that the region holds, as if they rose and fell together, plus
    /// √Σ (E_v s_v)² over its voxels of other labels, all over its mass. A label of which a region
    /// has a corner says nothing of that corner: the mean of a liver is known far better than that
    /// of three of its voxels, so a region that owns no voxel has the sigma of its voxels.
    ///
    /// The second term takes voxels as independent; neighbours share tracks, so it is rather too
    /// small where a region is a few voxels.
    package func sigma(of region: RegionMask, dose: Volume<Float>, density: DensityMap) -> Double {
        var whole: [Int: Double] = [:]
        var energy: [Int: Double] = [:]
        var squares: [Int: Double] = [:]
        var mass = 0.0
        labels.withVoxels { labels in
            dose.withVoxels { dose in
                density.gramsPerML.withVoxels { density in
                    for n in labels.indices where dose[n] != 0 {
                        whole[Int(labels[n]), default: 0] += Double(density[n]) * Double(dose[n])
                    }
                    voxelSigma.withVoxels { sigma in
                        region.forEachVoxel { index, share in
                            let part = Double(density[index]) * Double(share)
                            let (label, joules) = (Int(labels[index]), part * Double(dose[index]))
                            let noise = joules * Double(sigma[index])
                            mass += part
                            energy[label, default: 0] += joules
                            squares[label, default: 0] += noise * noise
                        }
                    }
                }
            }
        }
        guard mass > 0 else { return 0 }
        var (held, rest) = (0.0, 0.0)
        // By rising label, so that the sum has one order.
        for (label, joules) in energy.sorted(by: { $0.key < $1.key }) {
            if let sigma = labelSigma[label], joules >= Self.heldShare * whole[label, default: 0] {
                held += abs(joules) * sigma
            } else {
                rest += squares[label, default: 0]
            }
        }
        return (held + rest.squareRoot()) / mass
    }
}
