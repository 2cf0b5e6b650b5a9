/// Photons that are followed side by side, by column: what one pass reads lies together.
struct PhotonBank {
    enum Column: Int {
        /// Position from the grid's corner, in mm.
        case x, y, z
        /// Direction.
        case u, v, w
        /// In keV.
        case energy
        /// The grid's largest attenuation at the photon's energy, in 1/mm, and 1 over it.
        case majorant, inverseMajorant
        /// Place between two nodes of the tables of attenuation.
        case fraction
        /// The numbers of this pass.
        case draw0, draw1, draw2, draw3
        /// 1 over the density of the voxel that a flight ended in, in mL/g.
        case inverseDensity
    }

    /// Even; the columns then fill 15 KiB.
    static var capacity: Int { 128 }

    var count = 0
    private let values = RawTable(repeating: 0.0, count: 15 * capacity)
    /// Cell of the tables of attenuation.
    let cells = RawTable(repeating: Int32(0), count: capacity)
    /// The voxel that a flight ended in; -1 outside the grid.
    let voxels = RawTable(repeating: Int32(0), count: capacity)
    /// The medium of that voxel.
    let media = RawTable(repeating: UInt32(0), count: capacity)
    let streams = RawTable(repeating: UInt64(0), count: capacity)
    let draws = RawTable(repeating: UInt32(0), count: capacity)
    /// Numbers of the photons that are still on their way in this pass.
    let flying = RawTable(repeating: Int32(0), count: capacity)
    /// What happens to a photon, and the numbers of those to which something does.
    let events = RawTable(repeating: PhotonEvent.none, count: capacity)
    let struck = RawTable(repeating: Int32(0), count: capacity)

    @inline(__always)
    subscript(column: Column, photon: Int) -> Double {
        get { values[column.rawValue * Self.capacity + photon] }
        nonmutating set { values[column.rawValue * Self.capacity + photon] = newValue }
    }

    /// Returns where the random numbers of a photon go on.
    @inline(__always)
    func place(_ photon: Int) -> RandomPlace {
        var place = RandomPlace(history: 0, draw: draws[photon])
        place.stream = streams[photon]
        return place
    }

    /// Puts the last photon in the place of one that has ended.
    @inline(__always)
    mutating func remove(_ photon: Int) {
        count -= 1
        guard photon != count else { return }
        for column in 0 ..< Column.draw0.rawValue {
            values[column * Self.capacity + photon] = values[column * Self.capacity + count]
        }
        cells[photon] = cells[count]
        streams[photon] = streams[count]
        draws[photon] = draws[count]
        voxels[photon] = voxels[count]
    }
}
