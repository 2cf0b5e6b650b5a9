/// What happens to a photon.
extension Tracker {
    /// Scatters by Klein and Nishina, times the incoherent function; the electron starts.
    mutating func compton(_ p: inout Particle) {
        let slot = Int(scene.cells[index(p)].slot)
        let functions = scene.functions
        let alpha = p.energy / PhysicalRest.electronKeV
        let least = 1 / (1 + 2 * alpha)
        let first = functions.log(1 / least)
        let second = 0.5 * (1 - least * least)
        var share = 1.0
        var cosine = 1.0
        var turns = 0.0
        var last = 0.0
        while true {
            let r = random.next()
            share =
                r.0 * (first + second) < first
                ? functions.exp(-first * r.1)
                : (least * least + (1 - least * least) * r.1).squareRoot()
            let t = (1 - share) / (alpha * share)
            cosine = 1 - t
            let sine2 = max(0, t * (2 - t))
            turns = r.3
            let shape = 1 - share * sine2 / (1 + share * share)
            let accepted = shape * incoherent(p.energy, oneMinusCosine: t, slot: slot)
            if r.2 < accepted {
                // What is left of the number is uniform again.
                last = r.2 / accepted
                break
            }
        }
        let given = p.energy * (1 - share)
        var electron = p
        electron.kind = .electron
        electron.energy = given
        defer {
            p.turn(cosine: min(1, max(-1, cosine)), turns: turns, functions)
            p.energy -= given
        }
        if endsAtOnce(electron, voxel: index(p), chance: last) { return }
        let half = max(0, (1 - cosine) / 2).squareRoot()
        // Momentum conservation: cot of the electron's angle is (1 + α) tan(θ/2).
        let tangent = half / max(1e-9, (1 - half * half).squareRoot())
        let cotangent = (1 + alpha) * tangent
        let electronCosine = cotangent / (1 + cotangent * cotangent).squareRoot()
        electron.turn(
            cosine: electronCosine, turns: turns < 0.5 ? turns + 0.5 : turns - 0.5,
            functions)
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
    mutating func rayleigh(_ p: inout Particle) {
        let slot = Int(scene.cells[index(p)].slot)
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
                p.turn(cosine: cosine, turns: r.2, scene.functions)
                return
            }
        }
    }

    /// Makes an electron and a positron that share what is above two rest energies.
    mutating func pair(_ p: Particle) {
        let r = random.next()
        let kinetic = p.energy - 2 * PhysicalRest.electronKeV
        for (kind, share) in [(Particle.Kind.electron, r.0), (.positron, 1 - r.0)] {
            var particle = p
            particle.kind = kind
            particle.energy = max(0, kinetic * share)
            particle.turn(cosine: dipoleCosine(particle.energy), turns: r.1, scene.functions)
            push(particle)
        }
    }

    /// hc in keV·Å.
    private static var keVAngstrom: Double { 12.398_419_84 }
}
