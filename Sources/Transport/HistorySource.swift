/// Starts the decays of a batch: which voxel, where in it, which particles.
///
/// Voxels are visited in order by systematic sampling of the cumulated activity; start point,
/// direction and energy come from a shifted Kronecker sequence, so neighbouring histories fill a
/// voxel evenly. Both are shifted at random from batch to batch, and only there.
/// Source: the additive recurrence of the generalised golden ratio (M. Roberts 2018).
struct HistorySource {
    /// One active voxel.
    struct Site: BitwiseCopyable {
        var i: Int32
        var j: Int32
        var k: Int32
        /// Activity up to and with this voxel; the last is 1.
        var cumulative: Double
    }

    let sites: RawTable<Site>
    let quantiles: RawTable<Double>
    let electrons: RawTable<Double>
    let electronChance: RawTable<Double>
    let electronsPerDecay: Double
    let photons: RawTable<Double>
    let photonChance: RawTable<Double>
    let photonsPerDecay: Double
    let betasPerDecay: Double
    let betaKind: Particle.Kind
    /// Energy of electrons and photons below the cut-offs, per decay, in keV.
    let localKeV: Double
    /// Whether decays start in the middle of their voxel, not anywhere in it.
    let startsAtCentre: Bool
    static let dimensions = 6
    static let strides: [UInt64] = {
        // The root of x⁷ = x + 1, then its negative powers as 64-bit fractions.
        var root = 1.1
        for _ in 0 ..< 100 { root = Elementary.exp(Elementary.log(1 + root) / 7) }
        var power = 1.0
        return (0 ..< dimensions).map { _ in
            power /= root
            return UInt64(power * 0x1p53) << 11
        }
    }()

    init(
        _ spectrum: EmissionSpectrum, sites: [Site], settings: TransportSettings,
        startsAtCentre: Bool = false
    ) {
        self.startsAtCentre = startsAtCentre
        self.sites = RawTable(sites)
        quantiles = RawTable(spectrum.betaQuantilesKeV)
        betasPerDecay = spectrum.betasPerDecay
        betaKind = spectrum.betasArePositrons ? .positron : .electron
        let fast = spectrum.electrons.filter { $0.energyKeV >= settings.electronCutKeV }
        let hard = spectrum.photons.filter { $0.energyKeV >= settings.photonCutKeV }
        let slow = spectrum.electrons.filter { $0.energyKeV < settings.electronCutKeV }
        let soft = spectrum.photons.filter { $0.energyKeV < settings.photonCutKeV }
        localKeV = (slow + soft).reduce(0) { $0 + $1.energyKeV * $1.perDecay }
        (electrons, electronChance, electronsPerDecay) = Self.table(fast)
        (photons, photonChance, photonsPerDecay) = Self.table(hard)
    }

    private static func table(
        _ lines: [EmissionSpectrum.Line]
    ) -> (RawTable<Double>, RawTable<Double>, Double) {
        let total = lines.reduce(0) { $0 + $1.perDecay }
        var sum = 0.0
        let cumulative = lines.map { line -> Double in
            sum += line.perDecay
            return sum / total
        }
        return (RawTable(lines.map(\.energyKeV)), RawTable(cumulative), total)
    }
}

