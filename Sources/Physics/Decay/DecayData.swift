/// What one decay of a nuclide emits, and how fast it decays.
///
/// Evaluated figures with their uncertainty; beta spectra are computed from theory, conversion
/// electrons from photon intensities and conversion coefficients. Daughters that live longer than
/// an hour are not in it. Energies of all lines of one decay add up to the decay energy (see
/// ``EnergyBalance``).
///
/// Annihilation photons are in no list: transport makes them where a positron stops, and
/// ``photonKeVPerDecay`` counts them.
public struct DecayData: Sendable {
    public let nuclide: Nuclide
    public let atomicNumber: Int
    public let massNumber: Int
    public let daughterAtomicNumber: Int
    public let halfLifeSeconds: Double
    /// One standard uncertainty of the half-life.
    public let halfLifeUncertaintySeconds: Double
    /// Energy of the decay to the daughter's ground state; of the level for an isomer.
    public let decayEnergyKeV: Double
    public let decayEnergyUncertaintyKeV: Double
    public let betaBranches: [BetaBranch]
    public let captureBranches: [CaptureBranch]
    public let transitions: [NuclearTransition]
    /// Conversion, Auger and relaxation electrons and the leptons of internal pairs; no betas.
    public let electrons: [Emission]
    /// Gamma and X rays; no annihilation.
    public let photons: [Emission]
    /// Binding energies of the daughter's shells, means over sub-shells.
    public let bindingKeV: [AtomicShell: Double]
    /// A long-lived state of the daughter that keeps its energy; `nil` when there is none.
    public let metastableDaughter: MetastableDaughter?
    /// The evaluation of every row that names no other.
    public let evaluation: Evaluation
    /// Where the figures come from, for tables shown to people.
    public let source: String
    /// What a user should know about the data.
    public let notes: [String]
    /// A second evaluation's half-life, to check the first; `nil` where the data is from the
    /// second source itself.
    public let halfLifeCrossCheck: HalfLifeValue?

    /// A state of the daughter that outlives the sums per decay.
    public struct MetastableDaughter: Hashable, Sendable {
        public let name: String
        public let levelKeV: Double
        public let perDecay: Double
        public let perDecayUncertainty: Double
    }

    /// A half-life as one source states it.
    public struct HalfLifeValue: Hashable, Sendable {
        public let seconds: Double
        public let uncertaintySeconds: Double
        public let evaluation: String
    }
}

extension DecayData {
    /// Kinetic energy of betas, positrons and all other electrons, in keV per decay.
    public var electronKeVPerDecay: Double {
        betaKeVPerDecay + electrons.reduce(0) { $0 + $1.keVPerDecay }
    }

    /// Kinetic energy of betas and positrons of beta decay alone, in keV per decay.
    public var betaKeVPerDecay: Double {
        betaBranches.reduce(0) { $0 + $1.intensity * $1.meanKeV }
    }

    /// Energy of gamma, X and annihilation photons, in keV per decay.
    public var photonKeVPerDecay: Double {
        photons.reduce(0) { $0 + $1.keVPerDecay } + annihilationKeVPerDecay
    }

    /// Energy of the two photons of every positron that stops, in keV per decay.
    public var annihilationKeVPerDecay: Double {
        2 * FermiFunction.electronRestKeV * positronsPerDecay
    }

    /// The evaluations that rows of this nuclide name, each once.
    public var rowEvaluations: [Evaluation] {
        let all =
            betaBranches.map(\.evaluation) + captureBranches.map(\.evaluation)
            + transitions.map(\.evaluation) + (electrons + photons).map(\.evaluation)
        return all.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// Positrons per decay, of beta decay and of internal pairs.
    public var positronsPerDecay: Double {
        betaBranches.reduce(0) { $0 + ($1.isPositron ? $1.intensity : 0) }
            + transitions.reduce(0) { $0 + $1.pairsPerDecay }
    }

    /// Decays of one becquerel until nothing is left, T / ln 2, in Bq·s per Bq.
    public var decaysPerBecquerel: Double { halfLifeSeconds / Double.ln2 }

    /// Energy of all electrons of one gigabecquerel that decays to nothing, in joules.
    public var electronJoulesPerGBq: Double {
        1e9 * decaysPerBecquerel * electronKeVPerDecay * 1.602_176_634e-16
    }
}
