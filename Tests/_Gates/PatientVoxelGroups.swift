import Imaging

/// Sets of CT voxels of the patient whose energies are compared; a voxel may be in several.
struct PatientVoxelGroups {
    private(set) var names: [String]
    /// The largest relative difference of each that passes.
    private(set) var bounds: [Double]
    /// Of each CT voxel, the bits of its groups.
    private var members: [UInt16]

    private static let classes: [(name: String, bound: Double, range: Range<Double>)] = [
        ("all", 0.01, -1e9 ..< 1e9), ("HU -120 and above", 0.02, -120 ..< 1e9),
        ("HU -950 to -120", 0.02, -950 ..< -120), ("HU 0 to 100", 0.02, 0 ..< 101),
        ("HU 200 and above", 0.02, 200 ..< 1e9),
    ]

    /// Centres of boxes of five voxels a side.
    private static let boxes: [Vector3<Int>] = [
        [84, 16, 65], [83, 23, 70], [85, 17, 124], [86, 33, 131], [40, 13, 124],
    ]

    init(ct: Volume<Float>) {
        names = Self.classes.map(\.name)
        bounds = Self.classes.map(\.bound)
        members = ct.voxels.map { value in
            Self.classes.indices.reduce(0) {
                Self.classes[$1].range.contains(Double(value)) ? $0 | 1 << $1 : $0
            }
        }
        for box in Self.boxes {
            for k in box.z - 2 ... box.z + 2 {
                for j in box.y - 2 ... box.y + 2 {
                    for i in box.x - 2 ... box.x + 2 {
                        members[ct.geometry.offset(i, j, k)] |= 1 << names.count
                    }
                }
            }
            names.append("box around \(box.x), \(box.y), \(box.z)")
            bounds.append(0.03)
        }
    }

    /// Adds up by group what each voxel of the CT has.
    func sums(of values: [Double]) -> [Double] {
        var sums = [Double](repeating: 0, count: names.count)
        for (value, groups) in zip(values, members) {
            var bits = groups
            while bits != 0 {
                sums[bits.trailingZeroBitCount] += value
                bits &= bits - 1
            }
        }
        return sums
    }
}

/// All boxes of five voxels a side that hold many decays, side by side.
struct PatientTiles {
    static let fewestDecays = 2000.0

    let count: Int
    /// Of their energies together, Grevy's over the reference's less 1.
    let difference: Double
    /// 1 sigma of a box's relative difference about that, times the root of its decays.
    let sigmaOfOneDecay: Double

    init(mine: [Double], theirs: [Double], decays: [Double], grid: VolumeGeometry) {
        let side = 5
        let (columns, rows) = (grid.shape.x / side, grid.shape.y / side)
        var sums = [(mine: Double, theirs: Double, decays: Double)](
            repeating: (0, 0, 0), count: columns * rows * (grid.shape.z / side))
        for k in 0 ..< grid.shape.z / side * side {
            for j in 0 ..< rows * side {
                for i in 0 ..< columns * side {
                    let voxel = grid.offset(i, j, k)
                    let tile = i / side + columns * (j / side + rows * (k / side))
                    sums[tile].mine += mine[voxel]
                    sums[tile].theirs += theirs[voxel]
                    sums[tile].decays += decays[voxel]
                }
            }
        }
        let held = sums.filter { $0.decays >= Self.fewestDecays && $0.theirs > 0 }
        let ratio = held.reduce(0) { $0 + $1.mine } / held.reduce(0) { $0 + $1.theirs }
        let squares = held.reduce(0) { sum, tile in
            let off = tile.mine / tile.theirs - ratio
            return sum + off * off * tile.decays
        }
        count = held.count
        difference = ratio - 1
        sigmaOfOneDecay = (squares / Double(max(1, held.count - 1))).squareRoot()
    }
}
