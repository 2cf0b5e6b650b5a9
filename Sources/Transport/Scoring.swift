/// Where the energy of a run is added up.
///
/// A generic parameter of the tracker, so that the loop is compiled for each kind.
protocol Scoring {
    /// Adds energy at the place of a particle.
    func add(_ energyKeV: Double, at particle: borrowing Particle, voxel: Int)

    /// Adds energy evenly along a straight way.
    ///
    /// - Parameters:
    ///   - energyKeV: The energy.
    ///   - start: Where it begins, from the voxel's lower corner, in mm.
    ///   - direction: A unit vector.
    ///   - lengthMM: Its length.
    ///   - voxel: The voxel that it lies in.
    mutating func add(
        _ energyKeV: Double, from start: (Double, Double, Double),
        towards direction: (Double, Double, Double), lengthMM: Double, voxel: Int)
}

/// Energy per voxel, in keV.
struct VoxelScoring: Scoring {
    let energies: RawTable<Double>

    @inline(__always)
    func add(_ energyKeV: Double, at particle: borrowing Particle, voxel: Int) {
        RawTable<Double>.add(energyKeV, to: energies, at: voxel)
    }

    @inline(__always)
    func add(
        _ energyKeV: Double, from start: (Double, Double, Double),
        towards direction: (Double, Double, Double), lengthMM: Double, voxel: Int
    ) {
        RawTable<Double>.add(energyKeV, to: energies, at: voxel)
    }
}

/// Energy per spherical shell around a point, in keV.
struct ShellScoring: Scoring {
    /// One element more than there are shells: the last holds what lies outside.
    let energies: RawTable<Double>
    /// Outer radii of the shells squared, in mm², rising.
    let squares: RawTable<Double>
    let centreMM: (Double, Double, Double)
    private var shift = 0.5

    /// Points that a straight way is scored at; each is drawn from its quarter of the way.
    private static let points = 4

    init(energies: RawTable<Double>, squares: RawTable<Double>, centreMM: (Double, Double, Double))
    {
        self.energies = energies
        self.squares = squares
        self.centreMM = centreMM
    }

    @inline(__always)
    func add(_ energyKeV: Double, at particle: borrowing Particle, voxel: Int) {
        add(energyKeV, x: particle.x, y: particle.y, z: particle.z)
    }

    @inline(__always)
    mutating func add(
        _ energyKeV: Double, from start: (Double, Double, Double),
        towards direction: (Double, Double, Double), lengthMM: Double, voxel: Int
    ) {
        let part = lengthMM / Double(Self.points)
        for point in 0 ..< Self.points {
            // The golden ratio's sequence covers the quarter evenly over many ways.
            shift += 0.618_033_988_749_894_9
            if shift >= 1 { shift -= 1 }
            let way = part * (Double(point) + shift)
            add(
                energyKeV / Double(Self.points), x: start.0 + way * direction.0,
                y: start.1 + way * direction.1, z: start.2 + way * direction.2)
        }
    }

    private func add(_ energyKeV: Double, x: Double, y: Double, z: Double) {
        let (a, b, c) = (x - centreMM.0, y - centreMM.1, z - centreMM.2)
        let square = a * a + b * b + c * c
        var low = 0
        var high = squares.count
        while low < high {
            let middle = (low + high) / 2
            if squares[middle] <= square { low = middle + 1 } else { high = middle }
        }
        RawTable<Double>.add(energyKeV, to: energies, at: low)
    }
}
