/// Decays of one source that start side by side, by column.
struct DecayBlock {
    enum Column: Int {
        /// Position in the voxel, in mm.
        case x, y, z
        /// Two numbers for a direction, and the energy of the beta in keV.
        case direction0, direction1, energy
        /// The first random numbers of the history.
        case draw0, draw1, draw2, draw3
    }

    /// Even; the columns then fill 5 KiB.
    static var capacity: Int { 64 }

    private let values = RawTable(repeating: 0.0, count: 10 * capacity)
    let sites = RawTable(repeating: Int32(0), count: capacity)
    /// Numbers of the decays that do more than deposit where they are.
    let eventful = RawTable(repeating: Int32(0), count: capacity)

    @inline(__always)
    subscript(column: Column, decay: Int) -> Double {
        get { values[column.rawValue * Self.capacity + decay] }
        nonmutating set { values[column.rawValue * Self.capacity + decay] = newValue }
    }
}

extension Tracker {
    /// Runs the histories of a batch.
    ///
    /// - Parameters:
    ///   - source: What starts.
    ///   - histories: The decays of the batch.
    ///   - isCancelled: Asked every 512 histories.
    /// - Returns: The energy that they emitted, in keV; `nil` when cancelled.
    mutating func runBatch(
        _ source: HistorySource, histories: Int, isCancelled: @Sendable () -> Bool
    ) -> Double? {
        begin(history: UInt64.max, draw: 0)
        var walk = HistorySource.Walk(random.next(), random.next(), histories: histories)
        // Only what is caught in its voxel needs no look of its own.
        let sideBySide =
            scene.settings.followsTogether && scene.settings.stopsInsideVoxel
            && !source.startsAtCentre
        let block = DecayBlock()
        var emitted = 0.0
        var history = 0
        while history < histories {
            if history & 511 == 0 && isCancelled() { return nil }
            let count = min(DecayBlock.capacity, histories - history)
            if sideBySide {
                emitted += decaySideBySide(source, &walk, block, from: history, count: count)
            } else {
                for number in history ..< history + count {
                    walk.step(to: number, source)
                    emitted += decayAlone(source, walk, history: UInt64(number))
                }
            }
            history += count
        }
        followPhotons(until: 0)
        return emitted
    }

    /// Runs one history.
    private mutating func decayAlone(
        _ source: HistorySource, _ walk: HistorySource.Walk, history: UInt64
    ) -> Double {
        begin(history: history, draw: 0)
        var (x, y, z) = walk.position
        if source.startsAtCentre { (x, y, z) = (0.5, 0.5, 0.5) }
        let origin = particle(
            in: source.sites[walk.site], x * scene.sx, y * scene.sy, z * scene.sz)
        let emitted = decay(
            source, at: origin, direction: walk.direction, betaKeV: source.betaKeV(walk.energy),
            random.next())
        finishDecay()
        return emitted
    }

    /// Runs a block of histories: those that only deposit where they are together, then the others.
    @inline(never)
    private mutating func decaySideBySide(
        _ source: HistorySource, _ walk: inout HistorySource.Walk, _ block: DecayBlock,
        from first: Int, count: Int
    ) -> Double {
        for number in 0 ..< count {
            walk.step(to: first + number, source)
            let position = walk.position
            let direction = walk.direction
            block[.x, number] = position.0 * scene.sx
            block[.y, number] = position.1 * scene.sy
            block[.z, number] = position.2 * scene.sz
            block[.direction0, number] = direction.0
            block[.direction1, number] = direction.1
            block[.energy, number] = source.betaKeV(walk.energy)
            block.sites[number] = Int32(truncatingIfNeeded: walk.site)
        }
        drawForDecays(block, from: first, count: count)
        let quiet = depositQuiet(source, block, count: count)
        var emitted = quiet.emittedKeV
        for entry in 0 ..< quiet.eventful {
            let number = Int(block.eventful[entry])
            let origin = particle(
                in: source.sites[Int(block.sites[number])], block[.x, number],
                block[.y, number], block[.z, number])
            begin(history: UInt64(first + number), draw: 1)
            emitted += decay(
                source, at: origin,
                direction: (block[.direction0, number], block[.direction1, number]),
                betaKeV: block[.energy, number],
                (
                    block[.draw0, number], block[.draw1, number], block[.draw2, number],
                    block[.draw3, number]
                ))
            finishDecay()
        }
        return emitted
    }

