import DICOM
import Imaging

/// Structures, which may overlap, as one map: each combination of them is a label.
struct StructureLabels: Sendable {
    let map: Volume<UInt16>
    /// The numbers of the structures by label; none for label 0.
    let structures: [Int: Set<Int>]

    /// The structures of a set; one that has no mask is in no label, and its histogram says why.
    init(_ set: StructureSet, on grid: VolumeGeometry) {
        self.init(
            set.structures.compactMap { structure in
                let contours = structure.contours.withoutDegenerate().kept
                guard !contours.contours.isEmpty, let mask = try? contours.mask(on: grid) else {
                    return nil
                }
                return (structure.number, mask)
            }, on: grid)
    }

    /// Masks on the grid; a voxel belongs to those that hold half of it or more.
    init(_ masks: [(number: Int, mask: RegionMask)], on grid: VolumeGeometry) {
        var labels = [UInt16](repeating: 0, count: grid.count)
        var known: [Set<Int>: UInt16] = [[]: 0]
        var sets: [UInt16: Set<Int>] = [0: []]
        for (number, mask) in masks {
            mask.forEachVoxel { index, share in
                guard share >= 0.5 else { return }
                let wanted = (sets[labels[index]] ?? []).union([number])
                if known[wanted] == nil, let next = UInt16(exactly: known.count) {
                    known[wanted] = next
                    sets[next] = wanted
                }
                labels[index] = known[wanted] ?? labels[index]
            }
        }
        map = (try? Volume(voxels: labels, geometry: grid)) ?? Volume(repeating: 0, geometry: grid)
        structures = Dictionary(uniqueKeysWithValues: sets.map { (Int($0.key), $0.value) })
    }
}
