private import Physics

/// Rest energies as the loop needs them.
enum PhysicalRest {
    /// In keV.
    static let electronKeV = PhysicalConstant.electronRestKeV
}

extension Tracker {
    /// Follows an electron or positron down the energy ladder to its end.
    ///
    /// Per rung: one deflection at a uniform place (random hinge), and at most one hard event, a
    /// knock-on electron or a bremsstrahlung photon. In between the electron goes straight and
    /// loses energy by mass thickness. After a hard event it enters its new rung part-way.
    ///
    /// Position, direction and energy are values of the function, not of `p`, so that they stay in
    /// registers; `p` takes them up where something seldom happens.
    @inline(never)
    mutating func trackElectron(_ start: Particle) {
        var p = start
        var voxel = index(p)
        var (x, y, z) = (p.x, p.y, p.z)
        var (u, v, w) = (p.u, p.v, p.w)
        var energy = p.energy
        var rung = firstRung(energy)
        var left = share(of: rung, energy)
        while energy >= scene.settings.electronCutKeV {
            let base = rung * scene.mediaCount
            let row = scene.rows[base + Int(scene.cells[voxel].slot)]
            if scene.settings.stopsInsideVoxel {
                let room = wallDistance(x, y, z) * Double(scene.cells[voxel].density)
                if row.rangeBelow + left * row.length < room {
                    p.take(x, y, z, u, v, w, energy)
                    endInside(p, voxel: voxel, photons: row.photonsBelow + left * row.photons)
                    return
                }
            }
            let r = random.next()
            let hingeChance = left * (1 + row.curvature * (1 - left))
            let hinge = r.0 < hingeChance ? left * r.0 / hingeChance : 2
            let event = r.1 < row.hardChance ? r.1 * row.inverseHardChance : 2
            let isHard = event < left
            let end = isHard ? event : left
            var turns = hinge < end
            var target = turns ? hinge : end
            var gone = 0.0
            while true {
                let cell = scene.cells[voxel]
                let part = target - gone
                let way =
                    part * scene.rows[base + Int(cell.slot)].length * Double(cell.inverseDensity)
                let (toX, toY, toZ) = (x + u * way, y + v * way, z + w * way)
                // A voxel is convex: a way that ends in it does not leave it.
                if toX >= 0 && toX <= scene.sx && toY >= 0 && toY <= scene.sy && toZ >= 0
                    && toZ <= scene.sz
                {
                    let loss = part * scene.steps[rung].lossKeV
                    score.add(
                        loss, from: (x, y, z), towards: (u, v, w), lengthMM: way, voxel: voxel)
                    (x, y, z) = (toX, toY, toZ)
                    energy -= loss
                } else {
                    p.take(x, y, z, u, v, w, energy)
                    voxel = leave(&p, voxel, from: gone, to: target, rung: rung)
                    if voxel < 0 { return }
                    (x, y, z) = (p.x, p.y, p.z)
                    energy = p.energy
                }
                gone = target
                if !turns { break }
                turns = false
                target = end
                let mu =
                    r.2 < row.chance
                    ? r.2 * row.slopeBelow : row.split + (r.2 - row.chance) * row.slopeAbove
                let sine = 2 * (mu * (1 - mu)).squareRoot()
                let (c, s) = scene.functions.cosineSine(turns: r.3)
                (u, v, w) = Particle.turned(
                    (u, v, w), cosine: 1 - 2 * mu, sineCosine: sine * c, sineSine: sine * s)
            }
            if isHard {
                p.take(x, y, z, u, v, w, energy)
                hardEvent(&p, photonShare: row.photonShare)
                (u, v, w) = (p.u, p.v, p.w)
                energy = p.energy
                rung = firstRung(energy)
                left = share(of: rung, energy)
            } else {
                rung += 1
                left = 1
                if rung == scene.rungCount { break }
            }
        }
        p.take(x, y, z, u, v, w, energy)
        settle(p, voxel: voxel)
    }

