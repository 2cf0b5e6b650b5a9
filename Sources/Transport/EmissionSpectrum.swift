/// What one decay emits, ready to sample.
public struct EmissionSpectrum: Hashable, Sendable {
    /// Particles of one energy.
    public struct Line: Hashable, Sendable {
        public let energyKeV: Double
        public let perDecay: Double

        public init(energyKeV: Double, perDecay: Double) {
            self.energyKeV = energyKeV
            self.perDecay = perDecay
        }
    }

    /// Beta energies in keV at equal steps of probability, from 0 to 1; empty when there are none.
    public var betaQuantilesKeV: [Double]
    public var betasPerDecay: Double
    /// Whether betas are positrons.
    public var betasArePositrons: Bool
    /// Conversion and Auger electrons.
    public var electrons: [Line]
    public var photons: [Line]

    public init(
        betaQuantilesKeV: [Double] = [], betasPerDecay: Double = 0, betasArePositrons: Bool = false,
        electrons: [Line] = [], photons: [Line] = []
    ) {
        self.betaQuantilesKeV = betaQuantilesKeV
        self.betasPerDecay = betaQuantilesKeV.count > 1 ? betasPerDecay : 0
        self.betasArePositrons = betasArePositrons
        self.electrons = electrons.filter { $0.perDecay > 0 && $0.energyKeV > 0 }
        self.photons = photons.filter { $0.perDecay > 0 && $0.energyKeV > 0 }
    }

    /// Creates the quantiles of a spectrum given as a table that is linear between its points.
    ///
    /// - Parameters:
    ///   - energiesKeV: Rising energies.
    ///   - perKeV: Relative numbers per keV.
    ///   - cells: Quantile steps.
    /// - Returns: Energies in keV at equal steps of probability; empty for an empty spectrum.
    public static func quantiles(
        energiesKeV: [Double], perKeV: [Double], cells: Int = 4096
    ) -> [Double] {
        var cumulative = [0.0]
        for index in 1 ..< max(1, min(energiesKeV.count, perKeV.count)) {
            let width = energiesKeV[index] - energiesKeV[index - 1]
            cumulative.append(
                (cumulative.last ?? 0) + 0.5 * width * (perKeV[index] + perKeV[index - 1]))
        }
        guard let total = cumulative.last, total > 0 else { return [] }
        var cell = 0
        return (0 ... cells).map { step in
            let wanted = total * Double(step) / Double(cells)
            while cell < cumulative.count - 2 && cumulative[cell + 1] < wanted { cell += 1 }
            let width = energiesKeV[cell + 1] - energiesKeV[cell]
            let slope = (perKeV[cell + 1] - perKeV[cell]) / width
            // ½ slope x² + perKeV x = wanted - cumulative, in the form without cancellation.
            let rest = max(0, wanted - cumulative[cell])
            let root = max(0, perKeV[cell] * perKeV[cell] + 2 * slope * rest).squareRoot()
            let denominator = perKeV[cell] + root
            let x = denominator > 0 ? 2 * rest / denominator : 0
            return energiesKeV[cell] + min(width, x)
        }
    }

    /// The highest energy of any particle, in keV.
    var highestKeV: Double {
        let lines = (electrons + photons).map(\.energyKeV).max() ?? 0
        return max(lines, betaQuantilesKeV.last ?? 0)
    }

    /// Mean energy of electrons and positrons per decay, in keV, without rest energy.
    public var electronKeVPerDecay: Double {
        var beta = 0.0
        for index in betaQuantilesKeV.indices.dropFirst() {
            beta += 0.5 * (betaQuantilesKeV[index] + betaQuantilesKeV[index - 1])
        }
        let cells = Double(max(1, betaQuantilesKeV.count - 1))
        return beta / cells * betasPerDecay
            + electrons.reduce(0) { $0 + $1.energyKeV * $1.perDecay }
    }
}
