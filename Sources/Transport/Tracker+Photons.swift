extension Tracker {
    /// Follows a photon to its end: Woodcock flights against the grid's largest attenuation.
    @inline(never)
    mutating func trackPhoton(_ start: Particle) {
        var p = start
        let photons = scene.photons
        // Position from the grid's corner, in mm.
        var x = p.x + Double(p.i) * scene.sx
        var y = p.y + Double(p.j) * scene.sy
        var z = p.z + Double(p.k) * scene.sz
        while p.energy >= scene.settings.photonCutKeV {
            let place = (Elementary.log(p.energy) - photons.logLowest) * photons.cellsPerLog
            let cell = min(max(0, Int(place)), PhotonTables.energyCells - 1)
            let fraction = place - Double(cell)
            let majorant = max(photons.majorant[cell], photons.majorant[cell + 1])
            // Fly until an event is accepted at this energy.
            while true {
                let r = random.next()
                let way = -Elementary.log(r.0) / majorant
                x += p.u * way
                y += p.v * way
                z += p.w * way
                let (a, b, c) = (x / scene.sx, y / scene.sy, z / scene.sz)
                // Written so that infinite flights in a void count as outside.
                guard a >= 0, b >= 0, c >= 0, a < Double(scene.nx), b < Double(scene.ny),
                    c < Double(scene.nz)
                else {
                    escapedKeV += p.energy
                    return
                }
                (p.i, p.j, p.k) = (Int(a), Int(b), Int(c))
                let matter = scene.cells[index(p)]
                let row = attenuation(cell, fraction, slot: matter.slot)
                var at = r.1 * majorant * matter.inverseDensity
                if at >= row.total { continue }
                p.x = x - Double(p.i) * scene.sx
                p.y = y - Double(p.j) * scene.sy
                p.z = z - Double(p.k) * scene.sz
                if at < row.compton {
                    compton(&p, slot: matter.slot)
                    break
                }
                at -= row.compton
                if at < row.rayleigh {
                    rayleigh(&p, slot: matter.slot)
                    break
                }
                at -= row.rayleigh
                if at < row.pair {
                    pair(p)
                } else {
                    p.kind = .electron
                    p.turn(cosine: dipoleCosine(p.energy), turns: r.2)
                    push(p)
                }
                return
            }
        }
        deposit(p.energy, of: p, voxel: index(p))
    }

    @inline(__always)
    private func attenuation(_ cell: Int, _ fraction: Double, slot: Int) -> PhotonTables.Row {
        let low = scene.photons.rows[cell * scene.mediaCount + slot]
        let high = scene.photons.rows[(cell + 1) * scene.mediaCount + slot]
        return PhotonTables.Row(
            compton: low.compton + fraction * (high.compton - low.compton),
            rayleigh: low.rayleigh + fraction * (high.rayleigh - low.rayleigh),
            pair: low.pair + fraction * (high.pair - low.pair),
            total: low.total + fraction * (high.total - low.total))
    }

    /// Scatters by Klein and Nishina, times the incoherent function; the electron starts.
    private mutating func compton(_ p: inout Particle, slot: Int) {
        let alpha = p.energy / PhysicalRest.electronKeV
        let least = 1 / (1 + 2 * alpha)
        let first = Elementary.log(1 / least)
        let second = 0.5 * (1 - least * least)
        var share = 1.0
        var cosine = 1.0
        var turns = 0.0
        while true {
            let r = random.next()
            share =
                r.0 * (first + second) < first
                ? Elementary.exp(-first * r.1)
                : (least * least + (1 - least * least) * r.1).squareRoot()
            let t = (1 - share) / (alpha * share)
            cosine = 1 - t
            let sine2 = max(0, t * (2 - t))
            turns = r.3
            guard r.2 < 1 - share * sine2 / (1 + share * share) else { continue }
            if random.next().0 < incoherent(p.energy, oneMinusCosine: t, slot: slot) { break }
        }
        let given = p.energy * (1 - share)
        var electron = p
        electron.kind = .electron
        electron.energy = given
        let half = max(0, (1 - cosine) / 2).squareRoot()
        // Momentum conservation: cot of the electron's angle is (1 + α) tan(θ/2).
        let tangent = half / max(1e-9, (1 - half * half).squareRoot())
        let cotangent = (1 + alpha) * tangent
        let electronCosine = cotangent / (1 + cotangent * cotangent).squareRoot()
        electron.turn(cosine: electronCosine, turns: turns < 0.5 ? turns + 0.5 : turns - 0.5)
        p.turn(cosine: min(1, max(-1, cosine)), turns: turns)
        p.energy -= given
        push(electron)
    }

    private func incoherent(_ energy: Double, oneMinusCosine t: Double, slot: Int) -> Double {
        let q = energy / Self.keVAngstrom * max(0, t / 2).squareRoot()
        guard q < PhotonTables.highestQ else { return 1 }
        let cells = PhotonTables.momentumCells
        let place = (q / PhotonTables.highestQ).squareRoot() * Double(cells)
        let cell = min(cells - 1, Int(place))
        let base = slot * (cells + 1) + cell
        let low = scene.photons.incoherent[base]
        return low + (place - Double(cell)) * (scene.photons.incoherent[base + 1] - low)
    }

    /// Scatters without loss: q² from the form factor's integral, then (1 + cos²)/2.
    private mutating func rayleigh(_ p: inout Particle, slot: Int) {
        let cells = PhotonTables.momentumCells
        let base = slot * (cells + 1)
        let highest = p.energy / Self.keVAngstrom
        let top = min(1, (highest / PhotonTables.highestQ).squareRoot()) * Double(cells)
        let topCell = min(cells - 1, Int(top))
        let table = scene.photons.coherent
        let bound =
            table[base + topCell]
            + (top - Double(topCell)) * (table[base + topCell + 1] - table[base + topCell])
        while true {
            let r = random.next()
            let wanted = r.0 * bound
            var low = 0
            var high = cells
            while high - low > 1 {
                let middle = (low + high) / 2
                if table[base + middle] <= wanted { low = middle } else { high = middle }
            }
            let width = table[base + high] - table[base + low]
            let place = Double(low) + (width > 0 ? (wanted - table[base + low]) / width : 0)
            let root = place / Double(cells)
            let q = PhotonTables.highestQ * root * root
            let cosine = max(-1, 1 - 2 * (q / highest) * (q / highest))
            if 2 * r.1 < 1 + cosine * cosine {
                p.turn(cosine: cosine, turns: r.2)
                return
            }
        }
    }

    /// Makes an electron and a positron that share what is above two rest energies.
    private mutating func pair(_ p: Particle) {
        let r = random.next()
        let kinetic = p.energy - 2 * PhysicalRest.electronKeV
        for (kind, share) in [(Particle.Kind.electron, r.0), (.positron, 1 - r.0)] {
            var particle = p
            particle.kind = kind
            particle.energy = max(0, kinetic * share)
            particle.turn(cosine: dipoleCosine(particle.energy), turns: r.1)
            push(particle)
        }
    }

    /// hc in keV·Å.
    private static var keVAngstrom: Double { 12.398_419_84 }
}
