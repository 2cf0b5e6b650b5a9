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
    @inline(never)
    mutating func trackElectron(_ start: Particle) {
        var p = start
        var voxel = index(p)
        while p.energy >= scene.settings.electronCutKeV {
            var rung = firstRung(p.energy)
            var step = scene.steps[rung]
            var left = min(1, (p.energy - step.bottomKeV) * step.inverseLoss)
            var hard = false
            while !hard {
                let cell = scene.cells[voxel]
                let row = scene.rows[rung * scene.mediaCount + cell.slot]
                if scene.settings.stopsInsideVoxel && isCaught(p, cell, row, left) {
                    endInside(p, voxel: voxel, row: row, left: left)
                    return
                }
                let r = random.next()
                let hingeChance = left * (1 + row.curvature * (1 - left))
                let hinge = r.0 < hingeChance ? left * r.0 / hingeChance : 2
                let event = r.1 < row.hardChance ? r.1 * row.inverseHardChance : 2
                hard = event < left
                let end = hard ? event : left
                var gone = 0.0
                if hinge < end {
                    gone = advance(&p, &voxel, from: 0, to: hinge, rung: rung, step: step)
                    if gone < 0 { return }
                    let mu =
                        r.2 < row.chance
                        ? r.2 * row.slopeBelow : row.split + (r.2 - row.chance) * row.slopeAbove
                    let sine = 2 * (mu * (1 - mu)).squareRoot()
                    let (c, s) = Elementary.cosineSine(turns: r.3)
                    p.turn(cosine: 1 - 2 * mu, sineCosine: sine * c, sineSine: sine * s)
                }
                gone = advance(&p, &voxel, from: gone, to: end, rung: rung, step: step)
                if gone < 0 { return }
                if hard {
                    hardEvent(&p, photonShare: row.photonShare)
                } else {
                    rung += 1
                    if rung == scene.rungCount {
                        settle(p, voxel: voxel)
                        return
                    }
                    step = scene.steps[rung]
                    left = 1
                }
            }
        }
        settle(p, voxel: voxel)
    }

    /// Returns whether the path left is shorter than the way to the nearest wall.
    @inline(__always)
    private func isCaught(
        _ p: Particle, _ cell: Cell, _ row: EnergyLadder.Row, _ left: Double
    ) -> Bool {
        let x = min(p.x, scene.sx - p.x)
        let y = min(p.y, scene.sy - p.y)
        let z = min(p.z, scene.sz - p.z)
        return row.rangeBelow + left * row.length < min(x, min(y, z)) * cell.density
    }

    /// Goes straight from one fraction of the rung to another, through as many voxels as lie there.
    ///
    /// - Returns: The fraction reached, or -1 when the electron left the grid.
    @inline(__always)
    private mutating func advance(
        _ p: inout Particle, _ voxel: inout Int, from: Double, to target: Double, rung: Int,
        step: EnergyLadder.Step
    ) -> Double {
        var gone = from
        let inverseX = 1 / (abs(p.u) > 1e-12 ? p.u : 1e-12)
        let inverseY = 1 / (abs(p.v) > 1e-12 ? p.v : 1e-12)
        let inverseZ = 1 / (abs(p.w) > 1e-12 ? p.w : 1e-12)
        while true {
            let cell = scene.cells[voxel]
            let row = scene.rows[rung * scene.mediaCount + cell.slot]
            let toX = ((inverseX > 0 ? scene.sx : 0) - p.x) * inverseX
            let toY = ((inverseY > 0 ? scene.sy : 0) - p.y) * inverseY
            let toZ = ((inverseZ > 0 ? scene.sz : 0) - p.z) * inverseZ
            let wall = max(0, min(toX, min(toY, toZ)))
            let need = (target - gone) * row.length * cell.inverseDensity
            if need <= wall {
                let loss = (target - gone) * step.lossKeV
                score.add(loss, along: p, lengthMM: need, voxel: voxel)
                p.x += p.u * need
                p.y += p.v * need
                p.z += p.w * need
                p.energy -= loss
                return target
            }
            let share = wall * cell.density * row.inverseLength
            let loss = share * step.lossKeV
            score.add(loss, along: p, lengthMM: wall, voxel: voxel)
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
                if p.kind == .positron { escapedKeV += 2 * PhysicalRest.electronKeV }
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
    private func firstRung(_ energy: Double) -> Int {
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
    private mutating func endInside(
        _ p: Particle, voxel: Int, row: EnergyLadder.Row, left: Double
    ) {
        let expected = row.photonsBelow + left * row.photons
        if expected > 0 {
            let r = random.next()
            if r.0 < expected {
                endRadiating(p, voxel: voxel, slot: scene.cells[voxel].slot, photons: r.0)
                return
            }
        }
        settle(p, voxel: voxel)
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
        radiating.point(r.0, r.1)
        let before = radiating.energy
        radiate(&radiating)
        let spent = before - radiating.energy
        var rest = p
        rest.energy -= spent
        settle(rest, voxel: voxel)
    }
}
