public import Physics

extension EmissionSpectrum {
    /// Creates the emissions of a nuclide: all betas in one spectrum, all lines.
    ///
    /// Electrons of internal pairs are lines like others; their annihilation is left out (3e-5
    /// per decay of Y-90).
    public init(_ decay: DecayData) {
        let branches = decay.betaBranches.filter { $0.intensity > 0 }
        let line = { (emission: Emission) in
            Line(energyKeV: emission.energyKeV, perDecay: emission.perDecay)
        }
        self.init(
            betaQuantilesKeV: Self.mixed(branches),
            betasPerDecay: branches.reduce(0) { $0 + $1.intensity },
            betasArePositrons: branches.contains { $0.isPositron },
            electrons: decay.electrons.map(line), photons: decay.photons.map(line))
    }

    /// The quantiles of all branches together.
    private static func mixed(_ branches: [BetaBranch], cells: Int = 4096) -> [Double] {
        guard let highest = branches.map(\.endpointKeV).max() else { return [] }
        let total = branches.reduce(0) { $0 + $1.intensity }
        // Distribution function of the mixture on a grid, finer at low energies.
        let points = 8192
        let energies = (0 ... points).map { point -> Double in
            let share = Double(point) / Double(points)
            return highest * share * share
        }
        var cumulative = [Double](repeating: 0, count: points + 1)
        for branch in branches {
            let quantiles = branch.spectrum.quantilesKeV
            var cell = 0
            for point in energies.indices {
                while cell < quantiles.count - 2 && quantiles[cell + 1] < energies[point] {
                    cell += 1
                }
                let width = quantiles[cell + 1] - quantiles[cell]
                let place = width > 0 ? (energies[point] - quantiles[cell]) / width : 1
                let share = (Double(cell) + min(1, max(0, place))) / Double(quantiles.count - 1)
                cumulative[point] += branch.intensity / total * share
            }
        }
        var point = 0
        return (0 ... cells).map { step in
            let wanted = Double(step) / Double(cells)
            while point < points - 1 && cumulative[point + 1] < wanted { point += 1 }
            let width = cumulative[point + 1] - cumulative[point]
            let place = width > 0 ? min(1, max(0, (wanted - cumulative[point]) / width)) : 1
            return energies[point] + place * (energies[point + 1] - energies[point])
        }
    }
}
