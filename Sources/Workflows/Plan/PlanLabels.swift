import Imaging

/// A plan's regions as one map of labels that do not overlap, for the statistics of a run.
///
/// A voxel belongs to the region that holds more than half of it; of several, to the tumour before
/// the normal tissue of a territory, that before the liver, that before all others.
struct PlanLabels: Sendable {
    let map: Volume<UInt16>
    let tumours: [Int]
    /// Normal tissue of territories, or the territories where the plan names no tumour.
    let normalTissue: [Int]
    /// By label, from 0.
    private let voxels: [Int]

    private static let order: [PlanRegions.Role] = [
        .other, .lungs, .liver, .normalLiver, .territory, .perfusedNormal, .tumour,
    ]

    init(_ regions: PlanRegions) throws {
        var labels = [UInt16](repeating: 0, count: regions.grid.count)
        var roles: [Int: PlanRegions.Role] = [:]
        for role in Self.order {
            for region in regions.all(role) {
                let label = roles.count + 1
                roles[label] = role
                region.mask.forEachVoxel { index, share in
                    if share > 0.5 { labels[index] = UInt16(truncatingIfNeeded: label) }
                }
            }
        }
        let hasNormal = roles.values.contains(.perfusedNormal)
        tumours = roles.filter { $0.value == .tumour }.keys.sorted()
        normalTissue = roles.filter { $0.value == (hasNormal ? .perfusedNormal : .territory) }
            .keys.sorted()
        voxels = labels.reduce(into: [Int](repeating: 0, count: roles.count + 1)) {
            $0[Int($1)] += 1
        }
        map = try Volume(voxels: labels, geometry: regions.grid)
    }

    func volumeML(_ label: Int) -> Double {
        Double(voxels[label]) * map.geometry.voxelVolumeML
    }

    /// Returns the sum of a map over each label, from 0.
    func activity(_ amounts: Volume<Float>) -> [Double] {
        map.withVoxels { labels in
            amounts.withVoxels { amounts in
                labels.indices.reduce(into: [Double](repeating: 0, count: voxels.count)) {
                    $0[Int(labels[$1])] += Double(amounts[$1])
                }
            }
        }
    }
}