    /// The share of a rung that is left at an energy in it.
    @inline(__always)
    private func share(of rung: Int, _ energyKeV: Double) -> Double {
        let step = scene.steps[rung]
        return min(1, (energyKeV - step.bottomKeV) * step.inverseLoss)
    }

    /// The way to the nearest wall of the voxel, in mm.
    @inline(__always)
    private func wallDistance(_ x: Double, _ y: Double, _ z: Double) -> Double {
        min(min(x, scene.sx - x), min(min(y, scene.sy - y), min(z, scene.sz - z)))
    }

    /// Ends an electron or positron that cannot leave its voxel, wherever it goes.
    ///
    /// - Parameters:
    ///   - p: The particle; its direction does not matter.
    ///   - voxel: Its voxel.
    ///   - chance: A number in (0, 1).
    /// - Returns: Whether it has ended.
    @inline(__always)
    mutating func endsAtOnce(_ p: Particle, voxel: Int, chance: Double) -> Bool {
        if p.energy < scene.settings.electronCutKeV {
            settle(p, voxel: voxel)
            return true
        }
        guard scene.settings.stopsInsideVoxel else { return false }
        let end = endInVoxel(p.energy, p, voxel: voxel)
        guard end.isCaught else { return false }
        endInside(p, voxel: voxel, photons: end.photons, chance: chance)
        return true
    }

    /// Returns whether an electron cannot leave its voxel, and the expected number of photons that
    /// it radiates on the way to its end.
    @inline(__always)
    func endInVoxel(
        _ energyKeV: Double, _ p: Particle, voxel: Int
    ) -> (isCaught: Bool, photons: Double) {
        let rung = firstRung(energyKeV)
        let left = share(of: rung, energyKeV)
        let cell = scene.cells[voxel]
        let row = scene.rows[rung * scene.mediaCount + Int(cell.slot)]
        let room = wallDistance(p.x, p.y, p.z) * Double(cell.density)
        return (
            row.rangeBelow + left * row.length < room, row.photonsBelow + left * row.photons
        )
    }

    /// Goes straight from one fraction of the rung to another, through as many voxels as lie there.
    ///
    /// - Returns: The voxel reached, or -1 when the electron left the grid.
    @inline(never)
    private mutating func leave(
        _ p: inout Particle, _ start: Int, from: Double, to target: Double, rung: Int
    ) -> Int {
        var voxel = start
        var gone = from
        let base = rung * scene.mediaCount
        let step = scene.steps[rung]
        let inverseX = 1 / (abs(p.u) > 1e-12 ? p.u : 1e-12)
        let inverseY = 1 / (abs(p.v) > 1e-12 ? p.v : 1e-12)
        let inverseZ = 1 / (abs(p.w) > 1e-12 ? p.w : 1e-12)
        while true {
            let cell = scene.cells[voxel]
            let row = scene.rows[base + Int(cell.slot)]
            let toX = ((inverseX > 0 ? scene.sx : 0) - p.x) * inverseX
            let toY = ((inverseY > 0 ? scene.sy : 0) - p.y) * inverseY
            let toZ = ((inverseZ > 0 ? scene.sz : 0) - p.z) * inverseZ
            let wall = max(0, min(toX, min(toY, toZ)))
            let need = (target - gone) * row.length * Double(cell.inverseDensity)
            if need <= wall {
                let loss = (target - gone) * step.lossKeV
                score.add(
                    loss, from: (p.x, p.y, p.z), towards: (p.u, p.v, p.w), lengthMM: need,
                    voxel: voxel)
                p.x += p.u * need
                p.y += p.v * need
                p.z += p.w * need
                p.energy -= loss
                return voxel
            }
            let share = wall * Double(cell.density) * row.inverseLength
            let loss = share * step.lossKeV
            score.add(
                loss, from: (p.x, p.y, p.z), towards: (p.u, p.v, p.w), lengthMM: wall,
                voxel: voxel)
            p.energy -= loss
            gone += share
            p.x += p.u * wall
            p.y += p.v * wall
            p.z += p.w * wall
            if !cross(
                &p, &voxel, toX: toX, toY: toY, toZ: toZ,
                up: (inverseX > 0, inverseY > 0, inverseZ > 0))
            {
                escapedKeV += p.energy
                if p.kind == .positron && scene.settings.annihilates {
                    escapedKeV += 2 * PhysicalRest.electronKeV
                }
                return -1
            }
        }
    }

