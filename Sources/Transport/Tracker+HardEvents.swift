private import Physics

extension Tracker {
    /// Emits a knock-on electron or a bremsstrahlung photon, and slows the particle down.
    @inline(never)
    mutating func hardEvent(_ p: inout Particle, photonShare: Double) {
        let r = random.next()
        if r.0 < photonShare {
            radiate(&p)
        } else {
            knockOn(&p)
        }
    }

    /// Møller scattering with a loss above the threshold; nothing happens below twice of it.
    ///
    /// Positrons are treated alike: Bhabha's cross section differs by under 0.5 % in voxel dose.
    private mutating func knockOn(_ p: inout Particle) {
        let cut = scene.settings.mollerThresholdKeV
        guard p.energy > 2 * cut else { return }
        let inverseCut = 1 / cut
        let inverseTop = 2 / p.energy
        var loss = cut
        var turns = 0.0
        repeat {
            let r = random.next()
            loss = 1 / (inverseCut - r.0 * (inverseCut - inverseTop))
            turns = r.2
            if r.1 * 2.25 < Moller.shape(energyKeV: p.energy, lossKeV: loss) { break }
        } while true
        var electron = p
        electron.kind = .electron
        electron.energy = loss
        electron.turn(
            cosine: Moller.secondaryCosine(energyKeV: p.energy, lossKeV: loss), turns: turns,
            scene.functions)
        p.turn(
            cosine: Moller.primaryCosine(energyKeV: p.energy, lossKeV: loss),
            turns: turns < 0.5 ? turns + 0.5 : turns - 0.5, scene.functions)
        p.energy -= loss
        push(electron)
    }

    /// Emits a bremsstrahlung photon above the photon cut-off.
    ///
    /// Its direction is that of a dipole in the electron's rest frame.
    mutating func radiate(_ p: inout Particle) {
        let cut = scene.settings.photonCutKeV
        guard p.energy > cut else { return }
        let photons = scene.photons
        let span = scene.functions.log(p.energy / cut)
        let place =
            (scene.functions.log(p.energy) - photons.logLowest) * photons.cellsPerLog
            * (Double(PhotonTables.spectrumCells) / Double(PhotonTables.energyCells))
        let line = min(max(0, Int(place + 0.5)), PhotonTables.spectrumCells)
        var share = 0.0
        repeat {
            let r = random.next()
            let kappa = scene.functions.exp(-span * r.0)
            let at = kappa * Double(PhotonTables.spectrumCells)
            let column = min(PhotonTables.spectrumCells - 1, Int(at))
            let base = line * (PhotonTables.spectrumCells + 1) + column
            let low = photons.spectrum[base]
            let value = low + (at - Double(column)) * (photons.spectrum[base + 1] - low)
            share = kappa
            if r.1 * 1.02 < value { break }
        } while true
        var photon = p
        photon.kind = .photon
        photon.energy = min(p.energy, share * p.energy)
        photon.turn(cosine: dipoleCosine(p.energy), turns: random.next().0, scene.functions)
        p.energy -= photon.energy
        push(photon)
    }

    /// Returns the cosine of an angle drawn from (1 + cos²)/… in the frame of a moving electron.
    mutating func dipoleCosine(_ electronKeV: Double) -> Double {
        var rest = 0.0
        repeat {
            let r = random.next()
            rest = 2 * r.0 - 1
            if 2 * r.1 < 1 + rest * rest { break }
        } while true
        let tau = electronKeV / PhysicalRest.electronKeV
        let beta = (tau * (tau + 2)).squareRoot() / (tau + 1)
        return min(1, max(-1, (rest + beta) / (1 + beta * rest)))
    }
}
