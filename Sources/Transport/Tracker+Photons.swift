/// A photon between two events: what a flight needs.
struct PhotonFlight {
    /// Position from the grid's corner, in mm.
    var x: Double
    var y: Double
    var z: Double
    /// Cell and place in it of the tables of attenuation.
    var cell = 0
    var fraction = 0.0
    /// The grid's largest attenuation, in 1/mm, and 1 over it.
    var majorant = 0.0
    var inverseMajorant = 0.0
}

/// What a flight ends with.
enum PhotonEvent: UInt8, BitwiseCopyable {
    /// Nothing: the flight went by the largest attenuation, and this voxel's is smaller.
    case none
    case compton
    case rayleigh
    case pair
    case photoelectric
}

extension Tracker {
    /// Follows a photon to its end: Woodcock flights against the grid's largest attenuation.
    ///
    /// A block of random numbers serves two flights, of which the second takes place when nothing
    /// happened after the first.
    @inline(never)
    mutating func trackPhoton(_ start: Particle, from position: PhotonFlight) {
        var p = start
        var flight = position
        aim(&flight, energyKeV: p.energy)
        while true {
            let r = random.next()
            var event = fly(&p, &flight, r.0, r.1)
            if event == PhotonEvent.none { event = fly(&p, &flight, r.2, r.3) }
            guard let event else {
                escapedKeV += p.energy
                return
            }
            if event == .none { continue }
            if !collide(&p, event) { return }
            aim(&flight, energyKeV: p.energy)
        }
    }

    /// Flies once; returns `nil` outside the grid.
    @inline(__always)
    private func fly(
        _ p: inout Particle, _ flight: inout PhotonFlight, _ first: Double, _ second: Double
    ) -> PhotonEvent? {
        let way = -scene.functions.log(first) * flight.inverseMajorant
        flight.x += p.u * way
        flight.y += p.v * way
        flight.z += p.w * way
        let voxel = scene.voxel(x: flight.x, y: flight.y, z: flight.z)
        guard voxel >= 0 else { return nil }
        let matter = scene.cells[voxel]
        let event = event(
            at: second * flight.majorant * Double(matter.inverseDensity),
            medium: Int(matter.slot), cell: flight.cell, fraction: flight.fraction)
        if event != .none { scene.locate(&p, flight.x, flight.y, flight.z) }
        return event
    }

    /// Returns what happens where the largest attenuation says that something may.
    ///
    /// - Parameters:
    ///   - threshold: A uniform share of the largest attenuation over the density, in 1/mm per g/mL.
    ///   - medium: The medium of the voxel.
    ///   - cell: Cell of the tables of attenuation.
    ///   - fraction: Place in the cell.
    /// - Returns: The event; ``PhotonEvent/none`` where the voxel's attenuation is smaller.
    @inline(__always)
    func event(
        at threshold: Double, medium: Int, cell: Int, fraction: Double
    ) -> PhotonEvent {
        let base = cell * scene.mediaCount + medium
        let low = scene.photons.rows[base]
        let high = scene.photons.rows[base + scene.mediaCount]
        var at = threshold
        if at >= low.total + fraction * (high.total - low.total) { return .none }
        at -= low.compton + fraction * (high.compton - low.compton)
        if at < 0 { return .compton }
        at -= low.rayleigh + fraction * (high.rayleigh - low.rayleigh)
        if at < 0 { return .rayleigh }
        at -= low.pair + fraction * (high.pair - low.pair)
        return at < 0 ? .pair : .photoelectric
    }

    /// Looks up the attenuation at an energy.
    @inline(__always)
    func aim(_ flight: inout PhotonFlight, energyKeV: Double) {
        let place =
            (scene.functions.log(energyKeV) - scene.photons.logLowest) * scene.photons.cellsPerLog
        flight.cell = min(max(0, Int(place)), PhotonTables.energyCells - 1)
        flight.fraction = place - Double(flight.cell)
        flight.majorant = max(
            scene.photons.majorant[flight.cell], scene.photons.majorant[flight.cell + 1])
        flight.inverseMajorant = 1 / flight.majorant
    }

    /// Lets an event happen and follows the electrons that it sets free to their ends.
    ///
    /// - Returns: Whether the photon flies on.
    mutating func collide(_ p: inout Particle, _ event: PhotonEvent) -> Bool {
        let base = stackHeight
        var goesOn = false
        switch event {
        case .none: return true
        case .compton:
            compton(&p)
            goesOn = true
        case .rayleigh:
            rayleigh(&p)
            goesOn = true
        case .pair:
            pair(p)
        case .photoelectric:
            var electron = p
            electron.kind = .electron
            electron.turn(
                cosine: dipoleCosine(p.energy), turns: random.next().0, scene.functions)
            push(electron)
        }
        if goesOn && p.energy < scene.settings.photonCutKeV {
            deposit(p.energy, of: p, voxel: index(p))
            goesOn = false
        }
        finish(above: base)
        return goesOn
    }
}

extension TransportScene {
    /// Returns the voxel of a position from the grid's corner, in mm; -1 outside.
    @inline(__always)
    func voxel(x: Double, y: Double, z: Double) -> Int {
        let (a, b, c) = (x * perX, y * perY, z * perZ)
        // Written so that infinite flights in a void count as outside.
        guard a >= 0, b >= 0, c >= 0, a < Double(nx), b < Double(ny), c < Double(nz) else {
            return -1
        }
        return Int(a) + nx * (Int(b) + ny * Int(c))
    }

    /// Places a particle in the voxel of a position in the grid.
    @inline(__always)
    func locate(_ p: inout Particle, _ x: Double, _ y: Double, _ z: Double) {
        (p.i, p.j, p.k) = (Int(x * perX), Int(y * perY), Int(z * perZ))
        p.x = x - Double(p.i) * sx
        p.y = y - Double(p.j) * sy
        p.z = z - Double(p.k) * sz
    }
}