extension Tracker {
    /// Runs the histories of a batch.
    ///
    /// - Parameters:
    ///   - source: What starts.
    ///   - batch: The number of the batch.
    ///   - histories: The decays of the batch.
    ///   - isCancelled: Asked every 512 histories.
    /// - Returns: The energy that they emitted, in keV; `nil` when cancelled.
    mutating func runBatch(
        _ source: HistorySource, batch: UInt32, histories: Int,
        isCancelled: @Sendable () -> Bool
    ) -> Double? {
        random.begin(history: UInt64.max)
        let (a, b) = (random.next(), random.next())
        let shift = { (x: Double) in UInt64(x * 0x1p53) << 11 }
        var place = (
            shift(a.0), shift(a.1), shift(a.2), shift(a.3), shift(b.0), shift(b.1)
        )
        let offset = b.2
        let strides = HistorySource.strides
        let s = (strides[0], strides[1], strides[2], strides[3], strides[4], strides[5])
        var site = 0
        var emitted = 0.0
        for history in 0 ..< histories {
            if history & 511 == 0 && isCancelled() { return nil }
            let wanted = (Double(history) + offset) / Double(histories)
            while site < source.sites.count - 1 && source.sites[site].cumulative < wanted {
                site += 1
            }
            random.begin(history: UInt64(history))
            place = (
                place.0 &+ s.0, place.1 &+ s.1, place.2 &+ s.2, place.3 &+ s.3, place.4 &+ s.4,
                place.5 &+ s.5
            )
            let voxel = source.sites[site]
            var particle = Particle(
                kind: .electron, energy: 0, i: Int(voxel.i), j: Int(voxel.j), k: Int(voxel.k),
                x: Self.unit(place.0) * scene.sx, y: Self.unit(place.1) * scene.sy,
                z: Self.unit(place.2) * scene.sz, u: 0, v: 0, w: 1)
            if source.startsAtCentre {
                (particle.x, particle.y, particle.z) = (scene.sx / 2, scene.sy / 2, scene.sz / 2)
            }
            emitted += decay(
                source, at: particle,
                start: (Self.unit(place.3), Self.unit(place.4), Self.unit(place.5)))
            finish()
        }
        return emitted
    }

    @inline(__always)
    private static func unit(_ x: UInt64) -> Double { (Double(x >> 11) + 0.5) * 0x1p-53 }

    /// Puts the particles of one decay on the stack; returns their energy in keV.
    @inline(__always)
    private mutating func decay(
        _ source: HistorySource, at origin: Particle, start: (Double, Double, Double)
    ) -> Double {
        var emitted = source.localKeV
        if source.localKeV > 0 { deposit(source.localKeV, of: origin, voxel: index(origin)) }
        if source.betasPerDecay > 0 {
            // No draw where every decay has its beta.
            let count =
                source.betasPerDecay > 0.9999
                ? 1 : Self.whole(source.betasPerDecay, random.next().0)
            for n in 0 ..< count {
                var beta = origin
                beta.kind = source.betaKind
                let u = n == 0 ? start : Self.three(random.next())
                beta.point(u.0, u.1)
                let at = u.2 * Double(source.quantiles.count - 1)
                let cell = min(source.quantiles.count - 2, Int(at))
                let low = source.quantiles[cell]
                beta.energy = low + (at - Double(cell)) * (source.quantiles[cell + 1] - low)
                emitted += beta.energy
                if beta.kind == .positron { emitted += 2 * PhysicalRest.electronKeV }
                push(beta)
            }
        }
        if source.electronsPerDecay + source.photonsPerDecay > 0 {
            let r = random.next()
            let electrons = Self.whole(source.electronsPerDecay, r.0)
            emitted += lines(.electron, source.electrons, source.electronChance, electrons, origin)
            let photons = Self.whole(source.photonsPerDecay, r.1)
            emitted += lines(.photon, source.photons, source.photonChance, photons, origin)
        }
        return emitted
    }

    @inline(__always)
    private static func three(
        _ r: (Double, Double, Double, Double)
    ) -> (Double, Double, Double) { (r.0, r.1, r.2) }

    /// Returns a whole number whose mean over uniform `draw`s is `expected`.
    @inline(__always)
    private static func whole(_ expected: Double, _ draw: Double) -> Int {
        // Expected numbers are small and positive, so truncation rounds down.
        let whole = Int(expected)
        return whole + (draw < expected - Double(whole) ? 1 : 0)
    }

    private mutating func lines(
        _ kind: Particle.Kind, _ energies: RawTable<Double>, _ chances: RawTable<Double>,
        _ count: Int, _ origin: Particle
    ) -> Double {
        var emitted = 0.0
        for _ in 0 ..< count {
            let r = random.next()
            var line = 0
            while line < energies.count - 1 && chances[line] < r.0 { line += 1 }
            var particle = origin
            particle.kind = kind
            particle.energy = energies[line]
            particle.point(r.1, r.2)
            emitted += particle.energy
            push(particle)
        }
        return emitted
    }
}
