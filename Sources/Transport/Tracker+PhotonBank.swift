/// Photons side by side.
extension Tracker {
    /// Puts a photon into the bank, with the place of its random numbers.
    mutating func keep(_ photon: Particle, _ place: RandomPlace) {
        if bank.count == PhotonBank.capacity { followPhotons(until: PhotonBank.capacity / 2) }
        let slot = bank.count
        bank.count += 1
        let start = flight(photon)
        (bank[.x, slot], bank[.y, slot], bank[.z, slot]) = (start.x, start.y, start.z)
        bank.streams[slot] = place.stream
        store(photon, place, in: slot)
    }

    /// The position of a photon in the grid.
    @inline(__always)
    func flight(_ photon: Particle) -> PhotonFlight {
        PhotonFlight(
            x: photon.x + Double(photon.i) * scene.sx, y: photon.y + Double(photon.j) * scene.sy,
            z: photon.z + Double(photon.k) * scene.sz)
    }

    /// Stores what an event changes.
    @inline(__always)
    private mutating func store(_ photon: Particle, _ place: RandomPlace, in slot: Int) {
        var flight = PhotonFlight(x: 0, y: 0, z: 0)
        aim(&flight, energyKeV: photon.energy)
        bank[.u, slot] = photon.u
        bank[.v, slot] = photon.v
        bank[.w, slot] = photon.w
        bank[.energy, slot] = photon.energy
        bank[.majorant, slot] = flight.majorant
        bank[.inverseMajorant, slot] = flight.inverseMajorant
        bank[.fraction, slot] = flight.fraction
        bank.cells[slot] = Int32(truncatingIfNeeded: flight.cell)
        bank.draws[slot] = place.draw
    }

    /// Returns a photon of the bank where it is.
    @inline(__always)
    private func photon(_ slot: Int) -> Particle {
        var p = Particle(
            kind: .photon, energy: bank[.energy, slot], i: 0, j: 0, k: 0, x: 0, y: 0, z: 0,
            u: bank[.u, slot], v: bank[.v, slot], w: bank[.w, slot])
        scene.locate(&p, bank[.x, slot], bank[.y, slot], bank[.z, slot])
        return p
    }

    /// Follows the photons of the bank one by one to their ends: the reference for side by side.
    mutating func followPhotonsOneByOne() {
        followsPhoton = true
        for slot in 0 ..< bank.count {
            random.resume(bank.place(slot))
            trackPhoton(
                photon(slot),
                from: PhotonFlight(x: bank[.x, slot], y: bank[.y, slot], z: bank[.z, slot]))
        }
        bank.count = 0
        followsPhoton = false
    }

    /// Follows the photons of the bank side by side until `rest` are left.
    @inline(never)
    mutating func followPhotons(until rest: Int) {
        // A decay may be under way.
        let outer = random
        followsPhoton = true
        while bank.count > rest { passPhotons() }
        followsPhoton = false
        random = outer
    }

    /// One block of random numbers for every photon: two flights at most, or one event.
    private mutating func passPhotons() {
        let count = bank.count
        drawForPhotons(count)
        for slot in 0 ..< count { bank.flying[slot] = Int32(truncatingIfNeeded: slot) }
        flyPhotons(count, .draw0)
        let (struck, flying) = sortPhotons(count, struck: 0, .draw1)
        flyPhotons(flying, .draw2)
        let (all, _) = sortPhotons(flying, struck: struck, .draw3)
        for number in 0 ..< all { strikePhoton(Int(bank.struck[number])) }
        // From the last on, so that what moves was looked at before.
        for slot in stride(from: count - 1, through: 0, by: -1) where bank.voxels[slot] < 0 {
            bank.remove(slot)
        }
    }

    @inline(__always)
    private func drawForPhotons(_ count: Int) {
        let bank = bank
        for first in stride(from: 0, to: count, by: 2) {
            var streams = SIMD2<UInt64>()
            var draws = SIMD2<UInt64>()
            for lane in 0 ..< 2 {
                streams[lane] = bank.streams[first + lane]
                draws[lane] = UInt64(bank.draws[first + lane])
            }
            let r = random.blocks(streams: streams, draws: draws)
            for lane in 0 ..< 2 {
                bank[.draw0, first + lane] = r.0[lane]
                bank[.draw1, first + lane] = r.1[lane]
                bank[.draw2, first + lane] = r.2[lane]
                bank[.draw3, first + lane] = r.3[lane]
                bank.draws[first + lane] &+= 1
            }
        }
    }

    /// Moves the photons listed as flying, and looks up where they are.
    @inline(__always)
    private func flyPhotons(_ count: Int, _ draw: PhotonBank.Column) {
        let bank = bank
        for number in 0 ..< count {
            let slot = Int(bank.flying[number])
            let way = -scene.functions.log(bank[draw, slot]) * bank[.inverseMajorant, slot]
            let x = bank[.x, slot] + bank[.u, slot] * way
            let y = bank[.y, slot] + bank[.v, slot] * way
            let z = bank[.z, slot] + bank[.w, slot] * way
            (bank[.x, slot], bank[.y, slot], bank[.z, slot]) = (x, y, z)
            bank.voxels[slot] = Int32(truncatingIfNeeded: scene.voxel(x: x, y: y, z: z))
        }
        // Apart, so that the memory fetches many voxels at once.
        for number in 0 ..< count {
            let slot = Int(bank.flying[number])
            let cell = scene.cells[max(0, Int(bank.voxels[slot]))]
            bank[.inverseDensity, slot] = Double(cell.inverseDensity)
            bank.media[slot] = cell.slot
        }
    }

    /// Sorts the photons listed as flying by what happens where they are.
    ///
    /// - Returns: The numbers of those that an event waits for, and of those that fly on.
    @inline(__always)
    private mutating func sortPhotons(
        _ count: Int, struck already: Int, _ draw: PhotonBank.Column
    ) -> (struck: Int, flying: Int) {
        let bank = bank
        var struck = already
        var flying = 0
        for number in 0 ..< count {
            let slot = Int(bank.flying[number])
            guard bank.voxels[slot] >= 0 else {
                escapedKeV += bank[.energy, slot]
                continue
            }
            let event = event(
                at: bank[draw, slot] * bank[.majorant, slot] * bank[.inverseDensity, slot],
                medium: Int(bank.media[slot]), cell: Int(bank.cells[slot]),
                fraction: bank[.fraction, slot])
            if event == .none {
                bank.flying[flying] = Int32(truncatingIfNeeded: slot)
                flying += 1
            } else {
                bank.events[slot] = event
                bank.struck[struck] = Int32(truncatingIfNeeded: slot)
                struck += 1
            }
        }
        return (struck, flying)
    }

    /// Lets the event happen that a photon waits for.
    private mutating func strikePhoton(_ slot: Int) {
        var p = photon(slot)
        random.resume(bank.place(slot))
        if collide(&p, bank.events[slot]) {
            store(p, random.place, in: slot)
        } else {
            bank.voxels[slot] = -1
        }
    }
}