    @inline(__always)
    private func drawForDecays(_ block: DecayBlock, from first: Int, count: Int) {
        let lanes = SIMD2<UInt64>(0, 1)
        for number in stride(from: 0, to: count, by: 2) {
            let r = random.blocks(
                streams: lanes &+ SIMD2(repeating: UInt64(first + number)),
                draws: SIMD2(repeating: 0))
            for lane in 0 ..< 2 {
                block[.draw0, number + lane] = r.0[lane]
                block[.draw1, number + lane] = r.1[lane]
                block[.draw2, number + lane] = r.2[lane]
                block[.draw3, number + lane] = r.3[lane]
            }
        }
    }

    /// Deposits the decays that emit one beta which can neither leave its voxel nor radiate, and
    /// lists the others.
    ///
    /// - Returns: What these decays emitted, in keV, and how many others there are.
    @inline(__always)
    private mutating func depositQuiet(
        _ source: HistorySource, _ block: DecayBlock, count: Int
    ) -> (emittedKeV: Double, eventful: Int) {
        var emitted = 0.0
        var eventful = 0
        let mayBeQuiet = source.betaKind == .electron && source.betasPerDecay > 0
        for number in 0 ..< count {
            let site = source.sites[Int(block.sites[number])]
            let p = particle(
                in: site, block[.x, number], block[.y, number], block[.z, number])
            let voxel = index(p)
            let energy = block[.energy, number]
            let end = endInVoxel(energy, p, voxel: voxel)
            let isQuiet =
                mayBeQuiet && end.isCaught && block[.draw2, number] >= end.photons
                && source.betaCount(block[.draw3, number]) == 1
                && source.electronCount(block[.draw0, number]) == 0
                && source.photonCount(block[.draw1, number]) == 0
            if isQuiet {
                let all = energy + source.localKeV
                deposit(all, of: p, voxel: voxel)
                emitted += all
            } else {
                block.eventful[eventful] = Int32(truncatingIfNeeded: number)
                eventful += 1
            }
        }
        return (emitted, eventful)
    }

    /// A particle at rest in the voxel of a site.
    @inline(__always)
    private func particle(
        in site: HistorySource.Site, _ x: Double, _ y: Double, _ z: Double
    ) -> Particle {
        Particle(
            kind: .electron, energy: 0, i: Int(site.i), j: Int(site.j), k: Int(site.k), x: x,
            y: y, z: z, u: 0, v: 0, w: 1)
    }

    /// Starts the particles of one decay.
    ///
    /// - Parameters:
    ///   - source: What starts.
    ///   - origin: Where.
    ///   - direction: Two numbers for the direction of the beta.
    ///   - betaKeV: Its energy.
    ///   - r: The first random numbers of the history.
    /// - Returns: The energy of the particles, in keV.
    private mutating func decay(
        _ source: HistorySource, at origin: Particle, direction: (Double, Double), betaKeV: Double,
        _ r: (Double, Double, Double, Double)
    ) -> Double {
        let voxel = index(origin)
        var emitted = source.localKeV
        if source.localKeV > 0 { deposit(source.localKeV, of: origin, voxel: voxel) }
        for n in 0 ..< source.betaCount(r.3) {
            var (first, second, chance) = (direction.0, direction.1, r.2)
            var beta = origin
            beta.kind = source.betaKind
            beta.energy = betaKeV
            if n > 0 {
                let u = random.next()
                (first, second, chance) = (u.0, u.1, u.3)
                beta.energy = source.betaKeV(UInt64(u.2 * 0x1p53) << 11)
            }
            emitted += beta.energy
            if beta.kind == .positron && scene.settings.annihilates {
                emitted += 2 * PhysicalRest.electronKeV
            }
            if !endsAtOnce(beta, voxel: voxel, chance: chance) {
                beta.point(first, second, scene.functions)
                push(beta)
            }
        }
        for _ in 0 ..< source.electronCount(r.0) {
            let u = random.next()
            var electron = origin
            electron.energy = Self.line(source.electrons, source.electronChance, u.0)
            emitted += electron.energy
            if !endsAtOnce(electron, voxel: voxel, chance: u.3) {
                electron.point(u.1, u.2, scene.functions)
                push(electron)
            }
        }
        for _ in 0 ..< source.photonCount(r.1) {
            let u = random.next()
            var photon = origin
            photon.kind = .photon
            photon.energy = Self.line(source.photons, source.photonChance, u.0)
            emitted += photon.energy
            photon.point(u.1, u.2, scene.functions)
            push(photon)
        }
        return emitted
    }

    /// Draws the energy of a line, in keV.
    @inline(__always)
    private static func line(
        _ energies: RawTable<Double>, _ chances: RawTable<Double>, _ draw: Double
    ) -> Double {
        var line = 0
        while line < energies.count - 1 && chances[line] < draw { line += 1 }
        return energies[line]
    }
}
