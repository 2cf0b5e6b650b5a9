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
        // The frequent ones first: they are searched from the start.
        let lines = lines.sorted {
            ($1.perDecay, $1.energyKeV) < ($0.perDecay, $0.energyKeV)
        }
        let total = lines.reduce(0) { $0 + $1.perDecay }
        var sum = 0.0
        let cumulative = lines.map { line -> Double in
            sum += line.perDecay
            return sum / total
        }
        return (RawTable(lines.map(\.energyKeV)), RawTable(cumulative), total)
    }
}

extension HistorySource {
    /// Where a batch is among the voxels and in the sequence of starts.
    struct Walk {
        private var place: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
        private let stride: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
        private let offset: Double
        private let perHistory: Double
        private(set) var site = 0

        /// - Parameters:
        ///   - random: Four numbers that shift the sequence.
        ///   - more: Four more, of which two shift the sequence and one the voxels.
        ///   - histories: The decays of the batch.
        init(
            _ random: (Double, Double, Double, Double), _ more: (Double, Double, Double, Double),
            histories: Int
        ) {
            let shift = { (x: Double) in UInt64(x * 0x1p53) << 11 }
            place = (
                shift(random.0), shift(random.1), shift(random.2), shift(random.3), shift(more.0),
                shift(more.1)
            )
            offset = more.2
            perHistory = 1 / Double(histories)
            let s = HistorySource.strides
            stride = (s[0], s[1], s[2], s[3], s[4], s[5])
        }

        /// Goes to the start of the next history.
        @inline(__always)
        mutating func step(to history: Int, _ source: HistorySource) {
            let wanted = (Double(history) + offset) * perHistory
            while site < source.sites.count - 1 && source.sites[site].cumulative < wanted {
                site += 1
            }
            place = (
                place.0 &+ stride.0, place.1 &+ stride.1, place.2 &+ stride.2,
                place.3 &+ stride.3, place.4 &+ stride.4, place.5 &+ stride.5
            )
        }

        /// Position in the voxel, in shares of its sides.
        var position: (Double, Double, Double) {
            @inline(__always) get { (Self.unit(place.0), Self.unit(place.1), Self.unit(place.2)) }
        }
        /// Two numbers for a direction.
        var direction: (Double, Double) {
            @inline(__always) get { (Self.unit(place.3), Self.unit(place.4)) }
        }
        /// A number for an energy, as a fraction of 2⁶⁴.
        var energy: UInt64 { @inline(__always) get { place.5 } }

        @inline(__always)
        private static func unit(_ x: UInt64) -> Double { (Double(x >> 11) + 0.5) * 0x1p-53 }
    }

    /// Draws the energy of a beta.
    ///
    /// - Parameter number: A fraction of 2⁶⁴.
    /// - Returns: Kinetic energy, in keV.
    @inline(__always)
    func betaKeV(_ number: UInt64) -> Double {
        guard quantiles.count > 1 else { return 0 }
        let at = number.multipliedFullWidth(by: UInt64(truncatingIfNeeded: quantiles.count - 1))
        let cell = Int(truncatingIfNeeded: at.high)
        let low = quantiles[cell]
        return low + Double(at.low >> 11) * 0x1p-53 * (quantiles[cell + 1] - low)
    }

    /// Betas, electrons of lines and photons of a decay, from a number in (0, 1).
    @inline(__always)
    func betaCount(_ draw: Double) -> Int {
        // Where every decay has its beta, the sum of the branches may differ from 1 by rounding.
        betasPerDecay > 0.9999 ? 1 : Self.whole(betasPerDecay, draw)
    }

    @inline(__always)
    func electronCount(_ draw: Double) -> Int { Self.whole(electronsPerDecay, draw) }

    @inline(__always)
    func photonCount(_ draw: Double) -> Int { Self.whole(photonsPerDecay, draw) }

    /// Returns a whole number whose mean over uniform `draw`s is `expected`.
    @inline(__always)
    private static func whole(_ expected: Double, _ draw: Double) -> Int {
        // Expected numbers are small and positive, so truncation rounds down.
        let whole = Int(expected)
        return whole + (draw < expected - Double(whole) ? 1 : 0)
    }
}
