/// A particle that waits for transport: where it is, where it goes, its energy.
struct Particle: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case electron
        case positron
        case photon
    }

    var kind: Kind
    /// Kinetic energy, in keV.
    var energy: Double
    /// Voxel, and position in it from its lower corner in mm.
    var i: Int
    var j: Int
    var k: Int
    var x: Double
    var y: Double
    var z: Double
    /// Direction, a unit vector.
    var u: Double
    var v: Double
    var w: Double

    /// Takes up position, direction and energy.
    @inline(__always)
    mutating func take(
        _ x: Double, _ y: Double, _ z: Double, _ u: Double, _ v: Double, _ w: Double,
        _ energy: Double
    ) {
        (self.x, self.y, self.z) = (x, y, z)
        (self.u, self.v, self.w) = (u, v, w)
        self.energy = energy
    }

    /// Returns a direction turned by an angle with cosine `cosine`, towards (`sineCosine`,
    /// `sineSine`) in the plane across it.
    ///
    /// Source of the plane's axes: T. Duff et al., JCGT 6 (2017) 1, Building an orthonormal basis,
    /// revisited.
    @inline(__always)
    static func turned(
        _ direction: (Double, Double, Double), cosine: Double, sineCosine: Double, sineSine: Double
    ) -> (Double, Double, Double) {
        let (u, v, w) = direction
        let sign = w < 0 ? -1.0 : 1.0
        let a = -1 / (sign + w)
        let b = u * v * a
        let x = u * cosine + (1 + sign * u * u * a) * sineCosine + b * sineSine
        let y = v * cosine + sign * b * sineCosine + (sign + v * v * a) * sineSine
        let z = w * cosine - sign * u * sineCosine - v * sineSine
        // Rounding would let the length drift over many turns.
        let scale = 1.5 - 0.5 * (x * x + y * y + z * z)
        return (x * scale, y * scale, z * scale)
    }

    /// Turns the direction by an angle with cosine `cosine`, around itself by `turns` of a turn.
    @inline(__always)
    mutating func turn(cosine: Double, turns: Double, _ functions: ElementaryTables) {
        let sine = max(0, 1 - cosine * cosine).squareRoot()
        let (c, s) = functions.cosineSine(turns: turns)
        (u, v, w) = Self.turned(
            (u, v, w), cosine: cosine, sineCosine: sine * c, sineSine: sine * s)
    }

    /// Sets an isotropic direction from two numbers in (0, 1).
    @inline(__always)
    mutating func point(_ first: Double, _ second: Double, _ functions: ElementaryTables) {
        w = 1 - 2 * first
        let across = max(0, 1 - w * w).squareRoot()
        let (c, s) = functions.cosineSine(turns: second)
        u = across * c
        v = across * s
    }
}

/// What one voxel is made of, as the loop reads it.
struct Cell: BitwiseCopyable {
    /// g/mL, at least 1e-9 so that it can be divided by.
    var density: Float
    var inverseDensity: Float
    /// Which of the media that occur.
    var slot: UInt32
}

/// Everything that the workers of a run share and only read.
struct TransportScene: Sendable {
    let nx: Int
    let ny: Int
    let nz: Int
    let sx: Double
    let sy: Double
    let sz: Double
    /// 1 over ``sx``, ``sy`` and ``sz``.
    let perX: Double
    let perY: Double
    let perZ: Double
    let mediaCount: Int
    let cells: RawTable<Cell>
    let steps: RawTable<EnergyLadder.Step>
    let rows: RawTable<EnergyLadder.Row>
    let rungCount: Int
    /// First rung whose bottom may lie below the energy, by energy in equal cells.
    let firstRung: RawTable<Int32>
    let firstRungScale: Double
    let photons: PhotonTables
    let functions = ElementaryTables()
    let settings: TransportSettings
}