    /// Steps into the next voxel; returns false at the edge of the grid.
    @inline(__always)
    private func cross(
        _ p: inout Particle, _ voxel: inout Int, toX: Double, toY: Double, toZ: Double,
        up: (Bool, Bool, Bool)
    ) -> Bool {
        if toX <= toY && toX <= toZ {
            let next = up.0 ? 1 : -1
            p.i += next
            p.x = up.0 ? 0 : scene.sx
            voxel += next
            return p.i >= 0 && p.i < scene.nx
        }
        if toY <= toZ {
            let next = up.1 ? 1 : -1
            p.j += next
            p.y = up.1 ? 0 : scene.sy
            voxel += next * scene.nx
            return p.j >= 0 && p.j < scene.ny
        }
        let next = up.2 ? 1 : -1
        p.k += next
        p.z = up.2 ? 0 : scene.sz
        voxel += next * scene.nx * scene.ny
        return p.k >= 0 && p.k < scene.nz
    }

    @inline(__always)
    func firstRung(_ energy: Double) -> Int {
        let cell = Int(energy * scene.firstRungScale)
        var rung = Int(scene.firstRung[min(max(cell, 0), scene.firstRung.count - 1)])
        while rung < scene.rungCount - 1 && energy <= scene.steps[rung].bottomKeV { rung += 1 }
        return rung
    }

    /// Deposits what is left; a positron annihilates.
    private mutating func settle(_ p: Particle, voxel: Int) {
        deposit(p.energy, of: p, voxel: voxel)
        if p.kind == .positron { annihilate(p) }
    }

    /// Ends an electron that cannot leave its voxel, but for the photons it would have radiated.
    @inline(__always)
    private mutating func endInside(_ p: Particle, voxel: Int, photons: Double) {
        if photons > 0 {
            endInside(p, voxel: voxel, photons: photons, chance: random.next().0)
        } else {
            settle(p, voxel: voxel)
        }
    }

    /// Ends an electron that cannot leave its voxel.
    ///
    /// - Parameters:
    ///   - p: The electron where it was caught.
    ///   - voxel: Its voxel.
    ///   - photons: The expected number of photons that it would have radiated.
    ///   - chance: A number in (0, 1).
    @inline(__always)
    mutating func endInside(_ p: Particle, voxel: Int, photons: Double, chance: Double) {
        if chance < photons {
            endRadiating(
                p, voxel: voxel, slot: Int(scene.cells[voxel].slot), photons: chance)
        } else {
            settle(p, voxel: voxel)
        }
    }

    /// Finds where on the way down a photon left, emits it, and deposits the rest.
    ///
    /// - Parameters:
    ///   - p: The electron where it was caught.
    ///   - voxel: Its voxel.
    ///   - slot: The medium there.
    ///   - photons: The expected number of photons below the energy of emission.
    private mutating func endRadiating(_ p: Particle, voxel: Int, slot: Int, photons: Double) {
        var rung = 0
        while rung < scene.rungCount - 1
            && scene.rows[rung * scene.mediaCount + slot].photonsBelow > photons
        {
            rung += 1
        }
        let row = scene.rows[rung * scene.mediaCount + slot]
        let step = scene.steps[rung]
        let place = row.photons > 0 ? (photons - row.photonsBelow) / row.photons : 0
        var radiating = p
        radiating.energy = min(p.energy, step.bottomKeV + max(0, place) * step.lossKeV)
        // The electron has turned around several times by then.
        let r = random.next()
        radiating.point(r.0, r.1, scene.functions)
        let before = radiating.energy
        radiate(&radiating)
        let spent = before - radiating.energy
        var rest = p
        rest.energy -= spent
        settle(rest, voxel: voxel)
    }
}
