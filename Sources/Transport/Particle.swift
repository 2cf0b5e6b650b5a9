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

    /// Turns the direction by an angle with cosine `cosine`, around itself by `turns` of a turn.
    @inline(__always)
    mutating func turn(cosine: Double, turns: Double) {
        let sine = max(0, 1 - cosine * cosine).squareRoot()
        let (c, s) = Elementary.cosineSine(turns: turns)
        turn(cosine: cosine, sineCosine: sine * c, sineSine: sine * s)
    }

    @inline(__always)
    mutating func turn(cosine: Double, sineCosine: Double, sineSine: Double) {
        let across2 = u * u + v * v
        if across2 > 1e-10 {
            let across = across2.squareRoot()
            let inverse = 1 / across
            let a = sineCosine * inverse
            let b = sineSine * inverse
            let (u0, v0) = (u, v)
            u = u0 * cosine + u0 * w * a - v0 * b
            v = v0 * cosine + v0 * w * a + u0 * b
            w = w * cosine - across * sineCosine
        } else {
            u = sineCosine
            v = sineSine
            w = w > 0 ? cosine : -cosine
        }
        // Rounding would let the length drift over many turns.
        let scale = 1.5 - 0.5 * (u * u + v * v + w * w)
        u *= scale
        v *= scale
        w *= scale
    }

    /// Sets an isotropic direction from two numbers in (0, 1).
    @inline(__always)
    mutating func point(_ first: Double, _ second: Double) {
        w = 1 - 2 * first
        let across = max(0, 1 - w * w).squareRoot()
        let (c, s) = Elementary.cosineSine(turns: second)
        u = across * c
        v = across * s
    }
}

/// What one voxel is made of, as the loop reads it.
struct Cell: BitwiseCopyable {
    /// g/mL, at least 1e-9 so that it can be divided by.
    var density: Double
    var inverseDensity: Double
    var slot: Int
}

/// Everything that the workers of a run share and only read.
struct TransportScene: Sendable {
    let nx: Int
    let ny: Int
    let nz: Int
    let sx: Double
    let sy: Double
    let sz: Double
    let mediaCount: Int
    let cells: RawTable<Cell>
    let steps: RawTable<EnergyLadder.Step>
    let rows: RawTable<EnergyLadder.Row>
    let rungCount: Int
    /// First rung whose bottom may lie below the energy, by energy in equal cells.
    let firstRung: RawTable<Int32>
    let firstRungScale: Double
    let photons: PhotonTables
    let settings: TransportSettings
}
